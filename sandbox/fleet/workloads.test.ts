import { expect, it } from 'vitest';
import { parseFleet } from './parse-fleet.ts';
import { testAccount } from './test-account.ts';
import { SELF_MANAGED_LABEL, workloadsOf } from './workloads.ts';

it('the workloads of a self-managed group run on its nodes, which have a label of their owner', () => {
  const own = { name: 'batch', size: 2, imageId: 'ami-0aaaaaaaaaaaaaaaa', workloads: [{ name: 'cart', replicas: 3 }] };
  const file = {
    startsAt: '2026-07-14T12:00:00Z',
    clusters: [{ name: 'shop', version: '1.33', selfManagedGroups: [own] }],
  };
  expect(workloadsOf(parseFleet(JSON.stringify(file), 'test'), 'shop')).toMatchObject([
    { nodeGroup: 'batch', groupLabel: SELF_MANAGED_LABEL, name: 'cart', replicas: 3 },
  ]);
  const labels = testAccount(file)
    .state.instances.list()
    .map(({ kubernetes }) => kubernetes?.labels[SELF_MANAGED_LABEL]);
  expect(labels).toEqual(['batch', 'batch']);
});
