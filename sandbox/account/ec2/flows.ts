import { isIPv6 } from 'node:net';
import { admits, isOpenBothWays, isPublicAddress, type Traffic } from './admission.ts';
import type { NetworkInterface, NetworkInterfaces } from './network-interfaces.ts';
import type { SecurityGroups } from './security-groups.ts';

/** A connection that somebody opens to an instance. */
export interface Opening {
  /** Source address. */
  readonly from: string;
  readonly port: number;
  /** Default: `tcp`. */
  readonly protocol?: string;
  /** Default: the primary interface. */
  readonly deviceIndex?: number;
  /**
   * An intermediary that makes EC2 always track the connection: a network load balancer, NAT gateway, PrivateLink,
   * Global Accelerator or Transit Gateway (EC2 user guide, "Automatically tracked connections"). The connection ends
   * when the intermediary no longer leads to the instance.
   */
  readonly through?: { readonly leadsThere: () => boolean };
}

/** An opened connection to an instance. */
export interface Flow {
  /** Whether its packets still pass. Once false, it stays false. */
  readonly alive: boolean;
  /** Whether EC2 tracks it, so that rules of later security groups do not affect it. */
  readonly tracked: boolean;
}

interface KnownFlow {
  isUp: boolean;
  readonly alive: boolean;
  readonly through: Opening['through'];
  tracked: boolean;
  readonly traffic: Traffic;
  readonly interface: NetworkInterface;
  /** The address of the instance that was used. */
  readonly to: string;
}

/**
 * Open connections, and their fate when security groups and addresses change. As in EC2, a tracked connection outlives
 * the rule that admitted it, and is no longer tracked once its interface admits everything both ways (EC2 user guide,
 * "Security group connection tracking"). In EC2, a connection that any set of rules leaves untracked starts untracked;
 * the sandbox omits that, which is the worst case.
 */
export class Flows {
  readonly #interfaces: NetworkInterfaces;
  readonly #securityGroups: SecurityGroups;
  #alive: KnownFlow[] = [];

  constructor(interfaces: NetworkInterfaces, securityGroups: SecurityGroups) {
    this.#interfaces = interfaces;
    this.#securityGroups = securityGroups;
    interfaces.onChange(() => this.#reconsider());
    securityGroups.onChange(() => this.#reconsider());
  }

  /**
   * Opens a connection to an instance. It is not alive when nothing admits it, or when there is no address to reach.
   *
   * @param isRouted whether the Internet reaches the subnet of an interface
   */
  open(
    instanceId: string,
    { from, port, protocol = 'tcp', deviceIndex = 0, through }: Opening,
    isRouted: (target: NetworkInterface, family: 'ipv4' | 'ipv6') => boolean,
  ): Flow {
    const traffic = { egress: false, protocol, port, address: from };
    const target = this.#interfaces.of(instanceId).find(({ attachment }) => attachment.deviceIndex === deviceIndex);
    const to = target === undefined ? undefined : addressesFor(target, from)[0];
    const reaches =
      target !== undefined &&
      (!isPublicAddress(from) || isRouted(target, isIPv6(from) ? 'ipv6' : 'ipv4')) &&
      this.#admits(target, traffic);
    if (!reaches || to === undefined) return { alive: false, tracked: false };
    const flow: KnownFlow = {
      isUp: true,
      get alive() {
        return this.isUp && through?.leadsThere() !== false;
      },
      through,
      tracked: through !== undefined || !this.#isOpen(target),
      traffic,
      interface: target,
      to,
    };
    this.#alive.push(flow);
    return flow;
  }

  #reconsider(): void {
    for (const flow of this.#alive) {
      if (flow.through === undefined && this.#isOpen(flow.interface)) flow.tracked = false;
      const hasAddress =
        this.#interfaces.get(flow.interface.id) === flow.interface &&
        addressesFor(flow.interface, flow.traffic.address).includes(flow.to);
      flow.isUp = hasAddress && (flow.tracked || this.#admits(flow.interface, flow.traffic));
    }
    this.#alive = this.#alive.filter(({ alive }) => alive);
  }

  #admits({ securityGroupIds }: NetworkInterface, traffic: Traffic): boolean {
    return admits(this.#securityGroups.rulesOf(securityGroupIds), traffic);
  }

  #isOpen({ securityGroupIds }: NetworkInterface): boolean {
    return isOpenBothWays(this.#securityGroups.rulesOf(securityGroupIds));
  }
}

/** The addresses of an interface that can be reached. */
function addressesFor({ ipv6Addresses, privateIps, associations }: NetworkInterface, from: string): string[] {
  if (isIPv6(from)) return ipv6Addresses.map(({ address }) => address);
  return isPublicAddress(from) ? [...associations.values()].map(({ publicIp }) => publicIp) : [...privateIps];
}
