import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { costOf, observeRun } from './observability.ts';

it('reckons what logs and metrics cost, of bytes and metric hours', () => {
  const observed = {
    hours: 73,
    records: 500,
    bytes: { records: 500_000, metrics: 300_000, other: 200_000 },
    metrics: 20,
    metricHours: 1_460,
    alarms: 20,
  };
  const cost = costOf(observed);
  expect(cost.recordsPerThousand).toBeCloseTo(0.0005);
  expect(cost.logsPerThousand).toBeCloseTo(0.001);
  expect(cost.metricsPerThousand).toBeCloseTo(1.2);
  expect(cost.logsPerMonth).toBeCloseTo(0.005);
  expect(cost.metricsPerMonth).toBeCloseTo(6);
  expect(cost.fixedPerMonth).toBeCloseTo(5.5);
});

it('measures a run: every byte that was logged, every hour in which a metric had data', async () => {
  const observed = await observeRun(inject('template'), 'demo', 3);
  const { records, bytes, metrics, metricHours, alarms } = observed;
  expect(records).toBeGreaterThan(10);
  expect(bytes.records / records).toBeGreaterThan(400);
  expect(bytes.records / records).toBeLessThan(1_500);
  expect(bytes.metrics).toBeGreaterThan(0);
  expect(bytes.other).toBeGreaterThan(0);
  expect(metricHours).toBeGreaterThanOrEqual(metrics);
  expect(metricHours).toBeLessThanOrEqual(3 * metrics);
  expect(alarms).toBeGreaterThan(12);
  // Figures that do not depend on a run must equal those in the pages.
  const fixed = Math.round(costOf(observed).fixedPerMonth);
  expect(page('docs/review.md')).toContain(
    `| a month: alarms, composite alarm, dashboard | about $${fixed} | about $${fixed} |`,
  );
});

const page = (path: string): string => readFileSync(join(import.meta.dirname, '..', path), 'utf8');
