import type { ExposureKind } from './exposure-kind.ts';

/** A public IPv4 address of an interface. */
export interface PublicAddress {
  readonly publicIp: string;
  /** The private address that it belongs to. */
  readonly privateIp: string;
  readonly kind: Exclude<ExposureKind, 'ipv6' | 'ipv6-prefix'>;
  /** The allocation of an address that somebody has associated, such as an Elastic IP. */
  readonly allocationId?: string;
  readonly associationId?: string;
}

export interface InterfaceView {
  readonly id: string;
  /** The first interface of the instance: the only one that can have an automatic address. */
  readonly primary: boolean;
  readonly subnetId: string;
  /** Its security groups, in EC2's order. */
  readonly groupIds: readonly string[];
  readonly addresses: readonly PublicAddress[];
  readonly privateIps: readonly string[];
  /** Private addresses for pods, as blocks. */
  readonly ipv4Prefixes: readonly string[];
  readonly ipv6: ReadonlyArray<{ readonly address: string /** Cannot be taken off. */; readonly primary: boolean }>;
  /** Addresses for pods, as blocks. */
  readonly ipv6Prefixes: readonly string[];
  /** Whether it takes no traffic of Internet gateways, whatever its addresses (`DenyAllIgwTraffic`). */
  readonly deniesInternet?: boolean;
  /** An interface of a pod, which the worker carries for it. */
  readonly branch?: boolean;
}
