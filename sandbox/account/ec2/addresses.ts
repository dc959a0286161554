import type { World } from '../world.ts';
import type { NetworkInterface, NetworkInterfaces } from './network-interfaces.ts';

/** An Elastic IP address, which belongs to the account until it is released. */
export interface ElasticAddress {
  readonly allocationId: string;
  readonly publicIp: string;
  readonly tags: Map<string, string>;
}

/** The association of an Elastic IP address. */
export interface Association {
  readonly associationId: string;
  readonly interface: NetworkInterface;
  readonly privateIp: string;
}

/** The account's public IPv4 addresses: Elastic ones, and those that EC2 assigns automatically. */
export class PublicAddresses {
  readonly #world: World;
  readonly #random: World['random'];
  readonly #interfaces: NetworkInterfaces;
  readonly #elastic = new Map<string, ElasticAddress>();
  #given = 0;

  constructor(world: World, interfaces: NetworkInterfaces) {
    this.#world = world;
    this.#random = world.random.fork('ec2-addresses');
    this.#interfaces = interfaces;
  }

  /** Allocates an Elastic IP address, without an association. */
  allocate(tags: ReadonlyMap<string, string> = new Map()): ElasticAddress {
    const allocationId = `eipalloc-0${this.#random.hex(16)}`;
    const address = { allocationId, publicIp: this.#nextAddress(), tags: new Map(tags) };
    this.#elastic.set(allocationId, address);
    return address;
  }

  get(allocationId: string): ElasticAddress | undefined {
    return this.#elastic.get(allocationId);
  }

  list(): ElasticAddress[] {
    return [...this.#elastic.values()];
  }

  /** The association of an Elastic IP address, if there is one. */
  associationOf(allocationId: string): Association | undefined {
    return this.#find((elastic) => elastic.allocationId === allocationId);
  }

  /** An association by its id, if it still exists. */
  association(associationId: string): Association | undefined {
    return this.#find((elastic) => elastic.associationId === associationId);
  }

  /**
   * Associates an Elastic IP address with a private one. It replaces the previous public address; an automatic address
   * never comes back.
   */
  associate({ allocationId, publicIp }: ElasticAddress, to: NetworkInterface, privateIp: string): string {
    const before = this.associationOf(allocationId);
    if (before !== undefined) this.disassociate(before);
    const associationId = `eipassoc-0${this.#random.hex(16)}`;
    this.#interfaces.associate(to, privateIp, { publicIp, elastic: { allocationId, associationId } });
    return associationId;
  }

  /**
   * Removes an association. An interface with automatic addresses gets a new one some seconds later, unless its
   * instance has another interface (EC2 user guide, "Public IPv4 addresses").
   */
  disassociate({ interface: from, privateIp }: Association): void {
    this.#interfaces.dissociate(from, privateIp);
    if (privateIp !== from.privateIps[0]) return;
    this.#world.time.after(this.#random.integer(2, 20) * 1000, () => {
      const { instanceId } = from.attachment;
      const isAlone = this.#interfaces.of(instanceId ?? '').length === 1 && this.#interfaces.get(from.id) === from;
      if (isAlone && from.automaticAddress) this.#giveAutomatic(from);
    });
  }

  /** Sets whether EC2 assigns a public address automatically: removes the automatic address, or assigns a new one. */
  setAutomatic(changed: NetworkInterface, wanted: boolean): void {
    // EC2 accepts this for any interface, but applies it to primary ones only (EC2 API reference).
    if (changed.attachment.deviceIndex !== 0) return;
    changed.automaticAddress = wanted;
    if (wanted) this.#giveAutomatic(changed);
    else if (changed.associations.get(changed.privateIps[0])?.elastic === undefined) {
      this.#interfaces.dissociate(changed, changed.privateIps[0]);
    }
  }

  /** Takes the public address that EC2 gave the primary interface of an instance, which is stopped. */
  withdraw(instanceId: string): void {
    const [primary] = this.#interfaces.of(instanceId);
    if (primary === undefined || !primary.automaticAddress) return;
    if (primary.associations.get(primary.privateIps[0])?.elastic === undefined) {
      this.#interfaces.dissociate(primary, primary.privateIps[0]);
    }
  }

  /** Gives the primary interface of an instance, which is started again, a new public address where EC2 gives any. */
  giveAgain(instanceId: string): void {
    const [primary] = this.#interfaces.of(instanceId);
    if (primary?.automaticAddress === true) this.#giveAutomatic(primary);
  }

  #giveAutomatic(to: NetworkInterface): void {
    const [privateIp] = to.privateIps;
    if (!to.associations.has(privateIp)) this.#interfaces.associate(to, privateIp, { publicIp: this.#nextAddress() });
  }

  /**
   * Never returns the same address twice. 198.18.0.0/15 is not used on the Internet (RFC 2544); launches use its first
   * half.
   */
  #nextAddress(): string {
    this.#given += 1;
    return `198.19.${(this.#given >> 8) & 255}.${this.#given & 255}`;
  }

  #find(
    matches: (elastic: { readonly allocationId: string; readonly associationId: string }) => boolean,
  ): Association | undefined {
    for (const one of this.#interfaces.list()) {
      for (const [privateIp, { elastic }] of one.associations) {
        if (elastic !== undefined && matches(elastic)) {
          return { associationId: elastic.associationId, interface: one, privateIp };
        }
      }
    }
    return undefined;
  }
}
