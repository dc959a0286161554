import type { World } from '../world.ts';

export interface Subnet {
  readonly id: string;
  readonly vpcId: string;
  readonly availabilityZone: string;
  readonly cidrBlock: string;
  readonly tags: Map<string, string>;
  /** The number of addresses in the subnet besides those that AWS reserves; undefined for the whole block. */
  addresses?: number;
  /** Whether instances launched in it get a public IPv4 address. */
  mapPublicIpOnLaunch: boolean;
  /** Whether instances launched in it get an IPv6 address. */
  assignIpv6OnCreation?: boolean;
  /** How VPC Block Public Access blocks the Internet; undefined: it does not. */
  blockPublicAccess?: 'block-bidirectional' | 'block-ingress';
  /** The kind of its IPv6 blocks: `private` are IPAM blocks that look global. */
  ipv6Kind?: 'global' | 'unique-local' | 'private';
  /** Undefined as long as it has IPv4 only. */
  ipv6?: { readonly cidrBlock: string; readonly associationId: string };
}

/** The subnets of the account's VPCs. */
export class Subnets {
  readonly #random: World['random'];
  readonly #byId = new Map<string, Subnet>();
  #ipv6Blocks = 0;

  constructor(world: World) {
    this.#random = world.random.fork('ec2-subnets');
  }

  add(subnet: Pick<Subnet, 'id' | 'vpcId' | 'availabilityZone' | 'mapPublicIpOnLaunch'>): Subnet {
    const before = this.list().filter(({ vpcId }) => vpcId === subnet.vpcId).length;
    const added = { ...subnet, cidrBlock: `10.0.${(before * 4) % 256}.0/22`, tags: new Map() };
    this.#byId.set(subnet.id, added);
    return added;
  }

  get(id: string): Subnet | undefined {
    return this.#byId.get(id);
  }

  list(): Subnet[] {
    return [...this.#byId.values()];
  }

  /** Gives a subnet an IPv6 block. 2001:db8::/32 is not used on the Internet (RFC 3849). */
  enableIpv6(subnet: Subnet): void {
    if (subnet.ipv6 !== undefined) return;
    this.#ipv6Blocks += 1;
    subnet.ipv6 = {
      cidrBlock: `${subnet.ipv6Kind === 'unique-local' ? 'fd00:1' : '2001:db8'}:0:${this.#ipv6Blocks.toString(16)}::/64`,
      associationId: `subnet-cidr-assoc-0${this.#random.hex(16)}`,
    };
  }

  /** An address of a subnet's IPv6 block; undefined when the subnet has none. */
  newIpv6Address({ ipv6 }: Subnet): string | undefined {
    if (ipv6 === undefined) return undefined;
    // No group may begin with a zero, because EC2 writes addresses in their shortest form.
    const group = () => this.#random.integer(0x1000, 0xffff).toString(16);
    return ipv6.cidrBlock.replace('::/64', `:${[group(), group(), group(), group()].join(':')}`);
  }
}
