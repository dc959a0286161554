import type { DescribeNodegroupResponse } from '@aws-sdk/client-eks';
import { expect, it } from 'vitest';
import { MINUTE_MS, refusal, testAccount } from '../../fleet/test-account.ts';
import { deleteNodeGroup } from './delete-node-group.ts';

const RELEASES = ['1.33.4-20260701', '1.33.5-20260709'].map((releaseVersion) => ({
  at: '-5d',
  kubernetesVersion: '1.33',
  amiType: 'AL2023_x86_64_STANDARD',
  releaseVersion,
}));
const NAME = { clusterName: 'main', nodegroupName: 'web' };

function account() {
  const web = { name: 'web', releaseVersion: '1.33.4-20260701', desiredSize: 2, minSize: 1 };
  const at = testAccount({ releases: RELEASES, clusters: [{ name: 'main', version: '1.33', nodeGroups: [web] }] });
  const { eks, autoScalingGroups } = at.state;
  const group = eks.nodeGroup('main', 'web');
  const shown = () => at.call<DescribeNodegroupResponse>('eks', 'DescribeNodegroup', NAME).nodegroup?.status;
  return { at, shown, remove: () => deleteNodeGroup(at.state.world, eks, autoScalingGroups, group) };
}

it('a node group that is deleted ends its nodes, and is gone once they are', async () => {
  const { at, shown, remove } = account();
  expect(remove()).toBe(true);
  await at.play(MINUTE_MS);
  expect([shown(), remove()]).toEqual(['DELETING', false]);
  await at.play(10 * MINUTE_MS);
  expect(refusal(shown).code).toBe('ResourceNotFoundException');
  expect(at.state.autoScalingGroups.list()).toEqual([]);
  expect(at.state.instances.list().filter(({ state }) => state === 'running')).toEqual([]);
});

it('a node group is not deleted during an update', async () => {
  const { at, shown, remove } = account();
  at.call('eks', 'UpdateNodegroupVersion', NAME);
  expect(remove()).toBe(false);
  await at.play(60 * MINUTE_MS);
  expect([shown(), remove()]).toEqual(['ACTIVE', true]);
});
