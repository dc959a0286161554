import type { DescribeNodegroupResponse, UpdateNodegroupVersionResponse } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { MINUTE_MS, testAccount } from '../../fleet/test-account.ts';

const release = (releaseVersion: string, at: string) => ({
  at,
  kubernetesVersion: '1.33',
  amiType: 'AL2023_x86_64_STANDARD',
  releaseVersion,
});
function account(warmPool: object, more: object = {}) {
  const web = { name: 'web', releaseVersion: '1.33.4-20260701', maxSize: 4, warmPool, ...more };
  const at = testAccount({
    releases: [release('1.33.4-20260701', '-13d'), release('1.33.5-20260709', '-5d')],
    clusters: [{ name: 'main', version: '1.33', nodeGroups: [web] }],
  });
  const name = { clusterName: 'main', nodegroupName: 'web' };
  const shown = () => at.call<DescribeNodegroupResponse>('eks', 'DescribeNodegroup', name).nodegroup;
  const group = at.state.autoScalingGroups.list()[0];
  if (group === undefined) throw new Error('The group has an Auto Scaling group.');
  const states = () =>
    [...group.members.values()].map(({ lifecycleState, instance }) => `${lifecycleState} ${instance.node}`).toSorted();
  return { at, name, shown, group, states };
}

describe('the warm pool of a managed node group', () => {
  it('is told as EKS names it', () => {
    expect(account({ state: 'Hibernated', maxPrepared: 3 }).shown()?.warmPoolConfig).toEqual({
      enabled: true,
      minSize: 0,
      maxGroupPreparedCapacity: 3,
      poolState: 'HIBERNATED',
      reuseOnScaleIn: false,
    });
  });

  it.each(['Stopped', 'Running', 'Hibernated'])(
    'has no nodes (%s) before a scale-out brings them in',
    async (state) => {
      const { at, group, states } = account({ state });
      const begin = ['InService Ready', 'InService Ready', `Warmed:${state} Joining`, `Warmed:${state} Joining`];
      expect(states()).toEqual(begin);
      group.max = 5;
      at.state.autoScalingGroups.settle(group);
      await at.play(20 * MINUTE_MS);
      expect(states()).toEqual([...begin, `Warmed:${state} Joining`]);
      group.desired = 5;
      at.state.autoScalingGroups.settle(group);
      await at.play(10 * MINUTE_MS);
      expect(states()).toEqual(Array(5).fill('InService Ready'));
    },
  );

  it('keeps its instances through an update of the group: only nodes in service are replaced', async () => {
    const { at, name, group, states, shown } = account({});
    const pooled = [...group.members.values()].filter(({ lifecycleState }) => lifecycleState === 'Warmed:Stopped');
    at.call<UpdateNodegroupVersionResponse>('eks', 'UpdateNodegroupVersion', name);
    await at.play(60 * MINUTE_MS);
    expect([shown()?.status, shown()?.releaseVersion]).toEqual(['ACTIVE', '1.33.5-20260709']);
    expect(states()).toEqual([
      'InService Ready',
      'InService Ready',
      'Warmed:Stopped Joining',
      'Warmed:Stopped Joining',
    ]);
    expect(pooled.every(({ instance }) => group.members.has(instance.id))).toBe(true);
  });

  it.each([
    [{ state: 'Hibernated' }, { amiType: 'BOTTLEROCKET_x86_64', releaseVersion: undefined }],
    [{ reuseOnScaleIn: true }, { amiType: 'BOTTLEROCKET_x86_64', releaseVersion: undefined }],
    [{}, { amiType: 'CUSTOM', releaseVersion: undefined, launchTemplate: { imageId: 'ami-0123456789abcdef0' } }],
  ])('is refused where EKS has none: %o of %o', (warmPool, more) => {
    expect(() => account(warmPool, more)).toThrow(/EKS has none|Bottlerocket neither/);
  });
});
