import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { breachesOf, type Figures } from './figures.ts';
import { drawGrowth } from './growth.ts';
import { performancePages } from './page.ts';

const docs = join(import.meta.dirname, '..', 'docs');
const figures: Figures = JSON.parse(readFileSync(join(docs, 'performance.json'), 'utf8'));

it.each(Object.entries(performancePages(figures)))('docs/%s shows the figures and the budgets', (file, text) => {
  expect(readFileSync(join(docs, file), 'utf8')).toBe(text);
});

it('no figure that is shown is above its budget', () => {
  expect(breachesOf(figures)).toEqual([]);
});

it('names each figure that is above its budget', () => {
  const imports = { ...figures.imports, functions: [{ name: 'a', bytes: 2e6, laterBytes: 0, ms: 300, ratio: 10 }] };
  const launch = { ...figures.launches[0]!, workers: 7, coldCpuMs: 5_000, peakRssBytes: 1e9 };
  const bursts = [2, 32].map((concurrency) => ({ ...figures.bursts[0]!, launches: 9, concurrency, p99Ms: 7_000 }));
  const sweep = { ...figures.sweeps[0]!, name: 'b', workers: 10, cpuMs: 9_000, sdkCpuMs: 100, shareOfTimeout: 0.9 };
  expect(breachesOf({ ...figures, imports, launches: [launch], bursts, sweeps: [sweep] })).toEqual([
    'bytes of the bundle of a: 2000000 is above 1000000',
    'ratio of the import of a: 10 is above 5',
    'CPU ms of a launch among 7 workers: 5000 is above 1000',
    'bytes of memory of a launch among 7 workers: 1000000000 is above 209715200',
    'ms until 99 % of 9 exposed workers are closed: 7000 is above 5000',
    'CPU ms of the sweep of 10 workers by b: 9000 is above 1012',
    "CPU ms beside the SDK's own of the sweep of 10 workers by b: 8900 is above 1005",
    'share of its timeout, 10 swept by b: 0.9 is above 0.75',
  ]);
});

it('draws a line that grows with the fleet through one step a step', () => {
  const drawn = drawGrowth(
    [
      {
        name: 'a',
        points: [
          [1_000, 1],
          [10_000, 10],
          [100_000, 100],
        ],
      },
    ],
    { x: 'workers', y: 's' },
  );
  // Equal steps to the right, and equal steps upwards.
  const [, path = ''] = /<path d="M([^"]+)" fill/.exec(drawn) ?? [];
  const [first, second, third] = path.split('L').map((point) => point.split(' ').map(Number));
  expect(second![0]! - first![0]!).toBeCloseTo(third![0]! - second![0]!, -1);
  expect(first![1]! - second![1]!).toBeCloseTo(second![1]! - third![1]!, -1);
  expect(second![1]).toBeLessThan(first![1]!);
});
