import type { DescribeInstanceRefreshesAnswer, RefreshPreferences } from '@aws-sdk/client-auto-scaling';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, refusal, testAccount } from '../../fleet/test-account.ts';

const OLD = 'ami-0aaaaaaaaaaaaaaaa';
const NEW = 'ami-0bbbbbbbbbbbbbbbb';

/** A self-managed group of four, and a version 2 of its launch template with another AMI. */
function account(file: object = {}) {
  const at = testAccount({
    clusters: [
      { name: 'c', version: '1.33', selfManagedGroups: [{ name: 'g', size: 4, maxSize: 6, imageId: OLD, ...file }] },
    ],
  });
  const group = at.state.autoScalingGroups.list()[0]!;
  const { id } = group.launchTemplate;
  at.state.launchTemplates.makeVersion(id, { ImageId: NEW }, { source: 1 });
  const AutoScalingGroupName = group.name;
  const call = <Output>(operation: string, input: object = {}) =>
    at.call<Output>('autoscaling', operation, { AutoScalingGroupName, ...input });
  const desired = (Version = '2') => ({ DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: id, Version } } });
  return {
    at,
    group,
    call,
    desired,
    start: (Preferences: RefreshPreferences = {}, input: object = desired()) =>
      call('StartInstanceRefresh', { ...input, Preferences }),
    refresh: () => call<DescribeInstanceRefreshesAnswer>('DescribeInstanceRefreshes').InstanceRefreshes?.[0],
    images: () => [...group.members.values()].map(({ instance }) => instance.imageId).sort(),
    told: () =>
      at.events
        .filter(({ detailType }) => detailType.startsWith('EC2 Auto Scaling Instance Refresh'))
        .map(({ detailType }) => detailType.replace('EC2 Auto Scaling Instance Refresh ', '')),
  };
}
const ONE_BY_ONE = { MinHealthyPercentage: 100, MaxHealthyPercentage: 100 };

describe('an instance refresh', () => {
  it('rolls back once an alarm that it watches is in ALARM, and refuses one that there is not', async () => {
    const { at, group, start, refresh, images } = account();
    const Alarms = ['errors'];
    expect(refusal(() => start({ AlarmSpecification: { Alarms } })).code).toBe('ValidationError');
    let state = 'OK';
    at.state.autoScalingGroups.alarmState = (name) => (name === 'errors' ? state : undefined);
    start({ ...ONE_BY_ONE, AutoRollback: true, AlarmSpecification: { Alarms } });
    while (!images().includes(NEW)) await at.play(MINUTE_MS);
    state = 'ALARM';
    await at.play(2 * HOUR_MS);
    expect([refresh()?.Status, images(), group.launchTemplate.version]).toEqual([
      'RollbackSuccessful',
      [OLD, OLD, OLD, OLD],
      1,
    ]);
  });

  it('replaces one by one, launching first, and changes the template of the group only at its end', async () => {
    const { at, group, start, refresh, images, told } = account();
    start({ ...ONE_BY_ONE, AutoRollback: true, BakeTime: 600 });
    let most = 0;
    let fewest = 9;
    while (refresh()?.Status !== 'Baking') {
      await at.play(MINUTE_MS);
      const serving = [...group.members.values()].filter(({ lifecycleState }) => lifecycleState === 'InService').length;
      [most, fewest] = [Math.max(most, serving), Math.min(fewest, serving)];
    }
    expect([most, fewest]).toEqual([5, 4]);
    expect(group.launchTemplate.version).toBe(1);
    await at.play(11 * MINUTE_MS);
    expect(refresh()).toMatchObject({ Status: 'Successful', PercentageComplete: 100, InstancesToUpdate: 0 });
    expect([group.launchTemplate.version, images()]).toEqual([2, [NEW, NEW, NEW, NEW]]);
    expect(told()).toEqual(['Started', 'Started Baking', 'Succeeded']);
  });

  it('waits at its checkpoints, tells each, and leaves out those that it passes at once', async () => {
    const { at, start, refresh, told } = account();
    start({ MinHealthyPercentage: 50, CheckpointPercentages: [10, 50, 100], CheckpointDelay: 7200 });
    await at.play(1.5 * HOUR_MS);
    expect(refresh()).toMatchObject({ Status: 'InProgress', PercentageComplete: 50 });
    await at.play(2 * HOUR_MS);
    expect(told()).toEqual(['Started', 'Checkpoint Reached', 'Checkpoint Reached', 'Succeeded']);
    expect(at.events.find(({ detailType }) => detailType.endsWith('Checkpoint Reached'))?.detail).toEqual({
      InstanceRefreshId: refresh()?.InstanceRefreshId,
      AutoScalingGroupName: 'c-g',
      CheckpointPercentage: '50',
      CheckpointDelay: '7200',
    });
  });

  it('ends at its last checkpoint as successful, though that leaves old instances', async () => {
    const { at, start, refresh, images } = account();
    start({ MinHealthyPercentage: 50, CheckpointPercentages: [50], CheckpointDelay: 60 });
    await at.play(HOUR_MS);
    expect([refresh()?.Status, images()]).toEqual(['Successful', [OLD, OLD, NEW, NEW]]);
  });

  it.each([
    [true, 'RollbackSuccessful', ['Started', 'Rollback Started', 'Rollback Succeeded']],
    [false, 'Failed', ['Started', 'Failed']],
  ])(
    'of an AMI that does not come up gives up after an hour (rolled back: %s)',
    async (AutoRollback, status, events) => {
      const { at, group, start, refresh, images, told } = account({ brokenImages: [NEW] });
      start({ ...ONE_BY_ONE, InstanceWarmup: 300, AutoRollback });
      await at.play(3 * HOUR_MS);
      expect(refresh()).toMatchObject({ Status: status, StatusReason: expect.stringContaining('no progress') });
      expect(told()).toEqual(events);
      await at.play(HOUR_MS);
      expect([group.launchTemplate.version, images()]).toEqual([1, [OLD, OLD, OLD, OLD]]);
    },
  );

  it('is rolled back as long as it is active, and then no more', async () => {
    const { at, group, call, start, refresh, images } = account();
    start({ ...ONE_BY_ONE, InstanceWarmup: 300 });
    await at.play(20 * MINUTE_MS);
    expect(images()).toContain(NEW);
    call('RollbackInstanceRefresh');
    await at.play(HOUR_MS);
    expect(refresh()).toMatchObject({
      Status: 'RollbackSuccessful',
      PercentageComplete: 0,
      RollbackDetails: { PercentageCompleteOnRollback: expect.any(Number) },
    });
    expect([group.launchTemplate.version, images()]).toEqual([1, [OLD, OLD, OLD, OLD]]);
    expect(refusal(() => call('RollbackInstanceRefresh')).code).toBe('ActiveInstanceRefreshNotFound');
  });

  it('is cancelled, and leaves what it has replaced', async () => {
    const { at, call, start, refresh, images } = account();
    start({ ...ONE_BY_ONE, InstanceWarmup: 300 });
    await at.play(20 * MINUTE_MS);
    call('CancelInstanceRefresh');
    expect(refusal(() => call('CancelInstanceRefresh')).code).toBe('ActiveInstanceRefreshNotFound');
    await at.play(10 * MINUTE_MS);
    expect(refresh()?.Status).toBe('Cancelled');
    expect(new Set(images())).toEqual(new Set([OLD, NEW]));
    expect(refusal(() => call('CancelInstanceRefresh')).code).toBe('ActiveInstanceRefreshNotFound');
  });

  it.each([
    ['Ignore', 'Successful', [OLD, NEW, NEW, NEW, NEW]],
    ['Terminate', 'Successful', [NEW, NEW, NEW, NEW]],
    ['Wait', 'Failed', [OLD, OLD, OLD, OLD, OLD]],
  ])('with StandbyInstances %s is %s where one stands by', async (StandbyInstances, status, expected) => {
    const { at, call, group, start, refresh, images } = account();
    const [first = ''] = group.members.keys();
    call('EnterStandby', { InstanceIds: [first], ShouldDecrementDesiredCapacity: false });
    await at.play(15 * MINUTE_MS);
    start({ ...ONE_BY_ONE, StandbyInstances: StandbyInstances as 'Wait' });
    await at.play(3 * HOUR_MS);
    expect([refresh()?.Status, images()]).toEqual([status, expected]);
  });

  it.each([
    ['Ignore', 'Successful', OLD],
    ['Refresh', 'Successful', NEW],
    ['Wait', 'Failed', OLD],
  ])('with ScaleInProtectedInstances %s is %s where all are protected', async (scaleIn, status, image) => {
    const { at, start, refresh, images } = account({ protectsInstances: true });
    start({ ...ONE_BY_ONE, ScaleInProtectedInstances: scaleIn as 'Wait' });
    await at.play(2 * HOUR_MS);
    expect([refresh()?.Status, new Set(images())]).toEqual([status, new Set([image])]);
  });

  it.each(['Launch', 'Terminate', 'InstanceRefresh'])('replaces nothing while %s is suspended', async (process) => {
    const { at, start, refresh, images } = account({ suspendedProcesses: [process] });
    start(ONE_BY_ONE);
    await at.play(2 * HOUR_MS);
    expect([refresh()?.Status, new Set(images().filter((each) => each === OLD))]).toEqual(['Failed', new Set([OLD])]);
  });
});

describe('StartInstanceRefresh', () => {
  const rollback = { AutoRollback: true };
  it.each<[object, RefreshPreferences, object | undefined, string]>([
    [{}, { MinHealthyPercentage: 101 }, undefined, 'ValidationError'],
    [{}, { MaxHealthyPercentage: 110 }, undefined, 'ValidationError'],
    [{}, { MinHealthyPercentage: 50, MaxHealthyPercentage: 160 }, undefined, 'ValidationError'],
    [{}, { CheckpointDelay: 60 }, undefined, 'ValidationError'],
    [{}, { CheckpointPercentages: [50, 20] }, undefined, 'ValidationError'],
    [{}, { BakeTime: 172_801 }, undefined, 'ValidationError'],
    [{}, rollback, {}, 'ValidationError'],
    [{ launchesFrom: '$Latest' }, rollback, undefined, 'ValidationError'],
    [{ launchesFrom: '$Default' }, rollback, undefined, 'ValidationError'],
    [{ launchesFrom: 'instance-requirements' }, {}, undefined, 'ValidationError'],
    [{ launchesFrom: 'mixed-instances' }, {}, undefined, 'NotImplementedBySandbox'],
    [{}, { SkipMatching: true }, undefined, 'NotImplementedBySandbox'],
  ])('of a group with %o and preferences %o is refused', (file, preferences, input, code) => {
    const { start } = account(file);
    expect(refusal(() => start(preferences, input)).code).toBe(code);
  });

  it('is refused while another one is active, for a version that is not there, and for an unknown group', () => {
    const { call, desired, start } = account();
    expect(refusal(() => start({}, desired('3'))).code).toBe('ValidationError');
    start();
    expect(refusal(() => start()).code).toBe('InstanceRefreshInProgress');
    expect(refusal(() => call('StartInstanceRefresh', { AutoScalingGroupName: 'none' })).code).toBe('ValidationError');
  });

  it('without a desired configuration launches what the group has, and cannot be rolled back', async () => {
    const { at, call, group, start, refresh } = account();
    const before = [...group.members.keys()];
    start(ONE_BY_ONE, {});
    await at.play(MINUTE_MS);
    expect(refusal(() => call('RollbackInstanceRefresh')).code).toBe('IrreversibleInstanceRefresh');
    await at.play(2 * HOUR_MS);
    expect(refresh()?.Status).toBe('Successful');
    expect([...group.members.keys()].filter((id) => before.includes(id))).toEqual([]);
  });
});
