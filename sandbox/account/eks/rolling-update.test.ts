import type {
  DescribeNodegroupResponse,
  DescribeUpdateResponse,
  UpdateNodegroupVersionResponse,
} from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, type TestAccount, testAccount } from '../../fleet/test-account.ts';
import { nodesOf } from './nodes.ts';

const OLD = '1.33.4-20260701';
const NEW = '1.33.4-20260714';
const group = { clusterName: 'c', nodegroupName: 'g' };

function account(nodeGroup: object, seed = 1): TestAccount {
  return testAccount(
    {
      releases: [{ at: '-3d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: NEW }],
      clusters: [{ name: 'c', version: '1.33', nodeGroups: [{ name: 'g', releaseVersion: OLD, ...nodeGroup }] }],
    },
    seed,
  );
}

const start = (at: TestAccount, more: object = {}) =>
  at.call<UpdateNodegroupVersionResponse>('eks', 'UpdateNodegroupVersion', {
    ...group,
    version: '1.33',
    releaseVersion: NEW,
    ...more,
  }).update!;
const nodegroup = (at: TestAccount) => at.call<DescribeNodegroupResponse>('eks', 'DescribeNodegroup', group).nodegroup!;
const update = (at: TestAccount, updateId: string | undefined) =>
  at.call<DescribeUpdateResponse>('eks', 'DescribeUpdate', { name: 'c', nodegroupName: 'g', updateId }).update!;
const nodes = (at: TestAccount) => nodesOf(at.state.eks.nodeGroup('c', 'g'));

/** Runs until the group is no longer UPDATING, checking every ten seconds. */
async function watch(at: TestAccount, look: () => void): Promise<number> {
  const began = at.state.world.time.now;
  while (nodegroup(at).status === 'UPDATING') {
    look();
    await at.play(10_000);
    if (at.state.world.time.now - began > 48 * HOUR_MS) throw new Error('the update never ends');
  }
  return at.state.world.time.now - began;
}

describe('a rolling update', () => {
  it.each([
    ['one node at a time by default', {}, 5, 1, 1],
    ['maxUnavailable nodes at a time', { updateConfig: { maxUnavailable: 3 } }, 7, 3, 3],
    ['a share of the nodes', { updateConfig: { maxUnavailablePercentage: 40 } }, 5, 2, 2],
    ['at least one node, however small the share', { updateConfig: { maxUnavailablePercentage: 10 } }, 3, 1, 1],
    ['a batch that is larger than the group', { updateConfig: { maxUnavailable: 50 } }, 3, 50, 3],
    ['without a surge when MINIMAL', { updateConfig: { maxUnavailable: 2, updateStrategy: 'MINIMAL' } }, 5, 2, 0],
  ])('replaces %s', async (_name, config, desiredSize, unavailable, surge) => {
    const at = account({ desiredSize, ...config });
    const before = nodes(at);
    const { id } = start(at);
    let [leastReady, mostNodes, mostDraining] = [desiredSize, 0, 0];
    await watch(at, () => {
      const now = at.state.instances.list().filter(({ state }) => state === 'pending' || state === 'running');
      mostNodes = Math.max(mostNodes, now.length);
      leastReady = Math.min(leastReady, now.filter(({ node }) => node === 'Ready').length);
      mostDraining = Math.max(mostDraining, now.filter(({ node }) => node === 'Draining').length);
      expect(update(at, id).status).toBe('InProgress');
      expect(nodegroup(at)).toMatchObject({ releaseVersion: OLD, scalingConfig: { desiredSize } });
    });
    expect(leastReady).toBeGreaterThanOrEqual(desiredSize - unavailable);
    expect(mostDraining).toBe(Math.min(unavailable, desiredSize));
    expect(mostNodes).toBe(desiredSize + surge);

    expect(update(at, id)).toMatchObject({ status: 'Successful', errors: [] });
    expect(nodegroup(at)).toMatchObject({ status: 'ACTIVE', version: '1.33', releaseVersion: NEW });
    const after = nodes(at);
    const image = at.state.releases.find('1.33', 'AL2023_x86_64_STANDARD', NEW)?.imageId;
    expect(after).toHaveLength(desiredSize);
    expect(
      after.every(({ imageId, node, state }) => imageId === image && node === 'Ready' && state === 'running'),
    ).toBe(true);
    for (const key of ['id', 'privateDnsName'] as const) {
      expect(after.filter((node) => before.some((old) => old[key] === node[key]))).toEqual([]);
    }
    const zones = (list: typeof after) => list.map(({ availabilityZone }) => availabilityZone).sort();
    expect(zones(after)).toEqual(zones(before));
    expect(at.state.eks.nodeGroup('c', 'g').autoScalingGroup).toMatchObject({ desired: desiredSize, max: desiredSize });
  });

  it('takes some minutes for each node', async () => {
    const took = await watch2(account({ desiredSize: 6 }));
    expect(took).toBeGreaterThan(6 * 3 * MINUTE_MS);
    expect(took).toBeLessThan(6 * 6 * MINUTE_MS + 5 * MINUTE_MS);
    const exact = await watch2(account({ desiredSize: 6, updates: { minutesPerNode: 10 } }));
    expect(exact).toBeGreaterThanOrEqual(60 * MINUTE_MS);
    expect(exact).toBeLessThan(64 * MINUTE_MS);
  });

  it('is quick when there is nothing to replace', async () => {
    const at = account({ desiredSize: 3, releaseVersion: NEW });
    const before = nodes(at).map(({ id }) => id);
    start(at);
    expect(await watch(at, () => {})).toBeLessThan(5 * MINUTE_MS);
    expect(nodes(at).map(({ id }) => id)).toEqual(before);
    expect(at.events).toEqual([]);
  });

  it('announces every step of every instance in order, as EC2 and Auto Scaling do', async () => {
    const at = account({ desiredSize: 2 });
    const before = nodes(at);
    start(at);
    await watch(at, () => {});
    await at.play(HOUR_MS);
    const story = (id: string) =>
      at.events
        .filter(({ resources }) => resources.some((arn) => arn.endsWith(`instance/${id}`)))
        .map(({ detailType, detail }) => (detail as { state?: string }).state ?? detailType);
    for (const { id } of before)
      expect(story(id)).toEqual(['shutting-down', 'terminated', 'EC2 Instance Terminate Successful']);
    for (const { id } of nodes(at)) expect(story(id)).toEqual(['pending', 'running', 'EC2 Instance Launch Successful']);
    const [first] = nodes(at);
    expect(at.events[0]).toEqual({
      at: expect.any(Number),
      source: 'aws.ec2',
      detailType: 'EC2 Instance State-change Notification',
      resources: [`arn:aws:ec2:eu-central-1:111122223333:instance/${first?.id}`],
      detail: { 'instance-id': first?.id, state: 'pending' },
    });
    expect(at.events.find(({ source }) => source === 'aws.autoscaling')).toMatchObject({
      detailType: 'EC2 Instance Launch Successful',
      resources: [expect.stringContaining(':autoScalingGroup:'), expect.stringContaining(`/${first?.id}`)],
      detail: {
        AutoScalingGroupName: nodegroup(at).resources?.autoScalingGroups?.[0]?.name,
        EC2InstanceId: first?.id,
        Description: `Launching a new EC2 instance: ${first?.id}`,
        Details: { 'Availability Zone': first?.availabilityZone, 'Subnet ID': first?.subnetId },
      },
    });
  });

  it('is a function of the seed', async () => {
    const run = async (seed: number) => {
      const at = account({ desiredSize: 3 }, seed);
      start(at);
      await watch(at, () => {});
      return JSON.stringify([at.events, nodes(at).map(({ id }) => id)]);
    };
    expect(await run(5)).toBe(await run(5));
    expect(await run(5)).not.toBe(await run(6));
  });
});

async function watch2(at: TestAccount): Promise<number> {
  start(at);
  return watch(at, () => {});
}

describe('pods', () => {
  /** A group of which each old node has a pod; those of the first node that is drained leave after `stayMinutes`. */
  const withPods = (stayMinutes: number) => {
    const at = account({ desiredSize: 2, updates: { minutesPerNode: 4 } });
    const asked = new Map<string, number>();
    at.state.eks.evictPods = (_cluster, nodeName) => {
      const { now } = at.state.world.time;
      if (!asked.has(nodeName)) asked.set(nodeName, now);
      const isFirst = [...asked.keys()][0] === nodeName;
      return isFirst && now - (asked.get(nodeName) ?? now) < stayMinutes * MINUTE_MS ? 1 : 0;
    };
    return { at, asked };
  };

  it('hold up the end of their node until they have left', async () => {
    const { at, asked } = withPods(12);
    const { id } = start(at);
    const longer = await watch(at, () => {});
    expect(update(at, id)).toMatchObject({ status: 'Successful' });
    expect(asked.size).toBe(2);
    const plain = withPods(0);
    start(plain.at);
    expect(longer - (await watch(plain.at, () => {}))).toBeGreaterThan(9 * MINUTE_MS);
  });

  it('that do not leave within a quarter of an hour fail the update, and their node stays', async () => {
    const { at, asked } = withPods(60);
    const before = nodes(at).map(({ id }) => id);
    const { id } = start(at);
    const lasted = await watch(at, () => {});
    expect(lasted).toBeGreaterThan(15 * MINUTE_MS);
    expect(lasted).toBeLessThan(22 * MINUTE_MS);
    const [stuck] = asked.keys();
    expect(update(at, id).errors).toEqual([
      expect.objectContaining({ errorCode: 'PodEvictionFailure', resourceIds: [stuck] }),
    ]);
    await at.play(10 * MINUTE_MS);
    expect(nodes(at).map(({ id: own }) => own)).toEqual(before);
    expect(nodes(at).every(({ node }) => node === 'Ready')).toBe(true);
    expect(nodegroup(at)).toMatchObject({ status: 'ACTIVE', releaseVersion: OLD });
  });

  it('go with their node where the update is forced', async () => {
    const { at } = withPods(60);
    const { id } = start(at, { force: true });
    expect(await watch(at, () => {})).toBeGreaterThan(15 * MINUTE_MS);
    expect(update(at, id)).toMatchObject({ status: 'Successful' });
  });
});

describe('an update that is told to fail', () => {
  const fails = [{ errorCode: 'PodEvictionFailure', times: 2, afterMinutes: 20 }];

  it.each([
    ['a small group, which would long be done', {}, 1],
    ['a large group, half-way', {}, 12],
    ['a group without nodes', {}, 0],
    ['a group that does without a surge', { updateConfig: { updateStrategy: 'MINIMAL' } }, 12],
  ])('leaves %s with its old release, its wanted nodes and the error', async (_name, config, desiredSize) => {
    const at = account({ desiredSize, updates: { fails }, ...config });
    const { id } = start(at);
    expect(await watch(at, () => {})).toBe(20 * MINUTE_MS);
    await at.play(10 * MINUTE_MS);
    expect(nodegroup(at)).toMatchObject({ status: 'ACTIVE', releaseVersion: OLD, health: { issues: [] } });
    const failed = update(at, id);
    expect(failed).toMatchObject({ status: 'Failed', errors: [{ errorCode: 'PodEvictionFailure' }] });
    expect(failed.errors?.[0]?.errorMessage).toContain('Reached max retries');
    if (desiredSize === 1) expect(failed.errors?.[0]?.resourceIds).toEqual([nodes(at)[0]?.privateDnsName]);
    expect(nodes(at)).toHaveLength(desiredSize);
    expect(nodes(at).every(({ node, state }) => node === 'Ready' && state === 'running')).toBe(true);
    expect(at.state.eks.nodeGroup('c', 'g').autoScalingGroup).toMatchObject({ desired: desiredSize });
  });

  it('takes its surge with it even before that has joined', async () => {
    const at = account({ desiredSize: 2, updates: { fails, minutesPerNode: 60 } });
    start(at);
    await watch(at, () => {});
    await at.play(HOUR_MS - MINUTE_MS);
    const states = at.state.instances.list().map(({ state, node }) => `${state} ${node}`);
    expect(states.sort()).toEqual(['running Ready', 'running Ready', 'terminated Gone']);
  });

  it('succeeds when its failures are used up, and keeps the nodes that are new already', async () => {
    const at = account({ desiredSize: 12, updates: { fails } });
    const image = at.state.releases.find('1.33', 'AL2023_x86_64_STANDARD', NEW)?.imageId;
    const outcomes: unknown[] = [];
    const replaced: string[][] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { id } = start(at);
      await watch(at, () => {});
      outcomes.push(update(at, id).status);
      replaced.push(
        nodes(at)
          .filter(({ imageId }) => imageId === image)
          .map((node) => node.id),
      );
    }
    expect(outcomes).toEqual(['Failed', 'Failed', 'Successful']);
    expect(replaced[0]!.length).toBeGreaterThan(0);
    expect(replaced[0]!.length).toBeLessThan(12);
    expect(replaced[2]).toHaveLength(12);
    expect(replaced[2]).toEqual(expect.arrayContaining(replaced[0]!));
    expect(nodegroup(at).releaseVersion).toBe(NEW);
  });

  it('has no pod that resists when forced', async () => {
    const at = account({ updates: { fails } });
    const { id } = start(at, { force: true });
    await watch(at, () => {});
    expect(update(at, id).status).toBe('Successful');
  });

  it('fails even when forced for any other reason, and may leave the group DEGRADED', async () => {
    const at = account({
      updates: { fails: [{ errorCode: 'NodeCreationFailure', errorMessage: 'no nodes', degrades: true }] },
    });
    const { id } = start(at, { force: true });
    await watch(at, () => {});
    expect(update(at, id)).toMatchObject({ status: 'Failed', errors: [{ errorMessage: 'no nodes' }] });
    expect(nodegroup(at)).toMatchObject({
      status: 'DEGRADED',
      health: { issues: [{ code: 'NodeCreationFailure', message: 'no nodes' }] },
    });
  });

  it('fails where Auto Scaling launches nothing, as its process is suspended', async () => {
    for (const updateStrategy of ['DEFAULT', 'MINIMAL'] as const) {
      const at = account({ suspendedProcesses: ['Launch'], updateConfig: { updateStrategy } });
      const { id } = start(at);
      await watch(at, () => {});
      expect(update(at, id)).toMatchObject({ status: 'Failed', errors: [{ errorCode: 'NodeCreationFailure' }] });
    }
  });

  it('fails where the nodes run in a Capacity Block, which has no room for others, and succeeds without nodes', async () => {
    for (const [desiredSize, status] of [
      [2, 'Failed'],
      [0, 'Successful'],
    ] as const) {
      const at = account({ capacityType: 'CAPACITY_BLOCK', desiredSize });
      const { id } = start(at);
      await watch(at, () => {});
      expect(update(at, id)).toMatchObject({ status });
    }
  });
});
