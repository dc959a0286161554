import fc from 'fast-check';
import { expect, it } from 'vitest';
import { thinOut } from './metric.ts';

it('keeps few values as they are', () => {
  expect(thinOut([3, 1, 2], 3)).toEqual([3, 1, 2]);
});

it('of many, keeps as many as asked, the least and the greatest among them, and the percentiles nearly', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 51, maxLength: 2_000 }), (values) => {
      const thin = thinOut(values);
      expect(thin).toHaveLength(50);
      const sorted = values.toSorted((a, b) => a - b);
      expect([thin[0], thin.at(-1)]).toEqual([sorted[0], sorted.at(-1)]);
      // The middle of the kept values is among the middle values of all.
      const middle = thin[25] ?? 0;
      const rank = sorted.filter((value) => value < middle).length / sorted.length;
      expect(rank).toBeLessThanOrEqual(0.55);
      expect(sorted.filter((value) => value <= middle).length / sorted.length).toBeGreaterThanOrEqual(0.45);
    }),
    { numRuns: 50 },
  );
});
