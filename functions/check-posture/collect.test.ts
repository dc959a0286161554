import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextDue } from './collect.ts';

const WEEK = 7 * 86_400_000;

it('is due again within the last tenth of the period, always by the same share for a cluster', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(1e9), (cluster, now) => {
      const due = nextDue(now, WEEK, cluster) - now;
      expect(due).toBeLessThanOrEqual(WEEK);
      expect(due).toBeGreaterThan(0.9 * WEEK - 1);
      expect(nextDue(0, WEEK, cluster)).toBe(due);
    }),
  );
});

it('spreads clusters over that tenth', () => {
  const hours = Array.from({ length: 200 }, (_, at) => Math.floor(nextDue(0, WEEK, `cluster-${at}`) / 3_600_000));
  const most = Math.max(...[...Map.groupBy(hours, (hour) => hour).values()].map((same) => same.length));
  // 200 clusters, spread evenly over 16 hours: 12 per hour.
  expect(new Set(hours).size).toBeGreaterThanOrEqual(15);
  expect(most).toBeLessThanOrEqual(40);
});
