import type { World } from '../world.ts';
import { contains } from './admission.ts';
import type { Subnet } from './subnets.ts';

/** An entry of a network ACL. The first entry that matches a packet decides. */
export interface NetworkAclEntry {
  /** From 1 to 32766; the lowest number is evaluated first. */
  readonly number: number;
  readonly egress: boolean;
  readonly action: 'allow' | 'deny';
  /** `-1` for all, or a protocol number: 6 for TCP. */
  readonly protocol: string;
  /** An IPv4 or IPv6 block. */
  readonly cidr: string;
  /** Undefined for all ports. */
  readonly ports: { readonly from: number; readonly to: number } | undefined;
}

export interface NetworkAcl {
  readonly id: string;
  readonly vpcId: string;
  readonly isDefault: boolean;
  readonly entries: readonly NetworkAclEntry[];
  readonly associations: ReadonlyArray<{ readonly id: string; readonly subnetId: string }>;
}

/** The entry of a VPC's default ACL, in each direction. */
const ALLOW_ALL = { number: 100, action: 'allow', protocol: '-1', cidr: '0.0.0.0/0', ports: undefined } as const;
/** The entry for IPv6, where the VPC has IPv6 (VPC user guide, "Default network ACL"). */
const ALLOW_ALL_IPV6 = { ...ALLOW_ALL, number: 101, cidr: '::/0' } as const;
const TCP = '6';

/** The network ACLs of the account's VPCs. A subnet without an ACL of its own uses its VPC's default one. */
export class NetworkAcls {
  readonly #random: World['random'];
  readonly #own: NetworkAcl[] = [];
  readonly #defaultIds = new Map<string, string>();

  constructor(world: World) {
    this.#random = world.random.fork('ec2-network-acls');
  }

  add(vpcId: string, subnetIds: readonly string[], entries: readonly NetworkAclEntry[]): void {
    const associations = subnetIds.map((subnetId) => ({ id: `aclassoc-0${this.#random.hex(16)}`, subnetId }));
    this.#own.push({ id: this.#newId(), vpcId, isDefault: false, entries, associations });
  }

  /** @param subnets of the account, each associated with one ACL */
  list(subnets: ReadonlyArray<Pick<Subnet, 'id' | 'vpcId' | 'ipv6'>>): NetworkAcl[] {
    const taken = new Set(this.#own.flatMap(({ associations }) => associations.map(({ subnetId }) => subnetId)));
    const byVpc = Map.groupBy(subnets, ({ vpcId }) => vpcId);
    const defaults = [...byVpc].map(([vpcId, ofVpc]) => {
      const id = this.#defaultIds.get(vpcId) ?? this.#newId();
      this.#defaultIds.set(vpcId, id);
      return {
        id,
        vpcId,
        isDefault: true,
        entries: [true, false].flatMap((egress) => [
          { ...ALLOW_ALL, egress },
          ...(ofVpc.some(({ ipv6 }) => ipv6 !== undefined) ? [{ ...ALLOW_ALL_IPV6, egress }] : []),
        ]),
        associations: ofVpc
          .filter((subnet) => !taken.has(subnet.id))
          .map((subnet) => ({ id: `aclassoc-0${subnet.id.slice(-16)}`, subnetId: subnet.id })),
      };
    });
    return [...defaults, ...this.#own];
  }

  /**
   * Whether TCP packets to a port pass the border of a subnet. ACLs are stateless, so responses must be allowed
   * separately.
   */
  admits(subnetId: string, egress: boolean, address: string, port: number): boolean {
    const own = this.#own.find(({ associations }) => associations.some((one) => one.subnetId === subnetId));
    if (own === undefined) return true;
    const first = [...own.entries]
      .sort((one, other) => one.number - other.number)
      .find(
        (entry) =>
          entry.egress === egress &&
          (entry.protocol === '-1' || entry.protocol === TCP) &&
          contains(entry.cidr, address) &&
          (entry.ports === undefined || (entry.ports.from <= port && port <= entry.ports.to)),
      );
    return first?.action === 'allow';
  }

  #newId(): string {
    return `acl-0${this.#random.hex(16)}`;
  }
}
