/**
 * The reason in the place of a group's state that cannot be read, for those who go by how all groups stand. Later waves wait
 * for such a group, as nobody knows that it has taken a release.
 */
export const LEDGER_UNREADABLE = 'ledger-unreadable';

/** An item of the ledger that is not what its reader expects, such as one that somebody has changed by hand. */
export interface UnreadableItem {
  readonly pk: string;
  readonly sk: string;
  /** What is wrong with it, naming the member. */
  readonly why: string;
  /** The item as it was read. */
  readonly item: Readonly<Record<string, unknown>>;
}

/**
 * The items that the reads of one reconcile have left out, because nobody can tell what they say. Their subjects are left
 * alone: what is done about a subject that the ledger knows may not begin anew. All others go on.
 */
export class UnreadableItems {
  readonly #found = new Map<string, UnreadableItem>();
  readonly #read = new Set<string>();
  readonly #onFirst: (found: UnreadableItem) => void;

  /** @param onFirst called once for each item */
  constructor(onFirst: (found: UnreadableItem) => void = () => undefined) {
    this.#onFirst = onFirst;
  }

  add(found: UnreadableItem): void {
    const isFirst = !this.has(found.pk, found.sk);
    this.#found.set(nameOf(found), found);
    if (isFirst) this.#onFirst(found);
  }

  addRead(pk: string, sk: string): void {
    this.#read.add(nameOf({ pk, sk }));
  }

  /** Whether each read of the item could tell what it says, and there was one. */
  wasRead(pk: string, sk: string): boolean {
    return this.#read.has(nameOf({ pk, sk })) && !this.has(pk, sk);
  }

  has(pk: string, sk: string): boolean {
    return this.#found.has(nameOf({ pk, sk }));
  }

  /** The keys of such items of one kind. */
  keysOf(kind: string): string[] {
    return this.all().flatMap(({ pk, sk }) => (pk === kind ? [sk] : []));
  }

  all(): UnreadableItem[] {
    return [...this.#found.values()];
  }
}

/** No `pk` has a space. */
export const nameOf = ({ pk, sk }: Pick<UnreadableItem, 'pk' | 'sk'>): string => `${pk} ${sk}`;

/** Somebody was about to write over an item that nobody could read. */
export class UnreadableItemError extends Error {
  override readonly name = 'UnreadableItemError';

  constructor(pk: string, sk: string) {
    super(`The item ${pk} ${sk} of the ledger cannot be read, and is not written over.`);
  }
}
