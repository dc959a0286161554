import type { World } from '../world.ts';

export interface KnownNatGateway {
  readonly id: string;
  readonly vpcId: string;
  readonly createdAt: number;
  /** Undefined for a regional one, which AWS leads to the Internet gateway. The subnets of others lead nowhere. */
  readonly subnetId: string | undefined;
  /** Whether it translates to private addresses, and leads to other networks only. */
  readonly isPrivate: boolean;
}

/** The NAT gateways of the account's VPCs that exist. */
export class NatGateways {
  readonly #world: World;
  readonly #byId = new Map<string, KnownNatGateway>();

  constructor(world: World) {
    this.#world = world;
  }

  add(gateway: Omit<KnownNatGateway, 'createdAt'>): void {
    this.#byId.set(gateway.id, { ...gateway, createdAt: this.#world.time.now });
  }

  get(id: string): KnownNatGateway | undefined {
    return this.#byId.get(id);
  }

  list(): KnownNatGateway[] {
    return [...this.#byId.values()];
  }
}
