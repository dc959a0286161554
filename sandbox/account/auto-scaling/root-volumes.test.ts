import type { AutoScalingGroup, DescribeInstanceRefreshesAnswer } from '@aws-sdk/client-auto-scaling';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, refusal, testAccount } from '../../fleet/test-account.ts';

const [OLD, NEW] = ['ami-0aaaaaaaaaaaaaaaa', 'ami-0bbbbbbbbbbbbbbbb'];
const OVERRIDE = { InstanceType: 'm7i.large', ImageId: NEW };

/** A self-managed group of two. */
function account(file: object = {}) {
  const own = { name: 'g', size: 2, maxSize: 4, imageId: OLD, launchesFrom: 'mixed-instances', ...file };
  const at = testAccount({ clusters: [{ name: 'c', version: '1.33', selfManagedGroups: [own] }] });
  const group = at.state.autoScalingGroups.list()[0]!;
  const named = { AutoScalingGroupName: group.name };
  return {
    at,
    group,
    images: () => [...group.members.values()].map(({ instance }) => instance.imageId),
    start: (Overrides: readonly object[] = [OVERRIDE], Version = '1') =>
      at.call('autoscaling', 'StartInstanceRefresh', {
        ...named,
        Strategy: 'ReplaceRootVolume',
        DesiredConfiguration: {
          MixedInstancesPolicy: {
            LaunchTemplate: {
              LaunchTemplateSpecification: { LaunchTemplateId: group.launchTemplate.id, Version },
              Overrides,
            },
          },
        },
      }),
    refresh: () =>
      at.call<DescribeInstanceRefreshesAnswer>('autoscaling', 'DescribeInstanceRefreshes', named)
        .InstanceRefreshes?.[0],
    shown: () =>
      at.call<{ AutoScalingGroups: AutoScalingGroup[] }>('autoscaling', 'DescribeAutoScalingGroups', {
        AutoScalingGroupNames: [group.name],
      }).AutoScalingGroups[0]!,
  };
}

describe('an instance refresh that replaces root volumes', () => {
  it('keeps the instances, and gives each another root volume of the AMI of its type', async () => {
    const { at, group, images, start, refresh, shown } = account({ terminationHooks: [{ name: 'drain' }] });
    const before = [...group.members.values()].map(({ instance }) => [instance.id, instance.volumes[0]?.id]);
    start();
    await at.play(2 * HOUR_MS);
    expect(refresh()).toMatchObject({ Status: 'Successful', Strategy: 'ReplaceRootVolume', PercentageComplete: 100 });
    const after = [...group.members.values()].map(({ instance }) => [instance.id, instance.volumes[0]?.id]);
    expect(after.map(([id]) => id)).toEqual(before.map(([id]) => id));
    expect(new Set([...before, ...after].map(([, volume]) => volume)).size).toBe(4);
    expect(images()).toEqual([NEW, NEW]);
    expect(shown().Instances?.map(({ ImageId, LifecycleState }) => [ImageId, LifecycleState])).toEqual([
      [NEW, 'InService'],
      [NEW, 'InService'],
    ]);
    const told = at.events.filter(({ detailType }) => detailType === 'EC2 Instance-terminate Lifecycle Action');
    expect(told.map(({ detail }) => detail)).toMatchObject(
      before.map(([EC2InstanceId]) => ({
        EC2InstanceId,
        Origin: 'AutoScalingGroup',
        Destination: 'AutoScalingGroup',
        Action: 'ReplaceRootVolume',
      })),
    );
    // What the group launches from then on has the AMI, too.
    group.desired = 3;
    at.state.autoScalingGroups.settleSoon(group);
    await at.play(HOUR_MS);
    expect(images()).toEqual([NEW, NEW, NEW]);
  });

  it('ends an instance whose hook is abandoned, and fails where nobody answers for an hour', async () => {
    const hook = { name: 'drain', drains: false, defaultResult: 'ABANDON' };
    const ended = account({ terminationHooks: [{ ...hook, heartbeatTimeout: 60 }] });
    const [first] = ended.group.members.keys();
    ended.start();
    await ended.at.play(HOUR_MS);
    expect(ended.group.members.has(first ?? '')).toBe(false);
    const stuck = account({ terminationHooks: [{ ...hook, heartbeatTimeout: 7200 }] });
    stuck.start();
    await stuck.at.play(2 * HOUR_MS);
    expect(stuck.refresh()?.Status).toBe('Failed');
    expect(stuck.shown().Instances?.some(({ ImageId }) => ImageId !== undefined)).toBe(false);
  });

  it('is not rolled back here, and does not claim that AWS refuses that', () => {
    const { at, group, start } = account();
    start();
    const rollBack = () => at.call('autoscaling', 'RollbackInstanceRefresh', { AutoScalingGroupName: group.name });
    expect(rollBack).toThrow(expect.objectContaining({ code: 'NotImplementedBySandbox', status: 501 }));
  });

  it.each([
    ['a group without a mixed instances policy', { launchesFrom: '$Latest' }, undefined, undefined],
    ['an override without an AMI', {}, [OVERRIDE, { InstanceType: 'm6i.large' }], undefined],
    ['no override', {}, [], undefined],
    ['a floating version', {}, undefined, '$Latest'],
    ['an instance that no override fits', {}, [{ ...OVERRIDE, InstanceType: 'm6i.large' }], undefined],
    ['a load balancer', { targetGroups: [{ name: 'web', port: 80, attached: true }] }, undefined, undefined],
  ])('refuses %s', (_what, file, overrides, version) => {
    expect(refusal(() => account(file).start(overrides, version)).code).toBe('ValidationError');
  });
});
