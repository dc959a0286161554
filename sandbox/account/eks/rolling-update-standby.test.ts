import type { DescribeNodegroupResponse } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, type TestAccount, testAccount } from '../../fleet/test-account.ts';
import { servingMembers } from '../auto-scaling/groups.ts';

const OLD = '1.33.4-20260701';
const NEW = '1.33.4-20260714';

function account(nodeGroup: object = {}, seed = 1) {
  const at = testAccount(
    {
      releases: [{ at: '-3d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: NEW }],
      clusters: [
        {
          name: 'c',
          version: '1.33',
          nodeGroups: [{ name: 'g', releaseVersion: OLD, desiredSize: 4, maxSize: 6, ...nodeGroup }],
        },
      ],
    },
    seed,
  );
  const group = at.state.eks.nodeGroup('c', 'g').autoScalingGroup;
  const call = (operation: string, input: object) =>
    at.call('autoscaling', operation, { AutoScalingGroupName: group.name, ...input });
  return {
    at,
    group,
    first: [...group.members.keys()][0]!,
    enter: (id: string, decrement = false) =>
      call('EnterStandby', { InstanceIds: [id], ShouldDecrementDesiredCapacity: decrement }),
    exit: (id: string) => call('ExitStandby', { InstanceIds: [id] }),
    update: () =>
      at.call('eks', 'UpdateNodegroupVersion', { clusterName: 'c', nodegroupName: 'g', releaseVersion: NEW }),
    images: () => new Set(servingMembers(group).map(({ instance }) => instance.imageId)),
  };
}

const newImage = ({ state }: TestAccount) => state.releases.find('1.33', 'AL2023_x86_64_STANDARD', NEW)?.imageId;
const describeGroup = (at: TestAccount) =>
  at.call<DescribeNodegroupResponse>('eks', 'DescribeNodegroup', { clusterName: 'c', nodegroupName: 'g' }).nodegroup!;

describe('a rolling update and standby', () => {
  it('a member in standby is left alone, and comes back with the image that it had', async () => {
    const { at, group, first, enter, exit, update, images } = account();
    const oldImage = at.state.instances.get(first)?.imageId;
    enter(first);
    await at.play(20 * MINUTE_MS);
    update();
    await at.play(HOUR_MS);
    expect(describeGroup(at)).toMatchObject({
      status: 'ACTIVE',
      releaseVersion: NEW,
      scalingConfig: { desiredSize: 4 },
    });
    expect(servingMembers(group)).toHaveLength(4);
    expect(images()).toEqual(new Set([newImage(at)]));
    expect(group.members.get(first)).toMatchObject({
      lifecycleState: 'Standby',
      instance: { imageId: oldImage, state: 'running', node: 'Ready' },
    });
    exit(first);
    await at.play(MINUTE_MS);
    expect(servingMembers(group)).toHaveLength(5);
    expect(describeGroup(at).scalingConfig).toEqual({ minSize: 0, maxSize: 6, desiredSize: 5 });
    at.call('eks', 'UpdateNodegroupVersion', { clusterName: 'c', nodegroupName: 'g', releaseVersion: NEW });
    await at.play(HOUR_MS);
    expect(servingMembers(group)).toHaveLength(5);
    expect(images()).toEqual(new Set([newImage(at)]));
  });

  it('a member in standby is ended where the group is told that its updates do that', async () => {
    const { at, group, first, enter, update } = account({ updates: { terminatesStandby: true } });
    enter(first);
    await at.play(20 * MINUTE_MS);
    update();
    await at.play(HOUR_MS);
    expect(at.state.instances.get(first)?.state).toBe('terminated');
    expect(servingMembers(group)).toHaveLength(4);
  });

  const moments = Array.from({ length: 14 }, (_, index) => index);
  it.each(
    (['DEFAULT', 'MINIMAL'] as const).flatMap((updateStrategy) =>
      (['stands by', 'stands by for good', 'is terminated'] as const).map((fate) => ({ updateStrategy, fate })),
    ),
  )('of strategy $updateStrategy ends with the wanted nodes whenever one $fate', async ({ updateStrategy, fate }) => {
    const struck: string[] = [];
    for (const minutes of moments) {
      const { at, group, enter, update, images } = account(
        { updateConfig: { maxUnavailable: 2, updateStrategy } },
        minutes + 1,
      );
      update();
      await at.play(minutes * MINUTE_MS);
      const old = servingMembers(group).filter(({ instance }) => instance.imageId !== newImage(at));
      const victim = (old.find(({ instance }) => instance.node === 'Draining') ?? old[0])?.instance;
      if (victim === undefined) continue;
      struck.push(victim.node);
      if (fate === 'is terminated') at.state.instances.terminate(victim, 5 * MINUTE_MS, () => {});
      else enter(victim.id, fate === 'stands by for good');
      for (let played = 0; played < 2 * HOUR_MS; played += MINUTE_MS) {
        await at.play(MINUTE_MS);
        if (fate === 'is terminated') expect(victim.node).toBe('Gone');
      }
      const wanted = fate === 'stands by for good' ? 3 : 4;
      expect(describeGroup(at)).toMatchObject({ status: 'ACTIVE', releaseVersion: NEW });
      expect({ minutes, serving: servingMembers(group).length }).toEqual({ minutes, serving: wanted });
      expect(images()).toEqual(new Set([newImage(at)]));
      expect(group).toMatchObject({ desired: wanted, max: 6, surge: 0 });
      const aside = fate === 'is terminated' ? [] : [{ lifecycleState: 'Standby', instance: { node: 'Ready' } }];
      expect([...group.members.values()].filter(({ instance }) => instance === victim)).toMatchObject(aside);
    }
    expect(struck.filter((node) => node === 'Ready').length).toBeGreaterThan(2);
    expect(struck.filter((node) => node === 'Draining').length).toBeGreaterThan(2);
  });

  it('that fails goes back to the wanted nodes beside the one in standby', async () => {
    const { at, group, first, enter, update } = account({
      updates: { fails: [{ errorCode: 'PodEvictionFailure', afterMinutes: 20 }] },
    });
    update();
    await at.play(3 * MINUTE_MS);
    enter(first);
    await at.play(HOUR_MS);
    expect(describeGroup(at)).toMatchObject({ status: 'ACTIVE', releaseVersion: OLD });
    expect(servingMembers(group)).toHaveLength(4);
    expect(group).toMatchObject({ desired: 4, surge: 0 });
    expect(group.members.get(first)?.lifecycleState).toBe('Standby');
  });
});
