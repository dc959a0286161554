import { expect, it } from 'vitest';
import { answered } from './posture-ledger.ts';

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
