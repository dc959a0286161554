import type { World } from '../world.ts';

/** A managed prefix list: blocks of addresses under one id, which rules and routes name. */
export interface PrefixList {
  readonly id: string;
  readonly name: string;
  /** Blocks of addresses, all of one family. */
  readonly cidrs: readonly string[];
  /** False for another account's list that is no longer shared: what names it goes on working, and nobody can read it. */
  readonly readable: boolean;
  readonly tags: Map<string, string>;
}

/** The managed prefix lists of the account, and those that are shared with it. */
export class PrefixLists {
  readonly #random: World['random'];
  readonly #byId = new Map<string, PrefixList>();

  constructor(world: World) {
    this.#random = world.random.fork('ec2-prefix-lists');
  }

  add(name: string, cidrs: readonly string[], readable = true): PrefixList {
    const list = { id: `pl-0${this.#random.hex(16)}`, name, cidrs, readable, tags: new Map() };
    this.#byId.set(list.id, list);
    return list;
  }

  get(id: string): PrefixList | undefined {
    return this.#byId.get(id);
  }

  list(): PrefixList[] {
    return [...this.#byId.values()];
  }

  /** What stands for a peer of a rule: the blocks of a prefix list, else the peer itself. */
  resolve(peer: string): readonly string[] {
    return peer.startsWith('pl-') ? (this.#byId.get(peer)?.cidrs ?? []) : [peer];
  }
}
