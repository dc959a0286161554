import { describe, expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import type { Run } from '../sandbox/play.ts';
import { drainFleet, drainPolicy, drainStory, groupIn, hookStory } from './drain-nodes.fixture.ts';
import { deadLetterCount, HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { ask, exposeSilently, ours, privateFleet, scenario, stateOf } from './quarantine.fixture.ts';
import { cluster, fleet, group, NEW, OLD, policy } from './refresh-groups.fixture.ts';

async function asExpected(run: Run): Promise<void> {
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  expect([run.errors, run.account.deliveries.lost, deadLetterCount(run)]).toEqual([[], [], 0]);
}

const membersOf = (run: Run, name: string) => [
  ...(run.account.fleet.autoScalingGroups.get(name)?.members.values() ?? []),
];
const pooledOf = (run: Run, name: string) =>
  membersOf(run, name).filter(({ lifecycleState }) => lifecycleState.startsWith('Warmed:'));

describe('an instance refresh of a group with a warm pool', () => {
  const storyOf = ({ records }: Run) =>
    records
      .filter(({ remediation, reason }) => remediation === 'refresh-groups' && reason !== 'refresh-under-way')
      .map(({ decision, reason }) => `${decision} ${reason}`);
  const refreshed = (warmPool: object) =>
    start({
      fleet: fleet(cluster('shop', [group('web', { warmPool })])),
      policy: policy(),
      inProcess: true,
      play: '6h',
    });

  it.each(['Stopped', 'Running', 'Hibernated'])(
    'is done once the instances that wait there (%s) have the wanted AMI, too',
    async (state) => {
      const run = await refreshed({ state });
      expect(storyOf(run)).toEqual(['acted refresh-started', 'done group-refreshed']);
      expect(
        membersOf(run, 'shop-web').map(({ lifecycleState, instance }) => [lifecycleState, instance.imageId]),
      ).toEqual(
        expect.arrayContaining([
          ['InService', NEW],
          ['InService', NEW],
          [`Warmed:${state}`, NEW],
          [`Warmed:${state}`, NEW],
        ]),
      );
      expect(run.records.find(({ reason }) => reason === 'group-refreshed')?.message).toContain(
        '2 workers in service and 2 in the warm pool',
      );
      await asExpected(run);
    },
  );

  it('begins again where only the pool is behind: a scale-out would bring the old AMI back', async () => {
    const run = await refreshed({});
    const [behind] = pooledOf(run, 'shop-web');
    Object.assign(behind?.instance ?? {}, { imageId: OLD });
    await run.account.play(6 * HOUR);
    expect(storyOf(run).slice(2)).toEqual(['acted refresh-started', 'done group-refreshed']);
    expect(new Set(membersOf(run, 'shop-web').map(({ instance }) => instance.imageId))).toEqual(new Set([NEW]));
    await asExpected(run);
  });
});

describe('a node of a group whose warm pool takes it back', () => {
  const held = { workloads: [{ name: 'cart', replicas: 6, disruptionBudget: { maxUnavailable: 1 } }] };
  const scaleTo = (run: Run, desired: number) => {
    groupIn(run).desired = desired;
    run.account.fleet.autoScalingGroups.settleSoon(groupIn(run));
  };

  it('is drained, and does not end: it rests there as it was before, and serves again after a scale-out', async () => {
    const warmPool = { reuseOnScaleIn: true, maxPrepared: 4 };
    const run = await start({
      fleet: drainFleet({ ...held, warmPool }),
      policy: drainPolicy(),
      inProcess: true,
      play: '70m',
    });
    expect(hookStory(run)).toEqual(['acted hook-made', 'done hook-stands']);
    const before = new Set(groupIn(run).members.keys());
    const inService = () =>
      [...groupIn(run).members].flatMap(([id, { lifecycleState }]) => (lifecycleState === 'InService' ? id : []));
    const serving = inService();
    scaleTo(run, 2);
    await run.account.play(MINUTE);
    const [id = ''] = serving.filter((each) => !inService().includes(each));
    expect(groupIn(run).members.get(id)?.lifecycleState).toBe('Warmed:Pending:Wait');
    await run.account.play(40 * MINUTE);
    expect(drainStory(run, id)).toEqual(['waiting node-draining', 'acted node-drained', 'done node-returned']);
    expect(groupIn(run).members.get(id)).toMatchObject({
      lifecycleState: 'Warmed:Stopped',
      instance: { state: 'stopped' },
    });
    expect(new Set(groupIn(run).members.keys())).toEqual(before);
    scaleTo(run, 4);
    await run.account.play(20 * MINUTE);
    expect(groupIn(run).members.get(id)).toMatchObject({ lifecycleState: 'InService', instance: { node: 'Ready' } });
    const node = run.account.kubernetes.objects('shop', 'nodes').find((each) => JSON.stringify(each).includes(id)) as
      | { spec: object }
      | undefined;
    expect(node?.spec).not.toHaveProperty('unschedulable');
    expect(node?.spec).not.toHaveProperty('taints');
    expect(drainStory(run, id)).toHaveLength(3);
    await asExpected(run);
  });

  it('stays cordoned in a pool of running instances, where pods would come to a node that does not count, until it serves again', async () => {
    const warmPool = { reuseOnScaleIn: true, maxPrepared: 4, state: 'Running' };
    const run = await start({
      fleet: drainFleet({ ...held, warmPool }),
      policy: drainPolicy(),
      inProcess: true,
      play: '70m',
    });
    const before = new Set(pooledOf(run, groupIn(run).name).map(({ instance }) => instance.id));
    scaleTo(run, 2);
    await run.account.play(40 * MINUTE);
    const returned = pooledOf(run, groupIn(run).name).find(({ instance }) => !before.has(instance.id));
    const id = returned?.instance.id ?? '';
    expect(returned?.lifecycleState).toBe('Warmed:Running');
    expect(drainStory(run, id)).toEqual(['waiting node-draining', 'acted node-drained']);
    const node = () =>
      run.account.kubernetes.objects('shop', 'nodes').find((each) => JSON.stringify(each).includes(id)) as {
        spec: object;
      };
    expect(node().spec).toMatchObject({ unschedulable: true });
    scaleTo(run, 4);
    while (groupIn(run).members.get(id)?.lifecycleState !== 'InService') await run.account.play(5_000);
    await run.account.play(5 * MINUTE + 10_000);
    expect(node().spec).not.toHaveProperty('unschedulable');
    expect(node().spec).not.toHaveProperty('taints');
    expect(drainStory(run, id).at(-1)).toBe('done node-returned');
    await asExpected(run);
  });

  it('is let go where it ends there', async () => {
    const run = await start({
      fleet: drainFleet({ ...held, warmPool: { maxPrepared: 4 } }),
      policy: drainPolicy(),
      inProcess: true,
      play: '70m',
    });
    const [pooled] = pooledOf(run, groupIn(run).name);
    const id = pooled?.instance.id ?? '';
    run.account.fleet.autoScalingGroups.terminate(groupIn(run), pooled!.instance, MINUTE);
    await run.account.play(20 * MINUTE);
    expect(drainStory(run, id)).toEqual(['acted node-drained', 'done node-ended']);
    expect(pooledOf(run, groupIn(run).name).map(({ lifecycleState }) => lifecycleState)).toEqual(['Warmed:Stopped']);
    await asExpected(run);
  });
});

it('instances in a warm pool are no workers to any function, whatever they lack, until they are put into service', async () => {
  const own = group('web', { warmPool: {}, ssm: { agent: 'missing', imdsTokens: 'optional' } });
  const run = await start({
    fleet: fleet(cluster('shop', [own])),
    policy: { imds: { mode: 'enforce' } },
    inProcess: true,
    play: '2h',
  });
  const pooled = () => pooledOf(run, 'shop-web').map(({ instance }) => instance.id);
  const first = pooled();
  const listed = (await operate(run.account, 'get', 'nodes', '-o', 'json')).stdout.trimEnd().split('\n');
  const states = listed.map((line) => JSON.parse(line).lifecycleState).toSorted();
  expect(states).toEqual(['InService', 'InService', 'Warmed:Stopped', 'Warmed:Stopped']);
  expect(JSON.stringify(await run.account.invoke('review-actions', {}))).toContain('self-managed, 2 stopped');
  // Another one is launched into the pool, runs for a while, and is stopped.
  Object.assign(run.account.fleet.autoScalingGroups.get('shop-web') ?? {}, { max: 5 });
  run.account.fleet.autoScalingGroups.settle(run.account.fleet.autoScalingGroups.get('shop-web')!);
  await run.account.play(3 * HOUR);
  expect([first.length, pooled().length]).toEqual([2, 3]);
  const said = run.records.filter(({ instance = '' }) => pooled().includes(instance));
  expect(new Set(said.map(({ remediation, decision, reason }) => `${remediation} ${decision} ${reason}`))).toEqual(
    new Set([
      'manage-ssm-agent skipped worker-not-running',
      'manage-ssm-agent waiting agent-not-yet-registered',
      'quarantine-workers skipped worker-not-running',
    ]),
  );
  const served = run.records.filter(({ remediation }) => remediation === 'manage-ssm-agent');
  expect(served.length).toBeGreaterThan(0);
  // A scale-out makes them workers.
  run.account.fleet.autoScalingGroups.get('shop-web')!.desired = 5;
  run.account.fleet.autoScalingGroups.settle(run.account.fleet.autoScalingGroups.get('shop-web')!);
  await run.account.play(3 * HOUR);
  for (const id of first) {
    const of = run.records.filter(({ instance, decision }) => instance === id && decision !== 'skipped');
    expect(of.map(({ remediation }) => remediation)).toContain('manage-ssm-agent');
    const changed = run.calls.filter(
      ({ operation, input }) => /^ModifyInstanceMetadata/.test(operation) && input.InstanceId === id,
    );
    expect(changed).toHaveLength(1);
  }
  await asExpected(run);
});

it.each(['Stopped', 'Running', 'Hibernated'])(
  'warmed instances (%s) of a managed node group are no workers to any function: upgrades count those in service alone',
  async (state) => {
    const release = (releaseVersion: string, at: string) => ({
      at,
      kubernetesVersion: '1.33',
      amiType: 'AL2023_x86_64_STANDARD',
      releaseVersion,
    });
    const web = {
      name: 'web',
      releaseVersion: '1.33.4-20260701',
      maxSize: 4,
      warmPool: { state },
      ssm: { agent: 'missing', imdsTokens: 'optional' },
      updates: { minutesPerNode: 3 },
    };
    const run = await start({
      fleet: {
        startsAt: '2026-07-14T12:00:00Z',
        releases: [release('1.33.4-20260701', '-20d'), release('1.33.5-20260709', '-9d')],
        clusters: [{ name: 'shop', version: '1.33', nodeGroups: [web] }],
      },
      policy: { imds: { mode: 'enforce' }, upgrades: { bakeAge: '1m' } },
      inProcess: true,
      play: '6h',
    });
    const [group] = run.account.fleet.autoScalingGroups.list();
    const pooled = pooledOf(run, group?.name ?? '').map(({ instance }) => instance.id);
    expect(pooled).toHaveLength(2);
    const said = run.records.filter(({ instance = '' }) => pooled.includes(instance));
    expect(said.filter(({ decision }) => decision !== 'skipped')).toEqual([]);
    for (const { reason } of said) expect(['worker-not-running', 'out-of-service']).toContain(reason);
    const changing = run.calls.filter(({ operation, input }) => {
      return (
        /^(Modify|Send|Associate|Create|Detach|Terminate)/.test(operation) &&
        pooled.some((id) => JSON.stringify(input).includes(id))
      );
    });
    expect(changing).toEqual([]);
    const upgrades = run.records.filter(({ remediation }) => remediation === 'upgrade-node-groups');
    expect(upgrades.map(({ reason }) => reason)).toEqual([
      'baking',
      'upgrade-started',
      'upgrade-in-flight',
      'upgraded',
    ]);
    expect(upgrades[2]?.message).toContain('of 2 nodes');
    const listed = async (...words: string[]) => (await operate(run.account, 'get', ...words)).stdout;
    const nodes = (await listed('nodes', '-o', 'json'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(nodes.map(({ lifecycleState }) => lifecycleState).toSorted()).toEqual([
      'InService',
      'InService',
      `Warmed:${state}`,
      `Warmed:${state}`,
    ]);
    expect(JSON.parse(await listed('nodegroups', '-o', 'json')).images).toMatchObject([
      { release: 'v20260701', workers: 2, warmed: 2 },
      { release: 'v20260709', workers: 2 },
    ]);
    expect(await listed('nodegroups', '-o', 'wide')).toContain('v20260701 (2 warmed), ');
    await asExpected(run);
  },
);

describe('an exposed instance in a warm pool of running instances, which has not joined its cluster', () => {
  const exposed = async (outOfService: string) => {
    const warmPool = { state: 'Running', minSize: 1, maxPrepared: 4 };
    const run = await start(scenario(privateFleet({ warmPool }), { quarantine: { outOfService } }));
    const [pooled] = pooledOf(run, run.account.fleet.autoScalingGroups.list()[0]?.name ?? '');
    const id = pooled?.instance.id ?? '';
    expect([pooled?.lifecycleState, pooled?.instance.node]).toEqual(['Warmed:Running', 'Joining']);
    const before = stateOf(run, id);
    exposeSilently(run, id);
    await run.account.play(65 * MINUTE);
    return { run, id, before };
  };
  const told = (run: Run) => ours(run).map(({ decision, reason }) => `${decision} ${reason}`);

  it.each(['standby', 'detach'])(
    'is isolated, since its group proves whose it is, and given back (%s)',
    async (how) => {
      const { run, id, before } = await exposed(how);
      expect(told(run)).toEqual(['acted quarantine-started', 'done quarantined']);
      const skipped = 'skipped: Auto Scaling has it as Warmed:Running.';
      expect(ours(run).at(-1)?.details?.steps).toMatchObject({ 'security-groups': 'done', [how]: skipped });
      expect(stateOf(run, id)).toMatchObject({ lifecycle: 'Warmed:Running', addresses: [[[], []]] });
      expect(stateOf(run, id).groups).not.toEqual(before.groups);
      ask(run, 'release', id);
      await run.account.play(10 * MINUTE);
      expect(told(run).slice(2)).toEqual(['acted release-started', 'done released', 'skipped accepted-exposure']);
      expect(stateOf(run, id)).toMatchObject({ groups: before.groups, lifecycle: before.lifecycle });
      await asExpected(run);
    },
  );

  it('is taken out of service where a scale-out has put it there: it can serve nobody, and the group counts it', async () => {
    const { run, id } = await exposed('standby');
    const [group] = run.account.fleet.autoScalingGroups.list();
    if (group === undefined) throw new Error('There is no group.');
    group.desired += 1;
    run.account.fleet.autoScalingGroups.settleSoon(group);
    await run.account.play(10 * MINUTE);
    expect(stateOf(run, id).lifecycle).toBe('InService');
    await run.account.play(65 * MINUTE);
    expect(stateOf(run, id).lifecycle).toBe('Standby');
    expect(told(run).slice(2)).toEqual(['acted quarantine-reinforced', 'done quarantined']);
    const serving = () => [...group.members.values()].filter(({ lifecycleState }) => lifecycleState === 'InService');
    expect(serving()).toHaveLength(4);
    await run.account.play(65 * MINUTE);
    expect(told(run)).toHaveLength(4);
    ask(run, 'release', id);
    await run.account.play(10 * MINUTE);
    expect(stateOf(run, id).lifecycle).toBe('InService');
    await asExpected(run);
  });
});
