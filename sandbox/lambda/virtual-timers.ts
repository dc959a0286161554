import { promisify } from 'node:util';
import type { Cancel, VirtualTime } from '../time/virtual-time.ts';
import type { Gate } from './in-memory-socket.ts';

type Callback = (...args: unknown[]) => void;

/** The longest delay of Node's timers, ms; longer ones (and those under 1 ms) become 1 ms. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/** The result of `setTimeout`: Node's `Timeout`, in virtual time. */
class VirtualTimer {
  readonly #start: () => Cancel;
  readonly #forget: () => void;
  readonly #id: number;
  #cancel: Cancel;
  #referenced = true;

  constructor(id: number, start: () => Cancel, forget: () => void) {
    this.#id = id;
    this.#start = start;
    this.#forget = forget;
    this.#cancel = start();
  }

  ref(): this {
    this.#referenced = true;
    return this;
  }

  unref(): this {
    this.#referenced = false;
    return this;
  }

  hasRef(): boolean {
    return this.#referenced;
  }

  refresh(): this {
    this.#cancel();
    this.#cancel = this.#start();
    return this;
  }

  close(): this {
    this.#cancel();
    this.#forget();
    return this;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  [Symbol.toPrimitive](): number {
    return this.#id;
  }
}

/** Node's timers for one execution environment, in virtual time. `setImmediate` is unchanged: the next turn. */
export class VirtualTimers {
  readonly #time: VirtualTime;
  readonly #gate: Gate;
  readonly #live = new Map<number, VirtualTimer>();
  readonly #immediates = new Set<NodeJS.Immediate>();
  #lastId = 0;

  /** @param gate decides when due callbacks run */
  constructor(time: VirtualTime, gate: Gate) {
    this.#time = time;
    this.#gate = gate;
    Object.defineProperty(this.setTimeout, promisify.custom, { value: this.delay });
    Object.defineProperty(this.setImmediate, promisify.custom, { value: this.nextTurn });
  }

  /** Whether a timer is pending that keeps the environment waiting. */
  get waiting(): boolean {
    for (const timer of this.#live.values()) if (timer.hasRef()) return true;
    return false;
  }

  /** Cancels everything that is scheduled. */
  stop(): void {
    for (const timer of this.#live.values()) timer.close();
    for (const immediate of this.#immediates) clearImmediate(immediate);
  }

  readonly setTimeout = (callback: Callback, delay?: number, ...args: unknown[]): VirtualTimer =>
    this.#plan(delay, (timer) => {
      timer.close();
      callback(...args);
    });

  readonly setInterval = (callback: Callback, delay?: number, ...args: unknown[]): VirtualTimer =>
    this.#plan(delay, (timer) => {
      timer.refresh();
      callback(...args);
    });

  readonly clearTimeout = (timer: unknown): void => {
    if (timer instanceof VirtualTimer) timer.close();
    else this.#live.get(Number(timer))?.close();
  };

  readonly setImmediate = (callback: Callback, ...args: unknown[]): NodeJS.Immediate => {
    const immediate = setImmediate(() => {
      this.#immediates.delete(immediate);
      this.#gate(() => callback(...args));
    });
    this.#immediates.add(immediate);
    return immediate;
  };

  /** `timers/promises.setTimeout`. */
  readonly delay = <T>(delay?: number, value?: T, options: { signal?: AbortSignal } = {}): Promise<T | undefined> => {
    const { signal } = options;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const onAbort = () => {
        timer.close();
        reject(signal?.reason);
      };
      const timer = this.setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve(value);
      }, delay);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  };

  /** `timers/promises.setImmediate`. */
  readonly nextTurn = <T>(value?: T): Promise<T | undefined> =>
    new Promise((resolve) => this.setImmediate(() => resolve(value)));

  #plan(delay: number | undefined, onDue: (timer: VirtualTimer) => void): VirtualTimer {
    const milliseconds = Number(delay);
    const due = milliseconds >= 1 && milliseconds <= LONGEST_DELAY_MS ? Math.trunc(milliseconds) : 1;
    this.#lastId += 1;
    const id = this.#lastId;
    const timer: VirtualTimer = new VirtualTimer(
      id,
      () => this.#time.after(due, () => this.#gate(() => onDue(timer))),
      () => this.#live.delete(id),
    );
    this.#live.set(id, timer);
    return timer;
  }
}
