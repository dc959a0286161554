import type { DescribeLifecycleHooksAnswer } from '@aws-sdk/client-auto-scaling';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, refusal, testAccount } from '../../fleet/test-account.ts';

const HOOK = { name: 'drain', heartbeatTimeout: 600, defaultResult: 'ABANDON', drains: false };
const RETAIN = { InstanceLifecyclePolicy: { RetentionTriggers: { TerminateHookAbandon: 'retain' } } };

/** A group of two, one of which is being terminated and waits for the hooks of the group. */
function account(hooks: object[] = [HOOK], file: object = {}) {
  const own = { name: 'g', size: 2, maxSize: 4, imageId: 'ami-0aaaaaaaaaaaaaaaa', terminationHooks: hooks, ...file };
  const at = testAccount({ clusters: [{ name: 'c', version: '1.33', selfManagedGroups: [own] }] });
  const group = at.state.autoScalingGroups.list()[0]!;
  const [id = ''] = group.members.keys();
  const named = { AutoScalingGroupName: group.name };
  const call = <Output>(operation: string, input: object = {}) => at.call<Output>('autoscaling', operation, input);
  const told = () => at.events.filter(({ detailType }) => detailType === 'EC2 Instance-terminate Lifecycle Action');
  return {
    at,
    group,
    id,
    call,
    told,
    state: () => group.members.get(id)?.lifecycleState,
    put: (input: object = {}) =>
      call('PutLifecycleHook', {
        ...named,
        LifecycleHookName: 'mine',
        LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
        ...input,
      }),
    hooks: () => call<DescribeLifecycleHooksAnswer>('DescribeLifecycleHooks', named).LifecycleHooks,
    update: (input: object) => call('UpdateAutoScalingGroup', { ...named, ...input }),
    terminate: () =>
      call('TerminateInstanceInAutoScalingGroup', { InstanceId: id, ShouldDecrementDesiredCapacity: false }),
    complete: (LifecycleActionResult: string, how: object = { InstanceId: id }, LifecycleHookName = 'drain') =>
      call('CompleteLifecycleAction', { ...named, LifecycleHookName, LifecycleActionResult, ...how }),
    heartbeat: () => call('RecordLifecycleActionHeartbeat', { ...named, LifecycleHookName: 'drain', InstanceId: id }),
    named,
  };
}

describe('a termination in a group with a hook', () => {
  it('waits, tells of it, and goes on once it is completed, by the token too', async () => {
    const { at, state, told, terminate, complete } = account();
    terminate();
    expect(state()).toBe('Terminating:Wait');
    expect(told()[0]?.detail).toMatchObject({
      LifecycleHookName: 'drain',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      Origin: 'AutoScalingGroup',
      Destination: 'EC2',
    });
    const { LifecycleActionToken } = told()[0]!.detail as { LifecycleActionToken: string };
    complete('CONTINUE', { LifecycleActionToken });
    expect(state()).toBe('Terminating:Proceed');
    await at.play(5 * MINUTE_MS);
    expect(state()).toBeUndefined();
    expect(refusal(() => complete('CONTINUE'))).toMatchObject({
      code: 'ValidationError',
      message: expect.stringContaining('No active Lifecycle Action found'),
    });
  });

  it('waits for the heartbeat timeout; a heartbeat gives it once more, and the global timeout ends it', async () => {
    const { at, state, terminate, heartbeat } = account([{ ...HOOK, heartbeatTimeout: 60 }]);
    terminate();
    await at.play(50_000);
    for (let beats = 0; beats < 200 && state() === 'Terminating:Wait'; beats += 1) {
      heartbeat();
      await at.play(50_000);
    }
    // A hundred heartbeats, a minute apart, kept it waiting.
    expect(at.state.world.time.now - Date.parse('2026-07-14T12:00:00Z')).toBeGreaterThan(99 * MINUTE_MS);
    expect(at.state.world.time.now - Date.parse('2026-07-14T12:00:00Z')).toBeLessThan(103 * MINUTE_MS);
    const quick = account([{ ...HOOK, heartbeatTimeout: 60 }]);
    quick.terminate();
    await quick.at.play(61_000);
    expect(quick.state()).toBe('Terminating:Proceed');
  });

  it('waits for every hook; one that is abandoned stops the others', async () => {
    const both = [HOOK, { ...HOOK, name: 'logs' }];
    const waiting = account(both);
    waiting.terminate();
    waiting.complete('CONTINUE');
    expect(waiting.state()).toBe('Terminating:Wait');
    waiting.complete('CONTINUE', undefined, 'logs');
    expect(waiting.state()).toBe('Terminating:Proceed');
    const abandoned = account(both);
    abandoned.terminate();
    abandoned.complete('ABANDON');
    expect(abandoned.state()).toBe('Terminating:Proceed');
  });

  it.each([
    ['a call', 'ABANDON' as const, true],
    ['the timeout of a hook with ABANDON', undefined, true],
    ['CONTINUE', 'CONTINUE' as const, false],
  ])('retains the instance after %s where the group says so', async (_what, result, retained) => {
    const { at, group, state, terminate, complete, update } = account();
    update(RETAIN);
    terminate();
    if (result !== undefined) complete(result);
    await at.play(20 * MINUTE_MS);
    expect(state()).toBe(retained ? 'Terminating:Retained' : undefined);
    // A retained instance is replaced, and costs as much as its successor.
    expect(group.members.size).toBe(retained ? 3 : 2);
    if (!retained) return;
    terminate();
    await at.play(5 * MINUTE_MS);
    expect([state(), group.members.size]).toEqual([undefined, 2]);
  });

  it('does not retain after the timeout of a hook with CONTINUE', async () => {
    const { at, state, terminate, update } = account([{ ...HOOK, defaultResult: 'CONTINUE' }]);
    update(RETAIN);
    terminate();
    await at.play(20 * MINUTE_MS);
    expect(state()).toBeUndefined();
  });

  it('goes on when the hook is deleted, and ends when somebody terminates the instance', async () => {
    const deleted = account();
    deleted.terminate();
    deleted.call('DeleteLifecycleHook', { ...deleted.named, LifecycleHookName: 'drain' });
    await deleted.at.play(5 * MINUTE_MS);
    expect(deleted.state()).toBeUndefined();
    const killed = account();
    killed.terminate();
    killed.at.call('ec2', 'TerminateInstances', { InstanceIds: [killed.id] });
    await killed.at.play(5 * MINUTE_MS);
    expect(killed.state()).toBeUndefined();
    expect(refusal(() => killed.complete('CONTINUE')).code).toBe('ValidationError');
  });

  it('is waited for by an instance refresh, which ignores what is retained', async () => {
    const { at, group, call, update, named } = account();
    update(RETAIN);
    call('StartInstanceRefresh', { ...named, Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 110 } });
    await at.play(2 * HOUR_MS);
    const states = [...group.members.values()].map(({ lifecycleState }) => lifecycleState).sort();
    expect(states).toEqual(['InService', 'InService', 'Terminating:Retained', 'Terminating:Retained']);
  });
});

describe('a lifecycle hook', () => {
  it('is put with the defaults of AWS, and keeps what a later call leaves out', () => {
    const { put, hooks } = account([]);
    put();
    expect(hooks()).toMatchObject([{ HeartbeatTimeout: 3600, GlobalTimeout: 172_800, DefaultResult: 'ABANDON' }]);
    put({ HeartbeatTimeout: 30 });
    put({ LifecycleTransition: undefined, NotificationMetadata: 'x' });
    expect(hooks()).toMatchObject([{ HeartbeatTimeout: 30, GlobalTimeout: 3000, NotificationMetadata: 'x' }]);
  });

  it.each([
    [{ HeartbeatTimeout: 29 }, 'ValidationError'],
    [{ HeartbeatTimeout: 7201 }, 'ValidationError'],
    [{ DefaultResult: 'RETAIN' }, 'ValidationError'],
    [{ LifecycleTransition: undefined }, 'ValidationError'],
    [{ LifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING' }, 'NotImplementedBySandbox'],
    [{ AutoScalingGroupName: 'none' }, 'ValidationError'],
  ])('with %o is refused', (input, code) => {
    expect(refusal(() => account([]).put(input)).code).toBe(code);
  });

  it('is one of fifty at most, and is needed for retention', () => {
    const { put, update, call, named } = account([]);
    expect(refusal(() => update(RETAIN)).code).toBe('ValidationError');
    for (let n = 0; n < 50; n += 1) put({ LifecycleHookName: `h-${n}` });
    expect(refusal(() => put({ LifecycleHookName: 'one-more' })).code).toBe('LimitExceeded');
    update(RETAIN);
    expect(refusal(() => call('DeleteLifecycleHook', { ...named, LifecycleHookName: 'none' })).code).toBe(
      'ValidationError',
    );
  });
});

describe('UpdateAutoScalingGroup', () => {
  it('pins a group to the number of its version, which replaces nothing, but for while a refresh is active', async () => {
    const { at, group, update, call, named } = account([], { launchesFrom: '$Latest' });
    const before = [...group.members.keys()];
    const { id } = group.launchTemplate;
    update({ LaunchTemplate: { LaunchTemplateId: id, Version: '1' } });
    await at.play(HOUR_MS);
    expect([group.launchesFrom, [...group.members.keys()]]).toEqual([undefined, before]);
    expect(refusal(() => update({ LaunchTemplate: { LaunchTemplateId: id, Version: '9' } })).code).toBe(
      'ValidationError',
    );
    call('StartInstanceRefresh', {
      ...named,
      DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: id, Version: '1' } },
    });
    expect(refusal(() => update({ LaunchTemplate: { LaunchTemplateId: id, Version: '1' } })).message).toMatch(
      /^An active instance refresh/,
    );
  });

  it('refuses an unknown instance to be terminated, and a decrement below the least size', () => {
    const { call, group, id } = account([]);
    const terminate = (InstanceId: string) =>
      call('TerminateInstanceInAutoScalingGroup', { InstanceId, ShouldDecrementDesiredCapacity: true });
    expect(refusal(() => terminate('i-0123456789abcdef0')).code).toBe('ValidationError');
    group.min = 2;
    expect(refusal(() => terminate(id)).code).toBe('ValidationError');
  });
});
