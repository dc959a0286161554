import {
  AutoScalingClient,
  type AutoScalingInstanceDetails,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeScalingActivitiesCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  paginateDescribeAutoScalingInstances,
} from '@aws-sdk/client-auto-scaling';
import { describe, expect, it } from 'vitest';
import { clientConfigOf } from '../../fleet/client-config.fixture.ts';
import { MINUTE_MS, testAccount } from '../../fleet/test-account.ts';

const RELEASE = '1.33.4-20260701';
const SECOND_MS = 1000;

/** An Auto Scaling group of three: of a managed node group (`managed`), or a self-managed one. */
function account(kind: 'managed' | 'self-managed', sizes: object = {}) {
  const at = testAccount({
    clusters: [
      {
        name: 'c',
        version: '1.33',
        ...(kind === 'managed'
          ? { nodeGroups: [{ name: 'g', releaseVersion: RELEASE, desiredSize: 3, maxSize: 4, ...sizes }] }
          : { selfManagedGroups: [{ name: 'g', size: 3, maxSize: 4, imageId: 'ami-0badcafe0badcafe0', ...sizes }] }),
      },
    ],
  });
  const { clientConfig, records } = clientConfigOf(at);
  const client = new AutoScalingClient(clientConfig);
  const group = at.state.autoScalingGroups.list()[0]!;
  const first = [...group.members.keys()][0]!;
  const named = { AutoScalingGroupName: group.name };
  return {
    at,
    records,
    group,
    client,
    first,
    enter: (decrement: boolean, ...InstanceIds: string[]) =>
      client.send(new EnterStandbyCommand({ ...named, InstanceIds, ShouldDecrementDesiredCapacity: decrement })),
    exit: (...InstanceIds: string[]) => client.send(new ExitStandbyCommand({ ...named, InstanceIds })),
    states: () => [...group.members.values()].map(({ lifecycleState }) => lifecycleState),
    state: async (id: string) => {
      const found = await client.send(new DescribeAutoScalingInstancesCommand({ InstanceIds: [id] }));
      return found.AutoScalingInstances?.[0]?.LifecycleState;
    },
  };
}

const refused = (message: string | RegExp) => ({ name: 'ValidationError', message: expect.stringMatching(message) });

it('an instance that was stopped in standby stays there, and is terminated once it is back in service', async () => {
  const { at, group, first, enter, exit, states } = account('self-managed');
  await enter(true, first);
  await at.play(MINUTE_MS);
  at.state.instances.stop(group.members.get(first)!.instance, SECOND_MS, () => undefined);
  await at.play(30 * MINUTE_MS);
  expect(states()).toContain('Standby');
  await exit(first);
  await at.play(5 * MINUTE_MS);
  expect(group.members.has(first)).toBe(false);
});

describe('what has happened in a group', () => {
  it('is told, the latest first, until it has ended and six weeks after', async () => {
    const { at, client, group, first, enter } = account('managed');
    const activities = async (input: object = {}) =>
      (await client.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName: group.name, ...input })))
        .Activities ?? [];
    await enter(false, first);
    expect(await activities()).toMatchObject([
      { Description: `Moving EC2 instance to Standby: ${first}`, StatusCode: 'InProgress' },
    ]);
    await at.play(10 * MINUTE_MS);
    const told = await activities();
    expect(told.map(({ StatusCode, Progress }) => [StatusCode, Progress])).toEqual([
      ['Successful', 100],
      ['Successful', 100],
    ]);
    expect(told.map(({ Description = '' }) => Description.split(':')[0])).toEqual([
      'Launching a new EC2 instance',
      'Moving EC2 instance to Standby',
    ]);
    expect(await activities({ ActivityIds: [told[1]?.ActivityId] })).toHaveLength(1);
    expect(await activities({ AutoScalingGroupName: 'another' })).toEqual([]);
    await at.play(42 * 24 * 60 * MINUTE_MS);
    expect(await activities()).toEqual([]);
  });
});

describe.each(['managed', 'self-managed'] as const)('standby in a %s group', (kind) => {
  it('brings a replacement that becomes a node, and gives the instance back beside it', async () => {
    const { at, group, first, enter, exit, state, states } = account(kind);
    const { Activities } = await enter(false, first);
    expect(Activities).toMatchObject([
      {
        AutoScalingGroupName: group.name,
        Description: `Moving EC2 instance to Standby: ${first}`,
        Cause: `At 2026-07-14T12:00:00Z instance ${first} was moved to standby in response to a user request.`,
        StatusCode: 'InProgress',
      },
    ]);
    expect(await state(first)).toBe('EnteringStandby');
    await at.play(MINUTE_MS);
    expect(await state(first)).toBe('Standby');
    expect(group.desired).toBe(3);
    await at.play(9 * MINUTE_MS);
    expect(states().sort()).toEqual(['InService', 'InService', 'InService', 'Standby']);
    const newest = at.state.instances.list().at(-1)!;
    expect(newest).toMatchObject({ state: 'running', node: 'Ready' });
    expect(newest.tags.get('aws:autoscaling:groupName')).toBe(group.name);
    expect(at.events.filter(({ detailType }) => detailType === 'EC2 Instance Launch Successful')).toMatchObject([
      { source: 'aws.autoscaling', detail: { EC2InstanceId: newest.id, AutoScalingGroupName: group.name } },
    ]);

    const back = await exit(first);
    expect(back.Activities?.[0]?.Cause).toContain('out of standby in response to a user request, increasing the');
    expect(await state(first)).toBe('Pending');
    await at.play(MINUTE_MS);
    expect(states()).toEqual(Array(4).fill('InService'));
    expect(group.desired).toBe(4);
  });

  it('puts the replacement where the fewest are', async () => {
    const { at, first, enter } = account(kind);
    await enter(false, first);
    await at.play(MINUTE_MS);
    const zones = at.state.instances.list().map(({ availabilityZone }) => availabilityZone);
    expect(zones[3]).toBe(zones[0]);
  });

  it('goes without a replacement when the capacity is decremented', async () => {
    const { at, group, first, enter, states } = account(kind);
    const { Activities } = await enter(true, first);
    expect(Activities?.[0]?.Cause).toMatch(/, shrinking the capacity from 3 to 2\.$/);
    await at.play(20 * MINUTE_MS);
    expect(states()).toEqual(['Standby', 'InService', 'InService']);
    expect(group.desired).toBe(2);
  });

  it('forgets an instance that is terminated in standby', async () => {
    const { at, first, enter, states, state } = account(kind);
    await enter(true, first);
    await at.play(MINUTE_MS);
    at.state.instances.terminate(at.state.instances.get(first)!, 20 * SECOND_MS, () => {});
    await at.play(20 * MINUTE_MS);
    expect(await state(first)).toBeUndefined();
    expect(states()).toEqual(['InService', 'InService']);
  });

  it('replaces an instance in service that somebody else has terminated, once its health check fails', async () => {
    const { at, group, first, states } = account(kind);
    at.state.instances.terminate(at.state.instances.get(first)!, 20 * SECOND_MS, () => {});
    await at.play(40 * SECOND_MS);
    expect(group.members.has(first)).toBe(true);
    await at.play(10 * MINUTE_MS);
    expect(group.members.has(first)).toBe(false);
    expect(states()).toEqual(Array(3).fill('InService'));
    const told = at.events.filter(({ source }) => source === 'aws.autoscaling');
    expect(told.map(({ detailType }) => detailType)).toEqual([
      'EC2 Instance Terminate Successful',
      'EC2 Instance Launch Successful',
    ]);
    expect(told[0]?.detail).toMatchObject({ Cause: expect.stringContaining('EC2 health check') });
  });
});

describe('standby is refused', () => {
  it.each([
    [
      'an instance of another group',
      'i-0123456789abcdef0',
      /^The instance i-0123456789abcdef0 is not part of Auto Scal/,
    ],
    ['nothing', undefined, /^At least one/],
  ])('for %s', async (_name, id, message) => {
    const { enter, exit } = account('managed');
    const ids = id === undefined ? [] : [id];
    await expect(enter(false, ...ids)).rejects.toMatchObject(refused(message));
    await expect(exit(...ids)).rejects.toMatchObject(refused(message));
  });

  it('for a group that is not there', async () => {
    const { client, first } = account('managed');
    const input = { AutoScalingGroupName: 'none', InstanceIds: [first] };
    await expect(client.send(new ExitStandbyCommand(input))).rejects.toMatchObject(refused("'none' not found"));
  });

  it('in the wrong state', async () => {
    const { at, first, enter, exit } = account('managed');
    await expect(exit(first)).rejects.toMatchObject(refused(`^The instance ${first} is not in Standby.$`));
    await enter(false, first);
    await expect(enter(false, first)).rejects.toMatchObject(refused(`^The instance ${first} is not in InService.$`));
    await expect(exit(first)).rejects.toMatchObject(refused(`^The instance ${first} is not in Standby.$`));
    await at.play(MINUTE_MS);
    await exit(first);
    await expect(exit(first)).rejects.toMatchObject(refused(`^The instance ${first} is not in Standby.$`));
  });

  it('all or nothing', async () => {
    const { first, enter, states } = account('managed');
    await expect(enter(false, first, 'i-0123456789abcdef0')).rejects.toMatchObject(refused('not part of'));
    expect(states()).toEqual(Array(3).fill('InService'));
  });

  it('below the least and above the greatest size', async () => {
    const { at, group, first, enter, exit } = account('managed', { minSize: 3, maxSize: 3 });
    await expect(enter(true, first)).rejects.toMatchObject(
      refused(
        `^AutoScalingGroup ${group.name} has min-size=3, max-size=3, and desired-size=3. To place into standby 1 instance, please update the AutoScalingGroup sizes appropriately.$`,
      ),
    );
    await enter(false, first);
    await at.play(MINUTE_MS);
    await expect(exit(first)).rejects.toMatchObject(
      refused('max-size=3, and desired-size=3. To move out of standby 1'),
    );
  });
});

it('asks IAM for the group by its ARN and its tags', async () => {
  const { records, group, first, enter } = account('managed');
  await enter(false, first);
  expect(records[0]).toMatchObject({
    operation: 'EnterStandby',
    permissions: [
      {
        action: 'autoscaling:EnterStandby',
        resource: group.arn,
        context: { 'aws:ResourceTag/eks:cluster-name': 'c', 'autoscaling:ResourceTag/eks:nodegroup-name': 'g' },
      },
    ],
  });
});

describe('DescribeAutoScalingInstances', () => {
  it('pages through all members by 50, each with its group', async () => {
    const { client, group } = account('managed', { desiredSize: 120, maxSize: 120 });
    const sizes: number[] = [];
    const seen: AutoScalingInstanceDetails[] = [];
    for await (const page of paginateDescribeAutoScalingInstances({ client }, {})) {
      sizes.push(page.AutoScalingInstances?.length ?? 0);
      seen.push(...(page.AutoScalingInstances ?? []));
    }
    expect(sizes).toEqual([50, 50, 20]);
    expect(new Set(seen.map(({ InstanceId }) => InstanceId))).toEqual(new Set(group.members.keys()));
    expect(seen[0]).toMatchObject({ AutoScalingGroupName: group.name, HealthStatus: 'HEALTHY' });
  });

  it('leaves out what no group has', async () => {
    const { client, first } = account('managed');
    const InstanceIds = ['i-0123456789abcdef0', first];
    const { AutoScalingInstances } = await client.send(new DescribeAutoScalingInstancesCommand({ InstanceIds }));
    expect(AutoScalingInstances).toMatchObject([{ InstanceId: first, LifecycleState: 'InService' }]);
  });

  it.each([
    [{ InstanceIds: Array(51).fill('i-0123456789abcdef0') }, 'ValidationError'],
    [{ MaxRecords: 51 }, 'ValidationError'],
    [{ NextToken: 'x' }, 'InvalidNextToken'],
  ])('refuses %o', async (input, name) => {
    const { client } = account('managed');
    await expect(client.send(new DescribeAutoScalingInstancesCommand(input))).rejects.toMatchObject({ name });
  });

  it('and DescribeAutoScalingGroups agree', async () => {
    const { client, first, enter } = account('managed');
    await enter(true, first);
    const { AutoScalingGroups } = await client.send(new DescribeAutoScalingGroupsCommand({}));
    expect(AutoScalingGroups).toMatchObject([
      { DesiredCapacity: 2, MaxSize: 4, Instances: [{ InstanceId: first, LifecycleState: 'EnteringStandby' }, {}, {}] },
    ]);
  });
});
