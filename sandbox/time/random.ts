const DIGITS = '0123456789abcdef';

/** A seeded source of randomness (mulberry32): the same seed gives the same numbers on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1). */
  next(): number {
    return this.#bits() / 4_294_967_296;
  }

  /** 32 bits, as a whole number. */
  #bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** A whole number in [low, high], both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** `length` lower-case hexadecimal digits, as in instance ids. */
  hex(length: number): string {
    let digits = '';
    // The first four bits are `integer(0, 15)`. Each call of the account has an id, whose digits are drawn one by one.
    for (let drawn = 0; drawn < length; drawn++) digits += DIGITS[this.#bits() >>> 28];
    return digits;
  }

  /** A UUID in version-4 form, as in request ids and event ids. */
  uuid(): string {
    const digits = this.hex(32);
    const variant = '89ab'[this.integer(0, 3)];
    const [low, mid, high] = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(13, 16)];
    return `${low}-${mid}-4${high}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
  }

  /** A separate source for one purpose, so that drawing more numbers from it changes nothing elsewhere. */
  fork(purpose: string): Random {
    let hash = this.#state;
    for (const character of purpose) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    return new Random(hash);
  }
}
