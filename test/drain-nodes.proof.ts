import { StartInstanceRefreshCommand } from '@aws-sdk/client-auto-scaling';
import { describe, expect, it } from 'vitest';
import { clientsIn } from '../cli/operator.fixture.ts';
import { HOOK } from '../functions/drain-nodes/hook.ts';
import * as lifecycleAction from '../functions/drain-nodes/terminate-lifecycle-action.ts';
import type { Run } from '../sandbox/play.ts';
import {
  askAboutHook,
  drainFleet,
  drainPolicy,
  drainStory,
  GROUP,
  groupIn,
  hookStory,
  terminateOne,
} from './drain-nodes.fixture.ts';
import { deadLetterCount, HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { setPolicy } from './quarantine.fixture.ts';
import { NEW, OLD, policy as refreshPolicy } from './refresh-groups.fixture.ts';

const workload = (more: object = {}) => ({ workloads: [{ name: 'cart', replicas: 6, ...more }] });

const started = (group: object, policy: object = {}, cluster: object = {}) =>
  start({ fleet: drainFleet(group, cluster), policy: drainPolicy(policy), inProcess: true, play: '70m' });

async function asExpected(run: Run): Promise<void> {
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  expect([run.errors, run.account.deliveries.lost, deadLetterCount(run)]).toEqual([[], [], 0]);
}

const CHANGES = ['PutLifecycleHook', 'RecordLifecycleActionHeartbeat', 'CompleteLifecycleAction'];

const stateOf = (run: Run, id: string) => groupIn(run).members.get(id)?.lifecycleState;
const messagesOf = (run: Run, reason: string): string[] =>
  run.records.filter((record) => record.reason === reason).map(({ message }) => message);

it('a node that Auto Scaling ends is drained within its budget before it goes, and the hook is made only once', async () => {
  const run = await started(workload({ disruptionBudget: { maxUnavailable: 1 } }));
  expect(hookStory(run)).toEqual(['acted hook-made', 'done hook-stands']);
  const group = groupIn(run);
  expect([...group.hooks.values()]).toMatchObject([
    { name: 'eks-host-remediator-drain', heartbeatTimeout: 7200, defaultResult: 'ABANDON' },
  ]);
  expect(group.retainsAbandoned).toBe(true);
  const id = terminateOne(run);
  await run.account.play(30 * MINUTE);
  expect(drainStory(run, id)).toEqual(['waiting node-draining', 'acted node-drained', 'done node-ended']);
  expect(stateOf(run, id)).toBeUndefined();
  await run.account.play(2 * HOUR);
  expect(run.calls.filter(({ operation }) => operation === 'PutLifecycleHook')).toHaveLength(1);
  await asExpected(run);
});

describe('a node that a disruption budget holds', () => {
  const held = workload({ disruptionBudget: { maxUnavailable: 0 } });

  it('stays alive after the deadline where the policy says keep, told with pod and budget; it ends once it was retained for long enough', async () => {
    const run = await started(held, { within: '30m', retained: { forAtMost: '3h' } });
    const id = terminateOne(run);
    await run.account.play(90 * MINUTE);
    expect(stateOf(run, id)).toBe('Terminating:Retained');
    expect(run.account.fleet.instances.get(id)?.state).toBe('running');
    expect(drainStory(run, id)).toEqual(['waiting node-draining', 'failed node-retained']);
    expect(messagesOf(run, 'node-retained')).toEqual([expect.stringMatching(/default\/cart-\S+ \(budget cart\)/)]);
    // It was replaced, and nothing new is scheduled onto it.
    expect(groupIn(run).members.size).toBe(4);
    await run.account.play(3 * HOUR);
    expect(drainStory(run, id).slice(2)).toEqual(['failed drain-given-up', 'done node-ended']);
    expect(groupIn(run).members.size).toBe(3);
    await asExpected(run);
  });

  it('ends at the deadline where the policy says go, and beyond as many as may be retained', async () => {
    const gone = await started(held, { within: '30m', atDeadline: 'go' });
    expect(groupIn(gone).retainsAbandoned).toBeUndefined();
    const id = terminateOne(gone);
    await gone.account.play(25 * MINUTE);
    expect(stateOf(gone, id)).toBe('Terminating:Wait');
    await gone.account.play(20 * MINUTE);
    expect(drainStory(gone, id)).toEqual(['waiting node-draining', 'failed drain-given-up', 'done node-ended']);
    await asExpected(gone);

    const full = await started(held, { within: '30m', retained: { most: 1 } });
    const ids = [terminateOne(full), terminateOne(full)];
    await full.account.play(60 * MINUTE);
    const reasons = ids.map((each) => drainStory(full, each)[1]).sort();
    expect(reasons).toEqual(['failed drain-given-up', 'failed node-retained']);
    await asExpected(full);
  });

  it('is told to be held for ever where several budgets select one pod', async () => {
    const run = await started(
      workload({ disruptionBudget: { maxUnavailable: 1 }, furtherBudgets: [{ maxUnavailable: 1 }] }),
      { within: '30m' },
    );
    const id = terminateOne(run);
    await run.account.play(10 * MINUTE);
    expect(drainStory(run, id)).toEqual(['waiting node-draining']);
    expect(messagesOf(run, 'node-draining')[0]).toMatch(/several budgets, which never let it go: cart/);
    await asExpected(run);
  });
});

it.each([
  ['webhook', /refused: default\/kafka-\S+: .*admission webhook "drain-cleaner\.example\.com" denied the request/],
  ['namespace-ends', /refused: default\/kafka-\S+: .*because it is being terminated/],
] as const)(
  'a pod whose eviction a %s refuses holds its node as one with a budget does: told in those words, the others leave',
  async (refusesEvictions, words) => {
    const kafka = { name: 'kafka', replicas: 6, refusesEvictions };
    const run = await started({ workloads: [{ name: 'cart', replicas: 6 }, kafka] }, { within: '30m' });
    const id = terminateOne(run);
    await run.account.play(15 * MINUTE);
    expect(drainStory(run, id)).toEqual(['waiting node-draining', 'waiting node-draining']);
    expect(messagesOf(run, 'node-draining')[1]).toMatch(words);
    await run.account.play(45 * MINUTE);
    expect(drainStory(run, id).slice(2)).toEqual(['failed node-retained']);
    const [told = ''] = messagesOf(run, 'node-retained');
    expect(told).toMatch(words);
    expect(told).not.toMatch(/cart|Apply the rights/);
    await asExpected(run);
  },
);

it('a pod that its owner puts back on the node past the cordon is evicted a few times, and then left out and named', async () => {
  const run = await started(workload({ replicas: 3, returnsToNode: true }));
  const id = terminateOne(run);
  await run.account.play(15 * MINUTE);
  expect(drainStory(run, id)).toEqual(['waiting node-draining', 'acted node-drained', 'done node-ended']);
  expect(messagesOf(run, 'node-drained')[0]).toMatch(
    /leaves out \d+ pods: default\/cart-\S+ \(ReplicaSet\/cart-\S+ has put it back 3 times\); kube-system\/\S+ \(of a DaemonSet\)/,
  );
  await asExpected(run);
});

describe('a node whose cluster does not answer while it is drained', () => {
  const silence = async (run: Run, minutes: number) => {
    const cluster = run.account.fleet.eks.clusters.get('shop');
    if (cluster === undefined) throw new Error('no cluster');
    cluster.isSilent = true;
    await run.account.play(minutes * MINUTE);
    cluster.isSilent = false;
  };

  it.each([
    [10, ['waiting drain-in-doubt']],
    [20, ['waiting drain-in-doubt', 'failed drain-obstructed']],
  ])(
    'for %i minutes waits on, past its deadline too, and is told as not drained only after a quarter of an hour',
    async (minutes, doubt) => {
      const within = `${minutes - 5}m`;
      const run = await started(workload({ disruptionBudget: { maxUnavailable: 0 } }), { within: '2h' });
      const id = terminateOne(run);
      await run.account.play(2 * MINUTE);
      setPolicy(run, JSON.stringify(drainPolicy({ within: minutes < 15 ? within : '2h', atDeadline: 'go' })));
      await silence(run, minutes);
      expect([stateOf(run, id), drainStory(run, id)]).toEqual([
        'Terminating:Wait',
        ['waiting node-draining', ...doubt],
      ]);
      await run.account.play(3 * HOUR);
      expect(drainStory(run, id).slice(-2)).toEqual(['failed drain-given-up', 'done node-ended']);
      await asExpected(run);
    },
  );
});

describe('the hook', () => {
  it('is only proposed in mode observe; what is approved is made, and undone with its retention', async () => {
    const run = await started(workload(), { mode: 'observe' });
    expect(hookStory(run)).toEqual(['would-act would-make-hook']);
    expect(groupIn(run).hooks.size).toBe(0);
    await askAboutHook(run, 'approve');
    await run.account.play(5 * MINUTE);
    expect(hookStory(run).slice(1)).toEqual(['waiting request-granted', 'acted hook-made', 'done hook-stands']);
    const id = terminateOne(run);
    await run.account.play(10_000);
    await askAboutHook(run, 'reject');
    await run.account.play(30 * MINUTE);
    expect(drainStory(run, id).at(-1)).toBe('done node-ended');
    expect(hookStory(run).slice(4)).toEqual([
      'waiting request-granted',
      'waiting hook-in-use',
      'acted hook-removed',
      'skipped proposal-rejected',
    ]);
    expect([groupIn(run).hooks.size, groupIn(run).retainsAbandoned]).toEqual([0, false]);
    await asExpected(run);
  });

  it.each<[string, object, RegExp]>([
    ['no access entry', { accessEntries: [] }, /access entry/],
    ['no rights', { rbacDrains: false }, /does not allow this: get nodes/],
    ['a private endpoint', { endpointPublicAccess: false }, /cannot be reached/],
  ])('is not made where the cluster has %s: that is said', async (_what, cluster, why) => {
    const run = await started(workload(), {}, cluster);
    expect(hookStory(run)).toEqual(['refused cannot-drain']);
    expect(messagesOf(run, 'cannot-drain')[0]).toMatch(why);
    expect(groupIn(run).hooks.size).toBe(0);
    await asExpected(run);
  });

  it('stays where the API server does not answer for a while, which is told as doubt, and drains go on after that', async () => {
    const run = await started(workload({ disruptionBudget: { maxUnavailable: 1 } }));
    const cluster = run.account.fleet.eks.clusters.get('shop');
    if (cluster === undefined) throw new Error('no cluster');
    cluster.isSilent = true;
    await run.account.play(62 * MINUTE);
    expect(hookStory(run).slice(2)).toEqual(['waiting drain-in-doubt']);
    expect(messagesOf(run, 'drain-in-doubt')[0]).toMatch(
      /cannot be reached.* The hook stays\. It counts as closed from/,
    );
    cluster.isSilent = false;
    await run.account.play(10 * MINUTE);
    expect(hookStory(run).slice(3)).toEqual(['done hook-stands']);
    const id = terminateOne(run);
    await run.account.play(30 * MINUTE);
    expect(drainStory(run, id).at(-1)).toBe('done node-ended');
    expect(run.calls.filter(({ operation }) => operation === 'PutLifecycleHook')).toHaveLength(1);
    cluster.isSilent = true;
    await run.account.play(3 * HOUR);
    expect(hookStory(run).slice(4)).toEqual(['waiting drain-in-doubt', 'refused cannot-drain']);
    expect(groupIn(run).hooks.size).toBe(1);
    await asExpected(run);
  });

  it('stays where the endpoint is private and answered before, which is told as doubt for an hour', async () => {
    const run = await started(workload());
    const cluster = run.account.fleet.eks.clusters.get('shop');
    if (cluster === undefined) throw new Error('no cluster');
    Object.assign(cluster, { endpointPublicAccess: false });
    await run.account.play(100 * MINUTE);
    expect(hookStory(run).slice(2)).toEqual(['waiting drain-in-doubt']);
    await run.account.play(HOUR);
    expect(hookStory(run).slice(3)).toEqual(['refused cannot-drain']);
    await asExpected(run);
  });

  it('stands beside hooks of others only where the policy says so', async () => {
    const group = { ...workload(), terminationHooks: [{ name: 'theirs' }] };
    const refused = await started(group);
    expect(messagesOf(refused, 'cannot-drain')[0]).toContain('theirs');
    expect([groupIn(refused).hooks.size, groupIn(refused).retainsAbandoned]).toEqual([1, undefined]);
    const shared = await started(group, { otherHooks: 'share' });
    const id = terminateOne(shared);
    await shared.account.play(30 * MINUTE);
    expect(drainStory(shared, id).at(-1)).toBe('done node-ended');
    const completed = shared.calls.filter(({ operation }) => operation === 'CompleteLifecycleAction');
    expect(completed.map(({ input }) => input.LifecycleHookName)).toEqual(['eks-host-remediator-drain']);
    await asExpected(shared);
  });

  it('does not hold up a node that opted out: it ends as if there were none', async () => {
    const run = await started(workload({ disruptionBudget: { maxUnavailable: 0 } }));
    const [first] = [...groupIn(run).members.values()];
    first?.instance.tags.set('eks-host-remediator:ignore', 'yes');
    const id = terminateOne(run);
    await run.account.play(10 * MINUTE);
    expect(drainStory(run, id)).toEqual(['skipped node-let-go', 'done node-ended']);
    await asExpected(run);
  });
});

describe('what was made is taken back, and the node that waits is let go,', () => {
  const held = workload({ disruptionBudget: { maxUnavailable: 0 } });

  it('where the group opts out', async () => {
    const run = await started(held);
    const id = terminateOne(run);
    await run.account.play(5 * MINUTE);
    Object.assign(groupIn(run).tags, { 'eks-host-remediator:ignore': 'yes' });
    await run.account.play(30 * MINUTE);
    expect(drainStory(run, id)).toEqual(['waiting node-draining', 'skipped node-let-go', 'done node-ended']);
    expect([groupIn(run).hooks.size, groupIn(run).retainsAbandoned]).toEqual([0, false]);
    await asExpected(run);
  });
});

describe('a node for which EC2 has scheduled its retirement', () => {
  const retiring = (node: number) => ({ at: '+2h', code: 'instance-retirement', notBefore: '+12h', node });
  const group = {
    ...workload({ disruptionBudget: { maxUnavailable: 1 } }),
    scheduledEvents: [retiring(0), retiring(1)],
  };

  it('is ended ahead where the policy says so, one of its group at a time, and drained before it goes', async () => {
    const run = await started(group, { scheduledEvents: { mode: 'enforce' } });
    const ids = [...groupIn(run).members.keys()].slice(0, 2);
    await run.account.play(5 * HOUR);
    for (const id of ids) {
      expect(stateOf(run, id)).toBeUndefined();
      expect(drainStory(run, id).filter((each) => each !== 'waiting ahead-waits')).toEqual([
        'acted ended-ahead',
        'waiting node-draining',
        'acted node-drained',
        'done node-ended',
      ]);
    }
    const ended = run.records.filter(({ reason }) => reason === 'ended-ahead' || reason === 'node-ended');
    expect(ended.map(({ reason }) => reason)).toEqual(['ended-ahead', 'node-ended', 'ended-ahead', 'node-ended']);
    expect(groupIn(run).members.size).toBe(3);
    await asExpected(run);
  });

  it('is only told otherwise, and its end is told once EC2 has stopped it', async () => {
    const run = await started(group);
    const [id = ''] = groupIn(run).members.keys();
    await run.account.play(3 * HOUR);
    expect(drainStory(run, id)).toEqual(['would-act would-end-ahead']);
    expect(run.calls.filter(({ operation }) => operation === 'TerminateInstanceInAutoScalingGroup')).toEqual([]);
    await run.account.play(10 * HOUR);
    expect(drainStory(run, id).at(-1)).toBe('done node-ended');
    await asExpected(run);
  });
});

it('a Spot Instance that its group replaces upon a recommendation of EC2 is drained before it ends', async () => {
  const run = await started({
    ...workload({ disruptionBudget: { maxUnavailable: 1 } }),
    rebalanceRecommendations: [{ at: '+80m', node: 0 }],
    capacityRebalance: true,
  });
  const [id = ''] = groupIn(run).members.keys();
  await run.account.play(2 * HOUR);
  expect(drainStory(run, id)).toEqual(['waiting node-draining', 'acted node-drained', 'done node-ended']);
  expect([groupIn(run).members.has(id), groupIn(run).members.size]).toEqual([false, 3]);
  await asExpected(run);
});

describe('a Spot Instance that EC2 takes back', () => {
  const spotInterruptions = [{ at: '+80m', node: 0 }];

  it('is left to what users have for it: nothing is done, and nothing told', async () => {
    const run = await started({ ...workload({ disruptionBudget: { maxUnavailable: 1 } }), spotInterruptions });
    const [id = ''] = groupIn(run).members.keys();
    await run.account.play(2 * HOUR);
    expect([stateOf(run, id), groupIn(run).members.size]).toEqual([undefined, 3]);
    expect(drainStory(run, id)).toEqual([]);
    await asExpected(run);
  });

  it('is told to have ended where it was being drained, and holds nothing up', async () => {
    const run = await started({ ...workload({ disruptionBudget: { maxUnavailable: 0 } }), spotInterruptions });
    const id = terminateOne(run);
    await run.account.play(20 * MINUTE);
    expect(drainStory(run, id)).toEqual(['waiting node-draining', 'done node-ended']);
    const next = terminateOne(run);
    await run.account.play(5 * MINUTE);
    expect(drainStory(run, next)).toEqual(['waiting node-draining']);
    await asExpected(run);
  });
});

it.each([
  ['it is given back once it is in service again', false],
  ['where the cluster does not answer then, it is given back as soon as that answers', true],
])('a node that gets a new root volume is drained and does not end: %s', async (_what, isSilent) => {
  const run = await started(workload({ disruptionBudget: { maxUnavailable: 1 } }));
  const { autoScalingGroups } = run.account.fleet;
  const group = groupIn(run);
  const [member] = group.members.values();
  if (member === undefined) throw new Error('no node');
  const { id, privateDnsName } = member.instance;
  const node = () =>
    run.account.kubernetes
      .objects('shop', 'nodes')
      .map((each) => each as { metadata: { name: string }; spec: object })
      .find(({ metadata }) => metadata.name === privateDnsName);
  const move = { state: 'Terminating', origin: 'AutoScalingGroup', destination: 'AutoScalingGroup' } as const;
  const results: string[] = [];
  autoScalingGroups.lifecycle.begin(group, member.instance, move, (result) => {
    results.push(result);
    member.lifecycleState = 'Pending';
    run.account.time.after(10 * MINUTE, () => autoScalingGroups.bringIntoService(group, member));
  });
  await run.account.play(2 * MINUTE);
  expect(node()?.spec).toMatchObject({ unschedulable: true });
  const shop = run.account.fleet.eks.clusters.get('shop');
  while (isSilent && member.lifecycleState !== 'InService') await run.account.play(10_000);
  if (shop !== undefined) shop.isSilent = isSilent;
  await run.account.play(9 * MINUTE);
  if (shop !== undefined) shop.isSilent = false;
  await run.account.play(isSilent ? 3 * MINUTE : 49 * MINUTE);
  expect(results).toEqual(['CONTINUE']);
  expect(drainStory(run, id)).toEqual([
    'waiting node-draining',
    'acted node-drained',
    ...(isSilent ? ['waiting drain-in-doubt'] : []),
    'done node-returned',
  ]);
  expect(node()?.spec).not.toHaveProperty('unschedulable');
  expect(node()?.spec).not.toHaveProperty('taints');
  await asExpected(run);
});

it('nodes that an instance refresh gives new root volumes are drained one after the other, and each is given back', async () => {
  const run = await started({
    ...workload({ disruptionBudget: { maxUnavailable: 1 } }),
    size: 2,
    launchesFrom: 'mixed-instances',
  });
  const group = groupIn(run);
  const members = [...group.members.values()];
  interface SeenNode {
    readonly metadata: { readonly name: string };
    readonly spec: { readonly unschedulable?: boolean };
    readonly status: { readonly conditions: ReadonlyArray<{ readonly type: string; readonly status: string }> };
  }
  const isReady = ({ status }: SeenNode): boolean =>
    status.conditions.some((each) => each.type === 'Ready' && each.status === 'True');
  const nodes = () =>
    run.account.kubernetes
      .objects('shop', 'nodes')
      .map((each) => each as unknown as SeenNode)
      .filter(({ metadata: { name } }) => members.some(({ instance }) => instance.privateDnsName === name));
  const LaunchTemplateSpecification = { LaunchTemplateId: group.launchTemplate.id, Version: '1' };
  const Overrides = [{ InstanceType: 'm7i.large' as const, ImageId: NEW }];
  await clientsIn(run.account).autoScaling.send(
    new StartInstanceRefreshCommand({
      AutoScalingGroupName: GROUP,
      Strategy: 'ReplaceRootVolume',
      DesiredConfiguration: { MixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification, Overrides } } },
    }),
  );
  await run.account.play(2 * MINUTE);
  const states = members.map(({ lifecycleState }) => lifecycleState).toSorted();
  expect(states).toEqual(['InService', 'ReplacingRootVolume:Wait']);
  expect(
    nodes()
      .map(({ spec }) => spec.unschedulable === true)
      .toSorted(),
  ).toEqual([false, true]);
  // A node restarts with its new volume: it is not Ready, first cordoned, then given back before its kubelet reports.
  const away = new Set<string>();
  for (let minutes = 0; minutes < 120; minutes += 1) {
    await run.account.play(MINUTE);
    const silent = nodes().filter((node) => !isReady(node));
    expect(silent.length).toBeLessThanOrEqual(1);
    for (const { spec } of silent) away.add(spec.unschedulable === true ? 'cordoned' : 'given back');
  }
  expect(away).toContain('cordoned');
  expect(nodes().map(isReady)).toEqual([true, true]);
  expect([...group.members.values()].map(({ instance: { id, imageId } }) => [id, imageId])).toEqual(
    members.map(({ instance }) => [instance.id, NEW]),
  );
  for (const { instance } of members) {
    expect(drainStory(run, instance.id)).toEqual(['waiting node-draining', 'acted node-drained', 'done node-returned']);
  }
  expect(nodes()).toHaveLength(2);
  for (const { spec } of nodes()) {
    expect(spec).not.toHaveProperty('unschedulable');
    expect(spec).not.toHaveProperty('taints');
  }
  await asExpected(run);
});

it('schedules the wake-up that follows before it changes anything', async () => {
  const run = await started(workload({ disruptionBudget: { maxUnavailable: 1 } }));
  terminateOne(run);
  await run.account.play(10 * MINUTE);
  const calls = run.calls.flatMap(({ function: name, operation }) => (name === 'drain-nodes' ? operation : []));
  // One look at a time reads the groups first.
  const looks = calls
    .join(' ')
    .split('DescribeAutoScalingGroups')
    .map((look) => look.split(' '));
  const changing = looks.filter((look) => look.some((operation) => CHANGES.includes(operation)));
  expect(changing.length).toBeGreaterThan(2);
  for (const look of changing) {
    const first = look.findIndex((operation) => CHANGES.includes(operation));
    expect(look.slice(0, first), look.join(', ')).toContain('CreateSchedule');
  }
});

it('what was only intended when the function died is not taken back: others may have set it since', async () => {
  const scenario = { fleet: drainFleet(workload()), policy: drainPolicy(), inProcess: true };
  const undisturbed = await start({ ...scenario, play: '70m' });
  const calls = undisturbed.calls.filter((each) => each.function === 'drain-nodes');
  const call = calls.findIndex(({ operation }) => operation === 'PutLifecycleHook') + 1;
  const faults = { crash: { function: 'drain-nodes', call, when: 'before' as const } };
  const run = await start({ ...scenario, faults, play: '1m' });
  while (run.calls.filter((each) => each.function === 'drain-nodes').length < call - 1) await run.account.play(10_000);
  const group = groupIn(run);
  expect([call > 0, group.hooks.size]).toEqual([true, 0]);
  group.retainsAbandoned = true;
  setPolicy(run, JSON.stringify(drainPolicy({ mode: 'off' })));
  await run.account.play(2 * HOUR);
  expect([group.hooks.size, group.retainsAbandoned]).toEqual([0, true]);
});

describe('a group that is scaled to zero, so that no worker leads to it,', () => {
  const scaledToZero = async (): Promise<Run> => {
    const run = await started(workload());
    const group = groupIn(run);
    Object.assign(group, { min: 0, desired: 0 });
    run.account.fleet.autoScalingGroups.settleSoon(group);
    await run.account.play(30 * MINUTE);
    expect([group.members.size, group.hooks.size, group.retainsAbandoned]).toEqual([0, 1, true]);
    return run;
  };

  it('loses hook and retention by a rejection', async () => {
    const run = await scaledToZero();
    await askAboutHook(run, 'reject');
    await run.account.play(5 * MINUTE);
    expect(hookStory(run).slice(2)).toEqual([
      'waiting request-granted',
      'acted hook-removed',
      'skipped proposal-rejected',
    ]);
    expect([groupIn(run).hooks.size, groupIn(run).retainsAbandoned]).toEqual([0, false]);
    await asExpected(run);
  });

  it('loses both within a bit more than an hour where the mode goes off', async () => {
    const run = await scaledToZero();
    setPolicy(run, JSON.stringify(drainPolicy({ mode: 'off' })));
    await run.account.play(65 * MINUTE);
    expect([groupIn(run).hooks.size, groupIn(run).retainsAbandoned]).toEqual([0, false]);
    expect(hookStory(run).slice(2)).toEqual(['acted hook-removed', 'skipped mode-off']);
    await asExpected(run);
  });
});

it('a termination whose event is lost is found by the sweep', async () => {
  const run = await started(workload());
  const { world } = run.account.fleet;
  const emit = world.emit;
  world.emit = () => undefined;
  const id = terminateOne(run);
  world.emit = emit;
  await run.account.play(65 * MINUTE);
  expect(drainStory(run, id)).toEqual(['waiting node-draining', 'acted node-drained', 'done node-ended']);
  await asExpected(run);
});

it('a termination that Auto Scaling does not show yet when its event comes is found a minute later', async () => {
  const run = await started(workload());
  const [first] = [...groupIn(run).members.values()];
  const id = first?.instance.id ?? '';
  const time = new Date(run.account.time.now).toISOString();
  const detail = { ...lifecycleAction.sample.detail, AutoScalingGroupName: GROUP, EC2InstanceId: id };
  run.account.putEvent({ ...lifecycleAction.sample, time, detail });
  await run.account.play(20_000);
  const { world } = run.account.fleet;
  const emit = world.emit;
  world.emit = () => undefined;
  expect(terminateOne(run)).toBe(id);
  world.emit = emit;
  await run.account.play(3 * MINUTE);
  expect(drainStory(run, id)[0]).toBe('waiting node-draining');
  await asExpected(run);
});

describe('an instance refresh of refresh-groups', () => {
  const images = [
    { imageId: OLD, name: 'golden-eks-1.33-1', at: '-30d' },
    { imageId: NEW, name: 'golden-eks-1.33-2', at: '-3d', parameter: '/eks-host-remediator/images/1.33' },
  ];
  const refreshing = (group: object, drains: object, cluster: object, refreshes: object) => {
    const held = { ...workload({ disruptionBudget: { maxUnavailable: 1 } }), imageId: OLD };
    return {
      fleet: { ...drainFleet({ ...held, ...group }, cluster), images },
      policy: { ...refreshPolicy(refreshes), ...drainPolicy(drains) },
      inProcess: true,
    };
  };
  const refreshed = (group: object, drains: object = {}, cluster: object = {}) =>
    start({ ...refreshing(group, drains, cluster, {}), play: '6h' });
  const imagesIn = (run: Run) => [...groupIn(run).members.values()].map(({ instance }) => instance.imageId);
  const refusals = (run: Run) =>
    run.records
      .filter(({ remediation, decision }) => remediation === 'refresh-groups' && decision === 'refused')
      .map(({ reason }) => reason);

  it('goes by the hook: each node is drained before it is replaced', async () => {
    const run = await refreshed({});
    expect(imagesIn(run)).toEqual([NEW, NEW, NEW]);
    const drained = run.records.filter(({ reason }) => reason === 'node-drained');
    expect(new Set(drained.map(({ instance }) => instance)).size).toBe(3);
    await asExpected(run);
  });

  it('waits while the cluster does not answer drain-nodes, and begins once it does', async () => {
    const windows = [{ cron: '30 14 * * *', duration: '9h' }];
    const run = await start({ ...refreshing({}, {}, {}, { windows }), play: '90m' });
    const cluster = run.account.fleet.eks.clusters.get('shop');
    if (cluster === undefined) throw new Error('no cluster');
    cluster.isSilent = true;
    await run.account.play(75 * MINUTE);
    const story = () =>
      run.records.flatMap(({ remediation, reason }) => (remediation === 'refresh-groups' ? reason : []));
    expect([imagesIn(run), story().at(-1)]).toEqual([[OLD, OLD, OLD], 'drains-in-doubt']);
    cluster.isSilent = false;
    await run.account.play(4 * HOUR);
    expect(imagesIn(run)).toEqual([NEW, NEW, NEW]);
    expect(story().slice(story().indexOf('drains-in-doubt') + 1)[0]).toBe('refresh-started');
    await asExpected(run);
  });

  it('does not take a hook of that name for drains where nobody drains by it', async () => {
    const left = { terminationHooks: [{ name: HOOK.name, drains: false }] };
    const run = await refreshed(left, { mode: 'observe' });
    expect([imagesIn(run), refusals(run)]).toEqual([[OLD, OLD, OLD], ['nobody-drains']]);
    const closed = await refreshed(left, {}, { accessEntries: [] });
    expect([imagesIn(closed), refusals(closed)]).toEqual([[OLD, OLD, OLD], ['nobody-drains']]);
  });
});
