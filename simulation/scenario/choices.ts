import type { Random } from '../../sandbox/time/random.ts';

/** Choices from one source of chance. */
export class Draw {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  happens(chance: number): boolean {
    return this.#random.next() < chance;
  }

  number(low: number, high: number): number {
    return this.#random.integer(low, high);
  }

  of<One>(first: One, ...others: readonly One[]): One {
    return [first, ...others][this.number(0, others.length)] ?? first;
  }

  some<One>(least: number, most: number, make: () => One): One[] {
    return Array.from({ length: this.number(least, most) }, make);
  }
}
