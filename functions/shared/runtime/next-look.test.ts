import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextLook } from './next-look.ts';

const MINUTE = 60_000;
const times = fc.integer({ min: 0, max: 4_000_000_000_000 });
const periods = fc.integer({ min: MINUTE, max: 1440 * MINUTE });

it('a look leads to another one between half and one and a half of a period later', () => {
  fc.assert(
    fc.property(times, periods, (now, every) => {
      const after = nextLook(now, every) - now;
      expect(after).toBeGreaterThanOrEqual(every / 2);
      expect(after).toBeLessThanOrEqual(1.5 * every);
    }),
  );
});

it('looks of any times within a period end up in one series, a period apart', () => {
  fc.assert(
    fc.property(times, times, periods, (one, other, every) => {
      const apart = Math.abs(nextLook(one, every) - nextLook(other, every));
      expect(apart % every).toBe(0);
      expect(nextLook(nextLook(one, every), every) - nextLook(one, every)).toBe(every);
    }),
  );
});
