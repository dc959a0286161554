import { describe, expect, it } from 'vitest';
import type { Refusal } from '../sandbox/account/refusals.ts';
import type { Run } from '../sandbox/play.ts';
import { drainFleet, drainPolicy, drainStory, terminateOne } from './drain-nodes.fixture.ts';
import { deadLetterCount, HOUR, MINUTE, start } from './harness.ts';
import { karpenterFleet, nodeClassPolicy } from './node-classes.fixture.ts';
import { ask, inQuarantine } from './quarantine.fixture.ts';
import { cluster, group, fleet as refreshFleet, policy as refreshPolicy } from './refresh-groups.fixture.ts';

/** The last word of a function on each subject that a record names, without its time. */
function lastWords({ records }: Run, of: string): Map<string, string> {
  const ours = records.filter(({ remediation }) => remediation === of);
  const subjectOf = ({ cluster, nodegroup, instance }: (typeof ours)[number]) => instance ?? `${cluster}/${nodegroup}`;
  return new Map(ours.map((each) => [subjectOf(each), `${each.decision} ${each.reason}`]));
}

/** The last word on each worker, by group: launches may get other ids. */
function ofGroups(run: Run, of = 'quarantine-workers'): string[] {
  const groups = new Map(run.records.map(({ instance, cluster, nodegroup }) => [instance, `${cluster}/${nodegroup}`]));
  return [...lastWords(run, of)].map(([id, words]) => `${groups.get(id) ?? id} ${words}`).sort();
}

/** Calls of a quarantine that may fail for one worker, or in one place, while all others go on. */
const STEPS: ReadonlyArray<{ readonly operation: string; readonly as?: Refusal['as'] }> = [
  { operation: 'CreateSecurityGroup' },
  { operation: 'CreateSecurityGroup', as: 'throttled' },
  { operation: 'ModifyNetworkInterfaceAttribute' },
  { operation: 'ModifyNetworkInterfaceAttribute', as: 'dropped' },
  { operation: 'DisassociateAddress' },
  { operation: 'CreateTags' },
  { operation: 'EnterStandby' },
  { operation: 'EnterStandby', as: 'throttled' },
  { operation: 'DescribeTargetGroups' },
  { operation: 'PATCH nodes' },
];

describe('an isolation while AWS does not do a kind of call for an hour', () => {
  const play = async (refusals: readonly Refusal[] = []) => {
    const run = await start({ fleet: 'quarantine', seed: 7, inProcess: true, faults: { refusals } });
    await run.account.play(70 * MINUTE);
    const during = [run.calls.length, run.records.length] as const;
    await run.account.play(80 * MINUTE);
    return { run, during };
  };
  const quiet = play();

  it.each(STEPS)('ends as without it, with few calls and no lost message ($operation, $as)', async (step) => {
    const { operation, as = 'failed' } = step;
    const before = await quiet;
    const { run, during } = await play([{ function: 'quarantine-workers', operation, as, until: HOUR }]);
    expect(run.calls.some((call) => call.operation === operation && call.outcome !== 'ok')).toBe(true);
    expect(during[0]).toBeLessThan(before.during[0] * 4);
    expect(deadLetterCount(run)).toBe(0);
    expect(ofGroups(run)).toEqual(ofGroups(before.run));
    expect(inQuarantine(run).length).toBe(inQuarantine(before.run).length);
  });
});

it.each<[what: string, as: Refusal['as']]>([
  ['fails for good', 'failed'],
  ['refuses with a code that nobody knew', { code: 'SomethingNewException', status: 400 }],
])('a group that EKS %s to describe is told of, leaves no dead letter, and stops no other', async (_, as) => {
  const play = (refusals: readonly Refusal[]) =>
    start({ fleet: 'ssm-agent', seed: 7, inProcess: true, play: '4h', faults: { refusals } });
  const touched = 'old-agent/times-out-once';
  const refusal = { function: 'manage-ssm-agent', operation: 'DescribeNodegroup', naming: 'times-out-once', as };
  const [quiet, run] = [await play([]), await play([refusal])];
  const wordsOf = (each: Run) => ofGroups(each, 'manage-ssm-agent');
  const ofOthers = (each: Run) => wordsOf(each).filter((words) => !words.startsWith(touched));
  expect(ofOthers(run)).toEqual(ofOthers(quiet));
  expect(new Set(wordsOf(run).filter((words) => words.startsWith(touched)))).toEqual(
    new Set([`${touched} failed unreadable`]),
  );
  expect(deadLetterCount(run)).toBe(0);
  expect(run.calls.length).toBeLessThan(quiet.calls.length * 4);
});

it.each<[operation: string, as: Refusal['as']]>([
  ['GetRole', 'failed'],
  ['GetRole', 'dropped'],
  ['ListAttachedRolePolicies', 'failed'],
])('agents of all other workers are cured while IAM fails to tell of one role (%s, %s)', async (operation, as) => {
  const play = (refusals: readonly Refusal[]) =>
    start({ fleet: 'ssm-agent', seed: 7, inProcess: true, play: '3h', faults: { refusals } });
  const naming = 'role-lacks-ssm-general-karpenter-node';
  const run = await play([{ function: 'manage-ssm-agent', operation, naming, as }]);
  const quiet = await play([]);
  const isTouched = (words: string) => words.startsWith('role-lacks-ssm/karpenter:general ');
  // An agent that never answers is installed again and again: which of its attempts goes on at the end is a matter of minutes.
  const wordsOf = (each: Run) =>
    ofGroups(each, 'manage-ssm-agent').filter((words) => !words.startsWith('agent-kept-from-running/'));
  expect(new Set(wordsOf(run).filter(isTouched))).toEqual(
    new Set(['role-lacks-ssm/karpenter:general failed cause-unclear']),
  );
  expect(wordsOf(run).filter((each) => !isTouched(each))).toEqual(wordsOf(quiet).filter((each) => !isTouched(each)));
  expect(deadLetterCount(run)).toBe(0);
  expect(run.calls.length).toBeLessThan(quiet.calls.length * 3);
});

it.each(['SendCommand', 'PutItem'])(
  'agents are cured once %s works again, and messages do not multiply meanwhile',
  async (operation) => {
    const play = (refusals: readonly Refusal[]) =>
      start({ fleet: 'ssm-agent', seed: 7, inProcess: true, play: '3h', faults: { refusals } });
    const fails = { function: 'manage-ssm-agent', operation, as: 'failed' as const, until: HOUR };
    const [quiet, run] = [await play([]), await play([fails])];
    const workers = new Set(quiet.records.map(({ instance }) => instance)).size;
    const callsOf = ({ calls }: Run) => calls.filter((call) => call.function === 'manage-ssm-agent').length;
    expect(callsOf(run)).toBeLessThan(callsOf(quiet) * 4);
    // Only what the launches sent: an hour is longer than the queue tries.
    expect(deadLetterCount(run)).toBeLessThanOrEqual(workers);
    // A cure that could not be remembered shows as an agent that answers.
    const endOf = (each: Run) =>
      ofGroups(each, 'manage-ssm-agent')
        .flatMap((words) => words.match(/^.* done (?=agent-(cured|verified|updated)$)/)?.[0] ?? [])
        .sort();
    expect(endOf(run)).toEqual(endOf(quiet));
  },
);

it('findings of a group that EKS fails for good to describe are told as unreadable, and leave no dead letter', async () => {
  const refusals = [
    { function: 'triage-findings', operation: 'DescribeNodegroup', naming: 'batch', as: 'failed' as const },
  ];
  const run = await start({ fleet: 'findings', seed: 7, inProcess: true, play: '2h', faults: { refusals } });
  const words = lastWords(run, 'triage-findings');
  expect(words.get('shop/batch')).toBe('failed unreadable');
  expect(words.get('shop/web')).toBe('refused urgent-without-ami');
  expect(deadLetterCount(run)).toBe(0);
});

it.each(['ModifyNetworkInterfaceAttribute', 'ExitStandby', 'DeleteTags', 'RegisterTargets'])(
  'a release gives back all else while %s fails, and the rest once it works again',
  async (operation) => {
    const play = async (refusals: readonly Refusal[] = []) => {
      const run = await start({ fleet: 'quarantine', seed: 7, inProcess: true, play: '90m', faults: { refusals } });
      for (const { id } of inQuarantine(run)) ask(run, 'release', id);
      await run.account.play(3 * HOUR);
      return run;
    };
    const quiet = await play();
    const fails = {
      function: 'quarantine-workers',
      operation,
      as: 'failed' as const,
      from: 90 * MINUTE,
      until: 150 * MINUTE,
    };
    const run = await play([fails]);
    expect(deadLetterCount(run)).toBe(0);
    expect(run.calls.length).toBeLessThan(quiet.calls.length * 2);
    expect(ofGroups(run)).toEqual(ofGroups(quiet));
  },
);

describe('a group of which Auto Scaling fails to tell', () => {
  it.each(['DescribeInstanceRefreshes', 'DescribeLifecycleHooks', 'DescribeWarmPool'])(
    'keeps no other from its refresh, and is told of (%s)',
    async (operation) => {
      const refusals = [{ function: 'refresh-groups', operation, naming: 'shop-b', as: 'failed' as const }];
      const groups = [group('a'), group('b', { warmPool: {} }), group('c')];
      const fleet = refreshFleet(cluster('shop', groups));
      const run = await start({ fleet, policy: refreshPolicy(), inProcess: true, play: '4h', faults: { refusals } });
      const words = lastWords(run, 'refresh-groups');
      expect(words.get('shop/self-managed:shop-b')).toBe('failed unreadable');
      expect(words.get('shop/self-managed:shop-a')).toBe('done group-refreshed');
      expect(words.get('shop/self-managed:shop-c')).toBe('done group-refreshed');
      expect(deadLetterCount(run)).toBe(0);
    },
  );

  it.each(['throttled', 'failed', 'dropped'] as const)(
    'keeps the nodes of no other from their drain (%s)',
    async (as) => {
      const fleet = drainFleet();
      const other = { name: 'other', size: 2, maxSize: 4, imageId: 'ami-0123456789abcdef0', terminationHooks: [] };
      fleet.clusters[0]?.selfManagedGroups.push(other);
      const refusals = [
        {
          function: 'drain-nodes',
          operation: 'DescribeLifecycleHooks',
          naming: 'shop-other',
          as,
          from: HOUR,
          until: 95 * MINUTE,
        },
      ];
      const run = await start({ fleet, policy: drainPolicy(), inProcess: true, play: '70m', faults: { refusals } });
      const id = terminateOne(run);
      await run.account.play(20 * MINUTE);
      expect(drainStory(run, id)).toEqual(['waiting node-draining', 'acted node-drained', 'done node-ended']);
      await run.account.play(2 * HOUR);
      expect(lastWords(run, 'drain-nodes').get('shop/self-managed:shop-other')).toBe('done hook-stands');
      // Throttling is told of no group. Where it lasts for longer than a queue tries, the alarm of dead letters tells.
      expect(deadLetterCount(run)).toBe(as === 'throttled' ? 1 : 0);
    },
  );
});

it.each(['throttled', 'failed', 'dropped'] as const)(
  'nodes are drained while EC2 does not show scheduled events (%s), and that is told until it does',
  async (as) => {
    const [from, until] = [HOUR, 3 * HOUR];
    const refusals = [{ function: 'drain-nodes', operation: 'DescribeInstanceStatus', as, from, until }];
    const options = { fleet: drainFleet(), policy: drainPolicy(), inProcess: true, faults: { refusals } };
    const run = await start({ ...options, play: '70m' });
    const id = terminateOne(run);
    await run.account.play(20 * MINUTE);
    expect(drainStory(run, id)).toEqual(['waiting node-draining', 'acted node-drained', 'done node-ended']);
    await run.account.play(3 * HOUR);
    const told = run.records.flatMap(({ reason }) => (reason.startsWith('events-') ? reason : []));
    // Throttling is of nobody.
    expect(told).toEqual(as === 'throttled' ? [] : ['events-unread', 'events-shown']);
    expect(deadLetterCount(run)).toBe(0);
  },
);

it.each(['PutLifecycleHook', 'UpdateAutoScalingGroup', 'RecordLifecycleActionHeartbeat', 'CompleteLifecycleAction'])(
  'nodes are drained once %s works again, and calls do not multiply meanwhile',
  async (operation) => {
    const play = async (refusals: readonly Refusal[] = []) => {
      const run = await start({ fleet: drainFleet(), policy: drainPolicy(), inProcess: true, faults: { refusals } });
      await run.account.play(30 * MINUTE);
      terminateOne(run);
      await run.account.play(35 * MINUTE);
      const calls = run.calls.length;
      await run.account.play(2 * HOUR);
      terminateOne(run);
      await run.account.play(30 * MINUTE);
      return { run, calls };
    };
    const quiet = await play();
    const { run, calls } = await play([{ function: 'drain-nodes', operation, as: 'failed', until: HOUR }]);
    expect(calls).toBeLessThan(quiet.calls * 4);
    expect(deadLetterCount(run)).toBe(0);
    expect(run.records.filter(({ reason }) => reason === 'node-drained').length).toBeGreaterThan(0);
    expect(lastWords(run, 'drain-nodes').get('shop/self-managed:shop-batch')).toBe('done hook-stands');
  },
);

it('a class that a webhook keeps from its pin is told of, and keeps no other from its own', async () => {
  const classes = ['default', 'other'].map((name) => ({ name, amiSelectorTerms: [{ alias: 'al2023@v20260625' }] }));
  const failing = { code: 'InternalError', status: 500, message: 'failed calling webhook "policy": no endpoints' };
  const refusals = [
    {
      function: 'steer-node-classes',
      operation: 'PATCH ec2nodeclasses',
      naming: 'ec2nodeclasses/default',
      as: failing,
    },
  ];
  const fleet = karpenterFleet({}, {}, { karpenterNodeClasses: classes });
  const run = await start({ fleet, policy: nodeClassPolicy(), inProcess: true, play: '30h', faults: { refusals } });
  const words = lastWords(run, 'steer-node-classes');
  expect(words.get('shop/ec2nodeclass:default')).toBe('failed pin-refused');
  expect(words.get('shop/ec2nodeclass:other')).toMatch(/^(acted|done) /);
  expect(deadLetterCount(run)).toBe(0);
});

it.each<[what: string, as: Refusal['as']]>([
  ['fails', 'failed'],
  ['is throttled', 'throttled'],
  ['gives no answer', 'dropped'],
])(
  'a pin whose call %s for hours is told of once, leaves no dead letter, and is made after that',
  async (_what, as) => {
    const fails = { function: 'steer-node-classes', operation: 'PATCH ec2nodeclasses', as, until: 36 * HOUR };
    const options = { fleet: karpenterFleet(), policy: nodeClassPolicy(), inProcess: true };
    const run = await start({ ...options, play: '35h', faults: { refusals: [fails] } });
    const told = () =>
      run.records
        .filter(
          ({ remediation, decision }) => remediation === 'steer-node-classes' && /^(acted|failed)$/.test(decision),
        )
        .map(({ decision, reason }) => `${decision} ${reason}`);
    expect(told()).toEqual(['failed pin-refused']);
    expect(deadLetterCount(run)).toBe(0);
    await run.account.play(4 * HOUR);
    expect(told()).toEqual(['failed pin-refused', 'acted node-class-being-pinned']);
    expect(deadLetterCount(run)).toBe(0);
  },
);
