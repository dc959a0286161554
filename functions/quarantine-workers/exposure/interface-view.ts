import type { ExposureKind } from './exposure-kind.ts';

/** A public IPv4 address of an interface. */
export interface PublicAddress {
  readonly publicIp: string;
  /** The private address that it belongs to. */
  readonly privateIp: string;
  readonly kind: Exclude<ExposureKind, 'ipv6' | 'ipv6-prefix'>;
  /** Allocation of an associated address, such as an Elastic IP. */
  readonly allocationId?: string;
  readonly associationId?: string;
  /**
   * Whether only DescribeInstances shows it. EC2 shows a change to one call before another, so that it may be new, or
   * gone: until both agree it counts, and nobody knows how to take it off.
   */
  readonly unconfirmed?: true;
}

export interface InterfaceView {
  readonly id: string;
  /** The primary interface of the instance, which alone can have an automatic address. */
  readonly primary: boolean;
  readonly subnetId: string;
  /**
   * Its VPC, where that is not the one of the instance: a further interface may be in any VPC of the account that has a
   * subnet in the same Availability Zone. Source: EC2 user guide, "Dual-homed instances".
   */
  readonly otherVpcId?: string;
  /** Its security groups, in EC2's order. */
  readonly groupIds: readonly string[];
  /** The names of these groups, which are each the only one of its VPC. */
  readonly groupNames?: readonly string[];
  readonly addresses: readonly PublicAddress[];
  readonly privateIps: readonly string[];
  /** Prefixes of private IPv4 addresses for pods. */
  readonly ipv4Prefixes: readonly string[];
  readonly ipv6: ReadonlyArray<{ readonly address: string /** Cannot be taken off. */; readonly primary: boolean }>;
  /** Prefixes of IPv6 addresses for pods. */
  readonly ipv6Prefixes: readonly string[];
  /** Whether it accepts no traffic from Internet gateways, whatever its addresses (`DenyAllIgwTraffic`). */
  readonly deniesInternet?: boolean;
  /** Whether it is a pod's interface, which the worker's trunk carries. */
  readonly branch?: boolean;
}

/** The VPCs of a worker's interfaces, that of the instance first. */
export const vpcsOf = ({
  vpcId,
  interfaces,
}: {
  readonly vpcId: string;
  readonly interfaces: ReadonlyArray<Pick<InterfaceView, 'otherVpcId'>>;
}): string[] => [...new Set([vpcId, ...interfaces.flatMap(({ otherVpcId }) => otherVpcId ?? [])])];
