import { expect, it } from 'vitest';
import { start } from './harness.ts';

/** 200 node groups of 25 nodes in 20 clusters. */
const fleet = {
  startsAt: '2026-07-14T00:00:00Z',
  clusters: Array.from({ length: 20 }, (_, cluster) => ({
    name: `cluster-${cluster}`,
    version: '1.33',
    nodeGroups: Array.from({ length: 10 }, (_, group) => ({
      name: `group-${group}`,
      amiType: 'AL2023_x86_64_STANDARD',
      releaseVersion: '1.33.5-20260601',
      desiredSize: 25,
    })),
  })),
};

it('a weekly check of 5,000 nodes in 200 groups costs under 1,000 calls, and stays in the limits', async () => {
  const run = await start({ fleet, inProcess: true, play: '150m' });
  const calls = run.calls.filter((call) => call.function === 'check-posture');
  const counts = Object.fromEntries(
    [...Map.groupBy(calls, ({ service, operation }) => `${service}:${operation}`)].map(([name, all]) => [
      name,
      all.length,
    ]),
  );
  console.log(counts);
  expect(counts['ssm:GetCommandInvocation']).toBeGreaterThanOrEqual(200);
  // All AWS calls: reads and commands, the ledger and the queue.
  expect(calls.length).toBeLessThan(1_000);
  for (const { operation, input } of calls) {
    if (operation !== 'SendCommand') continue;
    const { InstanceIds = [] } = JSON.parse(JSON.stringify(input));
    expect(InstanceIds.length).toBeLessThanOrEqual(50);
  }
  const failed = run.records.filter(({ remediation }) => remediation === 'check-posture');
  expect(failed).toEqual([]);
});
