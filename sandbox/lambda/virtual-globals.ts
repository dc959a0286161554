import nodeCrypto from 'node:crypto';
import type { Random } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { withOverrides } from './module-overrides.ts';
import type { VirtualTimers } from './virtual-timers.ts';

/** `Date` with a virtual now. Its instances are ordinary dates. A proxy would cost each use of it several times more. */
export function virtualDate(time: VirtualTime): DateConstructor {
  function VirtualDate(...args: []): Date | string {
    if (new.target === undefined) return new Date(time.now).toString();
    return Reflect.construct(Date, args.length === 0 ? [time.now] : args);
  }
  const { prototype, parse, UTC } = Date;
  const statics = { prototype, parse, UTC, now: () => time.now };
  return Object.defineProperty(Object.assign(VirtualDate, statics), 'name', { value: 'Date' }) as DateConstructor;
}

/** `performance` in virtual time. */
export function virtualPerformance(time: VirtualTime): { timeOrigin: number; now(): number } {
  const timeOrigin = time.now;
  return { timeOrigin, now: () => time.now - timeOrigin };
}

/** `process.hrtime` in virtual time. */
export function virtualHrtime(time: VirtualTime): NodeJS.HRTime {
  const bigint = (): bigint => BigInt(Math.round(time.now * 1e6));
  const hrtime = (since: [number, number] = [0, 0]): [number, number] => {
    const elapsed = bigint() - (BigInt(since[0]) * 1_000_000_000n + BigInt(since[1]));
    return [Number(elapsed / 1_000_000_000n), Number(elapsed % 1_000_000_000n)];
  };
  return Object.assign(hrtime, { bigint });
}

/** `AbortSignal` with virtual timeouts. */
export function virtualAbortSignal(timers: VirtualTimers): typeof AbortSignal {
  const timeout = (milliseconds: number): AbortSignal => {
    const controller = new AbortController();
    const abort = () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    timers.setTimeout(abort, milliseconds).unref();
    return controller.signal;
  };
  return new Proxy(AbortSignal, {
    get: (target, name) => (name === 'timeout' ? timeout : Reflect.get(target, name)),
  });
}

/** `Math` with seeded randomness. */
export const seededMath = (random: Random): Math => Object.create(Math, { random: { value: () => random.next() } });

/**
 * The global `crypto` and the module `node:crypto`, seeded: the sandbox has no secrets, but its runs must be
 * repeatable.
 */
export function seededCrypto(random: Random): { global: object; module: object } {
  const fill = <T extends ArrayBufferView>(view: T): T => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = random.integer(0, 255);
    return view;
  };
  const randomUUID = () => random.uuid();
  const randomBytes = answering((size: number) => fill(Buffer.alloc(size)));
  const randomInt = answering((from: number, to?: number) =>
    to === undefined ? random.integer(0, from - 1) : random.integer(from, to - 1),
  );
  const global = { subtle: nodeCrypto.webcrypto.subtle, randomUUID, getRandomValues: fill };
  const overrides = { randomUUID, randomBytes, randomInt, randomFillSync: fill, getRandomValues: fill };
  return { global, module: withOverrides(nodeCrypto, { ...overrides, webcrypto: global }) };
}

/** Adds Node's callback form: with a callback as the last argument, the result is passed to it. */
function answering<T>(compute: (...numbers: number[]) => T): (...args: unknown[]) => T | undefined {
  return (...args) => {
    const numbers = args.filter((arg) => typeof arg === 'number');
    const callback = args.at(-1);
    const result = compute(...numbers);
    if (typeof callback !== 'function') return result;
    process.nextTick(() => callback(null, result));
    return undefined;
  };
}
