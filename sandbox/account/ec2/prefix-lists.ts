import type { World } from '../world.ts';

/** A managed prefix list: address blocks under one id, which rules and routes refer to. */
export interface PrefixList {
  readonly id: string;
  readonly name: string;
  /** Address blocks, all of one family. */
  readonly cidrs: readonly string[];
  /**
   * False for another account's list that is no longer shared. Rules that refer to it keep working, but nobody here can
   * read it.
   */
  readonly readable: boolean;
  readonly tags: Map<string, string>;
}

/** The managed prefix lists of the account, and those shared with it. */
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

  /** The blocks that a rule's peer stands for: those of a prefix list, or else the peer itself. */
  resolve(peer: string): readonly string[] {
    return peer.startsWith('pl-') ? (this.#byId.get(peer)?.cidrs ?? []) : [peer];
  }
}
