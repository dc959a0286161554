import { AutoScalingClient, EnterStandbyCommand, ExitStandbyCommand } from '@aws-sdk/client-auto-scaling';
import {
  DeregisterTargetsCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  paginateDescribeTargetGroups,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, it } from 'vitest';
import { clientConfigOf } from '../../fleet/client-config.fixture.ts';
import { MINUTE_MS, testAccount } from '../../fleet/test-account.ts';

const RELEASE = '1.33.4-20260701';
const SECOND_MS = 1000;
const group = { releaseVersion: RELEASE, desiredSize: 2, maxSize: 4 };
const fleet = {
  clusters: [
    {
      name: 'c',
      version: '1.33',
      nodeGroups: [
        {
          ...group,
          name: 'g',
          targetGroups: [
            { name: 'attached', port: 30_080, attached: true },
            { name: 'shared', port: 30_443 },
            { name: 'addresses', port: 8080, type: 'ip' },
          ],
        },
      ],
      selfManagedGroups: [
        {
          name: 's',
          size: 1,
          imageId: 'ami-0badcafe0badcafe0',
          targetGroups: [{ name: 'shared', port: 30_443 }],
        },
      ],
    },
    { name: 'd', version: '1.33', nodeGroups: [{ ...group, name: 'h' }] },
  ],
};

function account(more: object = fleet) {
  const at = testAccount(more);
  const { clientConfig, records } = clientConfigOf(at);
  const client = new ElasticLoadBalancingV2Client(clientConfig);
  const arnOf = (name: string) => at.state.targetGroups.list().find((one) => one.name === name)!.arn;
  const members = [...at.state.autoScalingGroups.list()[0]!.members.values()].map(({ instance }) => instance);
  return {
    at,
    records,
    client,
    arnOf,
    autoScaling: new AutoScalingClient(clientConfig),
    asg: at.state.autoScalingGroups.list()[0]!,
    first: members[0]!,
    second: members[1]!,
    elsewhere: at.state.instances.list().find(({ kubernetes }) => kubernetes?.clusterName === 'd'),
    register: (name: string, ...Targets: Array<{ Id: string; Port?: number }>) =>
      client.send(new RegisterTargetsCommand({ TargetGroupArn: arnOf(name), Targets })),
    deregister: (name: string, ...Targets: Array<{ Id: string; Port?: number }>) =>
      client.send(new DeregisterTargetsCommand({ TargetGroupArn: arnOf(name), Targets })),
    health: async (name: string, ...ids: string[]) => {
      const input = { TargetGroupArn: arnOf(name), ...(ids.length > 0 && { Targets: ids.map((Id) => ({ Id })) }) };
      const { TargetHealthDescriptions = [] } = await client.send(new DescribeTargetHealthCommand(input));
      return TargetHealthDescriptions.map(
        ({ Target, TargetHealth: { State, Reason } = {} }) =>
          `${Target?.Id}:${Target?.Port} ${State}${Reason === undefined ? '' : ` ${Reason}`}`,
      );
    },
  };
}

describe('DescribeTargetGroups', () => {
  it('finds them by name, by ARN and by load balancer', async () => {
    const { client, arnOf, first } = account();
    const names = async (input: object) => {
      const { TargetGroups = [] } = await client.send(new DescribeTargetGroupsCommand(input));
      return TargetGroups.map(({ TargetGroupName }) => TargetGroupName);
    };
    expect(await names({})).toEqual(['addresses', 'attached', 'shared']);
    expect(await names({ Names: ['shared'] })).toEqual(['shared']);
    expect(await names({ TargetGroupArns: [arnOf('attached')] })).toEqual(['attached']);
    const { TargetGroups } = await client.send(new DescribeTargetGroupsCommand({ Names: ['addresses'] }));
    expect(TargetGroups).toMatchObject([{ TargetType: 'ip', Port: 8080, VpcId: first.vpcId, Protocol: 'TCP' }]);
    expect(await names({ LoadBalancerArn: TargetGroups?.[0]?.LoadBalancerArns?.[0] })).toEqual(['addresses']);
  });

  it('pages', async () => {
    const { client } = account();
    const sizes: Array<number | undefined> = [];
    for await (const page of paginateDescribeTargetGroups({ client }, { PageSize: 2 })) {
      sizes.push(page.TargetGroups?.length);
    }
    expect(sizes).toEqual([2, 1]);
  });

  it.each([
    [{ Names: ['shared', 'none'] }, 'TargetGroupNotFoundException'],
    [{ LoadBalancerArn: 'arn:aws:elasticloadbalancing:x' }, 'LoadBalancerNotFoundException'],
    [{ Names: ['shared'], TargetGroupArns: ['x'] }, 'ValidationError'],
    [{ PageSize: 401 }, 'ValidationError'],
    [{ Marker: 'x' }, 'ValidationError'],
  ])('refuses %o', async (input, name) => {
    await expect(account().client.send(new DescribeTargetGroupsCommand(input))).rejects.toMatchObject({ name });
  });
});

describe('targets', () => {
  it('are the nodes of the groups that the fleet file says, healthy from the start', async () => {
    const { at, health, first, second } = account();
    const selfManaged = at.state.instances.list().find(({ tags }) => tags.get('aws:autoscaling:groupName') === 'c-s')!;
    expect(await health('attached')).toEqual([`${first.id}:30080 healthy`, `${second.id}:30080 healthy`]);
    expect(await health('addresses')).toEqual([`${first.privateIp}:8080 healthy`, `${second.privateIp}:8080 healthy`]);
    expect(await health('shared')).toEqual([first, second, selfManaged].map(({ id }) => `${id}:30443 healthy`));
  });

  it('drain for five minutes and are gone', async () => {
    const { at, health, deregister, first, second } = account();
    await deregister('shared', { Id: first.id });
    expect(await health('shared', first.id)).toEqual([`${first.id}:30443 draining Target.DeregistrationInProgress`]);
    await at.play(5 * MINUTE_MS - SECOND_MS);
    await deregister('shared', { Id: first.id });
    expect(await health('shared')).toHaveLength(3);
    await at.play(SECOND_MS);
    expect(await health('shared')).toHaveLength(2);
    expect(await health('shared', first.id, second.id)).toEqual([
      `${first.id}:30443 unused Target.NotRegistered`,
      `${second.id}:30443 healthy`,
    ]);
  });

  it.each([
    ['while they drain', MINUTE_MS],
    ['when they are gone', 6 * MINUTE_MS],
  ])('can be registered again %s, and stay', async (_name, ms) => {
    const { at, health, deregister, register, first } = account();
    await deregister('addresses', { Id: first.privateIp });
    await at.play(ms);
    await register('addresses', { Id: first.privateIp });
    expect(await health('addresses', first.privateIp)).toEqual([
      `${first.privateIp}:8080 initial Elb.InitialHealthChecking`,
    ]);
    await at.play(30 * SECOND_MS);
    expect(await health('addresses', first.privateIp)).toEqual([`${first.privateIp}:8080 healthy`]);
    await at.play(10 * MINUTE_MS);
    expect(await health('addresses')).toHaveLength(2);
  });

  it('are told apart by their port', async () => {
    const { health, register, deregister, first } = account();
    await register('attached', { Id: first.id, Port: 9 });
    await deregister('attached', { Id: first.id });
    expect((await health('attached')).sort()).toEqual(
      expect.arrayContaining([
        `${first.id}:30080 draining Target.DeregistrationInProgress`,
        `${first.id}:9 initial Elb.InitialHealthChecking`,
      ]),
    );
  });

  it('that are not registered, or nothing at all, deregister without an error', async () => {
    const { health, deregister } = account();
    await deregister('shared', { Id: 'i-0123456789abcdef0' });
    expect(await health('shared')).toHaveLength(3);
  });

  it('are no instances that do not exist, do not run, or are in another VPC', async () => {
    const { at, register, health, elsewhere, first } = account();
    const invalid = (message: string) => ({
      name: 'InvalidTargetException',
      message: expect.stringContaining(message),
    });
    const nobody = 'i-0123456789abcdef0';
    await expect(register('shared', { Id: nobody })).rejects.toMatchObject(
      invalid(`The following instances do not exist: '${nobody}'`),
    );
    await expect(health('shared', nobody)).rejects.toMatchObject(invalid('do not exist'));
    await expect(register('shared', { Id: elsewhere!.id })).rejects.toMatchObject(
      invalid(`not in the target group VPC '${first.vpcId}': '${elsewhere!.id}'`),
    );
    at.state.instances.terminate(first, SECOND_MS, () => {});
    await expect(register('shared', { Id: first.id })).rejects.toMatchObject(
      invalid(`not in a running state and cannot be registered: '${first.id}'`),
    );
    await at.play(MINUTE_MS);
    expect(await health('shared')).toHaveLength(2);
  });

  it('belong to target groups that exist', async () => {
    const { client, arnOf } = account();
    const health = (TargetGroupArn: string) => client.send(new DescribeTargetHealthCommand({ TargetGroupArn }));
    await expect(health('x')).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(health(arnOf('shared').replace(/\w+$/, '0123456789abcdef'))).rejects.toMatchObject({
      name: 'TargetGroupNotFoundException',
    });
  });

  it('ask IAM for the target group by its ARN, and for every one when they are described', async () => {
    const { records, register, deregister, health, arnOf, first } = account();
    await register('shared', { Id: first.id });
    await deregister('shared', { Id: first.id });
    await health('shared');
    expect(records.flatMap(({ permissions }) => permissions)).toEqual([
      { action: 'elasticloadbalancing:RegisterTargets', resource: arnOf('shared') },
      { action: 'elasticloadbalancing:DeregisterTargets', resource: arnOf('shared') },
      { action: 'elasticloadbalancing:DescribeTargetHealth', resource: '*' },
    ]);
  });
});

describe('targets of an Auto Scaling group', () => {
  it('drain before the instance stands by, and come back with it; its replacement joins', async () => {
    const { at, health, autoScaling, asg, first, second } = account();
    const named = { AutoScalingGroupName: asg.name, InstanceIds: [first.id] };
    await autoScaling.send(new EnterStandbyCommand({ ...named, ShouldDecrementDesiredCapacity: false }));
    expect(await health('attached', first.id)).toEqual([`${first.id}:30080 draining Target.DeregistrationInProgress`]);
    // The load balancer controller's target groups do not matter here.
    expect(await health('shared', first.id)).toEqual([`${first.id}:30443 healthy`]);
    await at.play(4 * MINUTE_MS);
    expect(asg.members.get(first.id)?.lifecycleState).toBe('EnteringStandby');
    await at.play(4 * MINUTE_MS);
    expect(asg.members.get(first.id)?.lifecycleState).toBe('Standby');
    const replacement = [...asg.members.values()].at(-1)!.instance;
    for (const [name, port] of [
      ['attached', 30_080],
      ['shared', 30_443],
    ] as const) {
      expect(await health(name, second.id, replacement.id)).toEqual([
        `${second.id}:${port} healthy`,
        `${replacement.id}:${port} healthy`,
      ]);
    }
    expect(await health('addresses', replacement.privateIp)).toEqual([`${replacement.privateIp}:8080 healthy`]);

    await autoScaling.send(new ExitStandbyCommand(named));
    await at.play(MINUTE_MS);
    expect(await health('attached', first.id)).toEqual([`${first.id}:30080 healthy`]);
  });

  it('fail their health checks while they run but are no nodes yet', async () => {
    const { at, health, autoScaling, asg, first } = account({
      clusters: [
        {
          name: 'c',
          version: '1.33',
          nodeGroups: [
            {
              ...group,
              name: 'g',
              targetGroups: [{ name: 'attached', attached: true }],
              updates: { minutesPerNode: 20 },
            },
          ],
        },
      ],
    });
    const input = { AutoScalingGroupName: asg.name, InstanceIds: [first.id] };
    await autoScaling.send(new EnterStandbyCommand({ ...input, ShouldDecrementDesiredCapacity: false }));
    await at.play(5 * MINUTE_MS);
    const replacement = [...asg.members.values()].at(-1)!.instance;
    expect(replacement).toMatchObject({ state: 'running', node: 'Joining' });
    expect(await health('attached', replacement.id)).toEqual([
      `${replacement.id}:80 unhealthy Target.FailedHealthChecks`,
    ]);
  });
});
