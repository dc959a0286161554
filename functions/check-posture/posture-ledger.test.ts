import { expect, it } from 'vitest';
import { answered, failedAfter } from './posture-ledger.ts';

const POOLS = Array.from({ length: 500 }, (_, n) => `karpenter:${'x'.repeat(58)}${n}`);

it('leaves room for the state of a cluster, however many groups tags name, and knows each request again', () => {
  let state: Parameters<typeof answered>[0] = {};
  for (let n = 0; n < 30; n += 1) state = answered(state, [`request-${n}`], POOLS, n);
  expect(state.answers).toHaveLength(20);
  expect(state.answers?.at(-1)).toEqual({ id: 'request-29', at: 29, groups: POOLS });
  expect(state.answers?.[0]).toEqual({ id: 'request-10', at: 10, groups: [] });
  expect(JSON.stringify(state).length).toBeLessThan(100_000);
});

it('names the groups of the last twenty requests where names are as long as usual', () => {
  let state: Parameters<typeof answered>[0] = {};
  for (let n = 0; n < 30; n += 1) state = answered(state, [`request-${n}`], ['web', 'batch'], n);
  expect(state.answers?.map(({ groups }) => groups.length)).toEqual(Array(20).fill(2));
});

it('keeps which workers failed of groups that were not looked at, until these are', () => {
  const before = { failed: { web: ['i-1'], batch: ['i-2'], api: ['i-3'] } };
  const after = failedAfter(before, new Set(['web', 'api']), { api: ['i-4'] });
  expect(after).toEqual({ batch: ['i-2'], api: ['i-4'] });
});

it('keeps which workers failed of the last three hundred groups, however many tags name', () => {
  const failed = Object.fromEntries(POOLS.map((pool) => [pool, Array(10).fill('i-0f3a5c7e9b1d2f4a6') as string[]]));
  const after = failedAfter({}, new Set(POOLS), failed);
  expect(Object.keys(after)).toEqual(POOLS.slice(-300));
  expect(JSON.stringify(after).length).toBeLessThan(120_000);
});
