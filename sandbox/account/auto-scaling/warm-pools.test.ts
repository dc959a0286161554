import type {
  AutoScalingGroup,
  DescribeInstanceRefreshesAnswer,
  DescribeWarmPoolAnswer,
} from '@aws-sdk/client-auto-scaling';
import type { DescribeInstancesResult } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, refusal, testAccount } from '../../fleet/test-account.ts';

const OLD = 'ami-0aaaaaaaaaaaaaaaa';
const NEW = 'ami-0bbbbbbbbbbbbbbbb';
const HOOK = { name: 'drain', heartbeatTimeout: 3600, defaultResult: 'CONTINUE', drains: false };

/** A self-managed group of two with a warm pool of two. */
function account(warmPool: object = {}, file: object = {}) {
  const own = { name: 'g', size: 2, maxSize: 4, imageId: OLD, warmPool, ...file };
  const at = testAccount({ clusters: [{ name: 'c', version: '1.33', selfManagedGroups: [own] }] });
  const group = at.state.autoScalingGroups.list()[0]!;
  const { id } = group.launchTemplate;
  at.state.launchTemplates.makeVersion(id, { ImageId: NEW }, { source: 1 });
  const named = { AutoScalingGroupName: group.name };
  const call = <Output>(operation: string, input: object = {}) =>
    at.call<Output>('autoscaling', operation, { ...named, ...input });
  return {
    at,
    group,
    call,
    pool: () => call<DescribeWarmPoolAnswer>('DescribeWarmPool').Instances ?? [],
    states: () => [...group.members.values()].map(({ lifecycleState }) => lifecycleState).sort(),
    shown: () =>
      at.call<{ AutoScalingGroups: AutoScalingGroup[] }>('autoscaling', 'DescribeAutoScalingGroups', {
        AutoScalingGroupNames: [group.name],
      }).AutoScalingGroups[0]!,
    scaleTo: (desired: number) => {
      group.desired = desired;
      at.state.autoScalingGroups.settleSoon(group);
    },
    refresh: (preferences: object = {}) =>
      call('StartInstanceRefresh', {
        DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: id, Version: '2' } },
        Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 100, InstanceWarmup: 60, ...preferences },
      }),
    progress: () => call<DescribeInstanceRefreshesAnswer>('DescribeInstanceRefreshes').InstanceRefreshes?.[0],
    images: () => [...group.members.values()].map(({ instance }) => instance.imageId).sort(),
    told: () =>
      at.events
        .filter(({ detailType }) => detailType === 'EC2 Instance-terminate Lifecycle Action')
        .map(({ detail }) => detail as { readonly Origin: string; readonly Destination: string })
        .map(({ Origin, Destination }) => `${Origin} to ${Destination}`),
  };
}

describe('a warm pool', () => {
  it('is beside the group: only DescribeWarmPool lists its instances, which are stopped', () => {
    const { at, pool, shown } = account();
    expect(shown()).toMatchObject({ WarmPoolSize: 2, WarmPoolConfiguration: { MinSize: 0, PoolState: 'Stopped' } });
    expect(shown().Instances?.map(({ LifecycleState }) => LifecycleState)).toEqual(['InService', 'InService']);
    expect(pool().map(({ LifecycleState }) => LifecycleState)).toEqual(['Warmed:Stopped', 'Warmed:Stopped']);
    const InstanceIds = pool().map(({ InstanceId }) => InstanceId);
    const { Reservations = [] } = at.call<DescribeInstancesResult>('ec2', 'DescribeInstances', { InstanceIds });
    expect(Reservations.flatMap(({ Instances = [] }) => Instances.map(({ State }) => State?.Name))).toEqual([
      'stopped',
      'stopped',
    ]);
  });

  it('hibernates its instances where it is put so: EC2 shows them as stopped, and they serve after a scale-out', async () => {
    const { at, call, group, pool, shown, states, scaleTo } = account({}, { warmPool: undefined });
    call('PutWarmPool', { PoolState: 'Hibernated', InstanceReusePolicy: { ReuseOnScaleIn: true } });
    await at.play(10 * MINUTE_MS);
    expect(shown().WarmPoolConfiguration?.PoolState).toBe('Hibernated');
    expect(pool().map(({ LifecycleState }) => LifecycleState)).toEqual(['Warmed:Hibernated', 'Warmed:Hibernated']);
    const ids = pool().map(({ InstanceId = '' }) => InstanceId);
    expect(ids.map((id) => group.members.get(id)?.instance.state)).toEqual(['stopped', 'stopped']);
    scaleTo(4);
    await at.play(5 * MINUTE_MS);
    expect(ids.map((id) => group.members.get(id)?.instance.node)).toEqual(['Ready', 'Ready']);
    scaleTo(3);
    await at.play(5 * MINUTE_MS);
    expect(states()).toEqual(['InService', 'InService', 'InService', 'Warmed:Hibernated']);
  });

  it('is drawn on when the group scales out: the instances start, join, and have a new launch time', async () => {
    const { at, group, pool, states, scaleTo } = account();
    const ids = pool().map(({ InstanceId }) => InstanceId);
    scaleTo(4);
    await at.play(5 * MINUTE_MS);
    expect(states()).toEqual(['InService', 'InService', 'InService', 'InService']);
    for (const id of ids) {
      const member = group.members.get(id ?? '');
      expect([member?.instance.state, member?.instance.node]).toEqual(['running', 'Ready']);
      expect(member?.instance.restartedAt).toBeGreaterThan(member?.instance.launchedAt ?? 0);
    }
  });

  it('is filled again, by instances that are launched, run for a while, and stop', async () => {
    const { at, group, pool, scaleTo } = account();
    Object.assign(group, { max: 5 });
    scaleTo(2);
    await at.play(30_000);
    expect(pool().map(({ LifecycleState }) => LifecycleState)).toContain('Warmed:Pending');
    await at.play(10 * MINUTE_MS);
    expect(pool().map(({ LifecycleState }) => LifecycleState)).toEqual(Array(3).fill('Warmed:Stopped'));
    scaleTo(4);
    await at.play(10 * MINUTE_MS);
    expect(pool()).toHaveLength(1);
  });

  it('takes back what a scale-in would terminate, through the hooks on terminations, where it is told to', async () => {
    const { at, states, told, scaleTo, call, group } = account(
      { reuseOnScaleIn: true, maxPrepared: 4 },
      { terminationHooks: [HOOK] },
    );
    const [first = ''] = [...group.members.keys()];
    scaleTo(1);
    await at.play(MINUTE_MS);
    expect([states(), told()]).toEqual([
      ['InService', 'Warmed:Pending:Wait', 'Warmed:Stopped', 'Warmed:Stopped'],
      ['AutoScalingGroup to WarmPool'],
    ]);
    const [id = first] = [...group.members].flatMap(([each, { lifecycleState }]) =>
      lifecycleState.endsWith(':Wait') ? each : [],
    );
    call('CompleteLifecycleAction', { LifecycleHookName: 'drain', InstanceId: id, LifecycleActionResult: 'CONTINUE' });
    await at.play(2 * MINUTE_MS);
    expect(states()).toEqual(['InService', 'Warmed:Stopped', 'Warmed:Stopped', 'Warmed:Stopped']);
    // Its node is still there, and not ready.
    expect(group.members.get(id)?.instance).toMatchObject({ state: 'stopped', node: 'Ready' });
  });

  it('terminates on scale-in otherwise, and runs the hooks where one of its own instances ends', async () => {
    const { at, states, told, group } = account({}, { terminationHooks: [{ ...HOOK, drains: true }] });
    const pooled = [...group.members.values()].find(({ lifecycleState }) => lifecycleState === 'Warmed:Stopped');
    at.call('autoscaling', 'TerminateInstanceInAutoScalingGroup', {
      InstanceId: pooled?.instance.id,
      ShouldDecrementDesiredCapacity: false,
    });
    expect([states(), told()]).toEqual([
      ['InService', 'InService', 'Warmed:Stopped', 'Warmed:Terminating:Wait'],
      ['WarmPool to EC2'],
    ]);
    await at.play(20 * MINUTE_MS);
    expect(states()).toEqual(['InService', 'InService', 'Warmed:Stopped', 'Warmed:Stopped']);
    expect(group.members.has(pooled?.instance.id ?? '')).toBe(false);
  });

  it('is refreshed after the instances in service, and is part of the progress', async () => {
    const { at, group, refresh, progress, images, pool } = account();
    refresh();
    await at.play(2 * MINUTE_MS);
    expect(progress()).toMatchObject({
      InstancesToUpdate: 4,
      ProgressDetails: { LivePoolProgress: { InstancesToUpdate: 2 }, WarmPoolProgress: { InstancesToUpdate: 2 } },
    });
    while (progress()?.ProgressDetails?.LivePoolProgress?.InstancesToUpdate !== 0) {
      expect(progress()?.ProgressDetails?.WarmPoolProgress?.InstancesToUpdate).toBe(2);
      await at.play(MINUTE_MS);
    }
    expect(progress()?.Status).toBe('InProgress');
    await at.play(HOUR_MS);
    expect([progress()?.Status, images()]).toEqual(['Successful', [NEW, NEW, NEW, NEW]]);
    expect(pool().map(({ LifecycleState, LaunchTemplate }) => [LifecycleState, LaunchTemplate?.Version])).toEqual([
      ['Warmed:Stopped', '2'],
      ['Warmed:Stopped', '2'],
    ]);
    expect(group.launchTemplate.version).toBe(2);
  });

  it('goes back with a refresh that is rolled back', async () => {
    const { at, refresh, progress, images, call } = account();
    refresh({ AutoRollback: true, BakeTime: 7200 });
    while (progress()?.Status !== 'Baking') await at.play(MINUTE_MS);
    expect(images()).toEqual([NEW, NEW, NEW, NEW]);
    call('RollbackInstanceRefresh');
    await at.play(2 * HOUR_MS);
    expect([progress()?.Status, images()]).toEqual(['RollbackSuccessful', [OLD, OLD, OLD, OLD]]);
  });

  it('is made, changed and deleted by calls', async () => {
    const { at, call, pool, shown, refresh } = account({}, { warmPool: undefined });
    expect([pool(), shown().WarmPoolConfiguration]).toEqual([[], undefined]);
    expect(refusal(() => call('DeleteWarmPool')).code).toBe('ValidationError');
    call('PutWarmPool', { MinSize: 1, MaxGroupPreparedCapacity: 2, PoolState: 'Running' });
    await at.play(10 * MINUTE_MS);
    expect(pool().map(({ LifecycleState }) => LifecycleState)).toEqual(['Warmed:Running']);
    call('PutWarmPool', { MaxGroupPreparedCapacity: -1, InstanceReusePolicy: { ReuseOnScaleIn: true } });
    await at.play(10_000);
    expect(shown().WarmPoolConfiguration).toEqual({
      MinSize: 1,
      PoolState: 'Running',
      InstanceReusePolicy: { ReuseOnScaleIn: true },
    });
    await at.play(10_000);
    expect(refusal(() => call('DeleteWarmPool')).code).toBe('ScalingActivityInProgress');
    await at.play(10 * MINUTE_MS);
    expect(pool()).toHaveLength(2);
    call('DeleteWarmPool');
    expect(shown().WarmPoolConfiguration?.Status).toBe('PendingDelete');
    await at.play(10 * MINUTE_MS);
    expect([pool(), shown().WarmPoolConfiguration]).toEqual([[], undefined]);
    refresh();
    expect(refusal(() => call('PutWarmPool', { MinSize: 1 })).code).toBe('InstanceRefreshInProgress');
  });

  it.each([
    [{ MinSize: -1 }],
    [{ MaxGroupPreparedCapacity: -2 }],
    [{ PoolState: 'Warm' }],
    [{ AutoScalingGroupName: 'missing' }],
  ])('is refused with %o', (input) => {
    const { call } = account();
    expect(refusal(() => call('PutWarmPool', input)).code).toBe('ValidationError');
  });
});
