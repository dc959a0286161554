import { expect, it } from 'vitest';
import { HOUR, MINUTE, start } from './harness.ts';

it('a sweep that CloudWatch tells metrics in part asks for all reconciles, fails, and does not say that nothing waits', async () => {
  const run = await start({
    fleet: 'demo',
    inProcess: true,
    faults: { partialMetricsRate: 1, quietAfterMs: 90 * MINUTE },
    play: '85m',
  });
  expect(run.records.filter(({ reason }) => reason === 'sweep-finished')).not.toEqual([]);
  expect(run.errors).not.toEqual([]);
  for (const error of run.errors)
    expect(error).toMatch(/CloudWatch does not tell whether requests wait for .*\(PartialData\)/);
  const before = run.errors.length;
  await run.account.play(2 * HOUR);
  expect(run.errors).toHaveLength(before);
});
