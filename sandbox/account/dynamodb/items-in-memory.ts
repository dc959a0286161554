import { createRequire } from 'node:module';
import { Stream } from 'node:stream';

type Callback<Value = void> = (error: Error | null, value?: Value) => void;
type Lock = (key: string, run: (release: (callback: Callback) => Callback) => void) => void;

/** The range of keys of a query or scan, as dynalite asks for it. */
export interface Range {
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly reverse?: boolean;
  /** Absent or negative: all of them. */
  readonly limit?: number;
}

const require = createRequire(import.meta.url);
const { Lock: createLock }: { Lock(): Lock } = require('lock');

/**
 * The items of a table or an index, by dynalite's keys. dynalite's own store writes each item as JSON text, and waits
 * several turns of the event loop for it, which takes most of the time of a call. Like that store, this one hands out
 * and keeps copies, and answers a query from the state at its begin.
 */
export class ItemsInMemory {
  /** dynalite runs the changes of an item one after the other. */
  readonly lock = createLock();
  readonly #items = new Map<string, unknown>();
  /** In their order. dynalite's keys are ASCII, so that code units compare as bytes do. */
  readonly #keys: string[] = [];

  get(key: string, answer: Callback<unknown>): void {
    answer(null, copyOf(this.#items.get(key)));
  }

  put(key: string, item: unknown, done: Callback): void {
    if (!this.#items.has(key)) this.#keys.splice(this.#indexOf(key), 0, key);
    this.#items.set(key, copyOf(item));
    done(null);
  }

  del(key: string, done: Callback): void {
    if (this.#items.delete(key)) this.#keys.splice(this.#indexOf(key), 1);
    done(null);
  }

  /** A stream of a range's items, until it is destroyed. Whoever asks for it must listen at once. */
  createValueStream({ gt, gte = '', lt, lte, reverse = false, limit = -1 }: Range): Stream & { destroy(): void } {
    const from = gt === undefined ? this.#indexOf(gte) : this.#indexAfter(gt);
    const to = lt !== undefined ? this.#indexOf(lt) : lte === undefined ? this.#keys.length : this.#indexAfter(lte);
    const keys = this.#keys.slice(from, to);
    if (reverse) keys.reverse();
    const items = (limit < 0 ? keys : keys.slice(0, limit)).map((key) => this.#items.get(key));
    let ended = false;
    const stream = Object.assign(new Stream(), {
      destroy: () => {
        ended = true;
      },
    });
    queueMicrotask(() => {
      for (const item of items) {
        if (ended) return;
        stream.emit('data', copyOf(item));
      }
      stream.emit('end');
    });
    return stream;
  }

  #indexAfter(key: string): number {
    const index = this.#indexOf(key);
    return this.#keys[index] === key ? index + 1 : index;
  }

  /** The position of a key, or the one that it would take. */
  #indexOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? '') < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Copies a value as JSON would keep it: without absent members. */
function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value)) {
    const member: unknown = Reflect.get(value, name);
    if (member !== undefined) copy[name] = typeof member === 'object' ? copyOf(member) : member;
  }
  return copy;
}
