import { expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, HOUR, MINUTE, nodeGroupOf, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { askAboutClass, karpenterFleet, NEW, nodeClassPolicy, OLD } from './node-classes.fixture.ts';
import { release, small } from './upgrade.fixture.ts';

const BEGIN = '2026-07-14T12:00:00Z';
const CLASS = 'ec2nodeclass:default';

/**
 * A canary with a node class, and a cluster of the last wave with one and with a managed node group.
 *
 * @param pool of the canary
 */
function inTwoWaves({ pool = {}, more = {} }: { pool?: object; more?: object } = {}) {
  const [canary] = karpenterFleet({}, pool).clusters;
  const [prod] = karpenterFleet().clusters;
  return {
    startsAt: BEGIN,
    releases: [release(OLD, '-15d'), release(NEW, '+3h')],
    clusters: [
      { ...prod, name: 'prod', nodeGroups: [small('web')] },
      { ...canary, name: 'canary' },
    ],
    ...more,
  };
}

const policyOf = (upgrades: object = {}, nodeClasses: object = {}) => ({
  ...nodeClassPolicy({ bakeAge: '2h', ...nodeClasses }),
  upgrades: { bakeAge: '2h', bakeBetween: '6h', waves: ['canary', 'prod'], ...upgrades },
  overrides: [{ name: 'first', match: { clusters: ['canary'] }, upgrades: { wave: 'canary' } }],
});

const play = async (fleet: object, policy: object, hours: number): Promise<Run> => {
  const run = await start({ fleet, policy, inProcess: true });
  await run.account.play(hours * HOUR);
  return run;
};

/** When a group or class was first told with a reason, in hours since the fleet began. */
function toldAt(run: Run, cluster: string, nodegroup: string, reason: string, about = ''): number {
  const told = run.records.find(
    (each) =>
      each.cluster === cluster &&
      each.nodegroup === nodegroup &&
      each.reason === reason &&
      each.message.includes(about),
  );
  return told === undefined ? Number.NaN : (Date.parse(told.time) - Date.parse(BEGIN)) / HOUR;
}
const saysOf = (run: Run, cluster: string, nodegroup: string, reason: string): string =>
  run.records
    .filter((each) => each.cluster === cluster && each.nodegroup === nodegroup && each.reason === reason)
    .map(({ message }) => message)
    .join(' ');
const aliasIn = (run: Run, cluster: string): unknown =>
  run.account.fleet.karpenter.get(cluster)?.classes[0]?.terms[0]?.alias;

async function asExpected(run: Run): Promise<void> {
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  expect([run.errors, run.account.deliveries.lost, deadLetterCount(run)]).toEqual([[], [], 0]);
}

it('a release comes to a later wave, to its classes and its managed groups alike, once the class of the canary has run it on all nodes for long enough', async () => {
  const run = await play(inTwoWaves(), policyOf(), 30);
  const drifted = toldAt(run, 'canary', CLASS, 'node-class-current', 'v20260710');
  expect(toldAt(run, 'canary', CLASS, 'node-class-being-pinned')).toBeLessThan(drifted);
  const pinned = toldAt(run, 'prod', CLASS, 'node-class-being-pinned');
  const upgraded = toldAt(run, 'prod', 'web', 'upgrade-started');
  expect(Math.min(pinned, upgraded)).toBeGreaterThanOrEqual(drifted + 6 - 0.02);
  expect(Math.max(pinned, upgraded)).toBeLessThan(drifted + 9);
  for (const waiting of [CLASS, 'web']) {
    expect(saysOf(run, 'prod', waiting, 'earlier-wave')).toMatch(
      /waits for wave canary: canary\/ec2nodeclass:default .*bakes in wave canary until/s,
    );
  }
  expect([aliasIn(run, 'canary'), aliasIn(run, 'prod')]).toEqual(['al2023@v20260710', 'al2023@v20260710']);
  expect(nodeGroupOf(run, 'prod', 'web').releaseVersion).toBe(NEW);
  await asExpected(run);
});

it('it comes to no later wave while the budget of a pool keeps Karpenter from replacing the nodes of the canary', async () => {
  const run = await play(inTwoWaves({ pool: { budgets: [{ nodes: '0' }] } }), policyOf(), 30);
  expect(aliasIn(run, 'canary')).toBe('al2023@v20260710');
  expect([aliasIn(run, 'prod'), nodeGroupOf(run, 'prod', 'web').releaseVersion]).toEqual(['al2023@v20260625', OLD]);
  expect(saysOf(run, 'prod', 'web', 'earlier-wave')).toMatch(/waits for wave canary: canary\/ec2nodeclass:default/);

  // Nobody waits for a class that somebody has deleted.
  run.account.fleet.karpenter.get('canary')?.classes.splice(0);
  await run.account.play(4 * HOUR);
  expect([aliasIn(run, 'prod'), nodeGroupOf(run, 'prod', 'web').releaseVersion]).toEqual(['al2023@v20260710', NEW]);
  await asExpected(run);
});

const proposing = [
  {
    name: 'first',
    match: { clusters: ['canary'] },
    upgrades: { wave: 'canary' },
    nodeClasses: { mode: 'observe', bakeAge: '1h' },
  },
];

it('nobody waits for a class whose mode only proposes', async () => {
  const run = await play(inTwoWaves(), { ...policyOf(), overrides: proposing }, 12);
  expect(aliasIn(run, 'canary')).toBe('al2023@v20260625');
  expect([aliasIn(run, 'prod'), nodeGroupOf(run, 'prod', 'web').releaseVersion]).toEqual(['al2023@v20260710', NEW]);
  await asExpected(run);
});

it('a class whose mode only proposes is waited for once its pin is approved, and while Karpenter replaces its nodes', async () => {
  const fleet = inTwoWaves({ pool: { budgets: [{ nodes: '0' }] } });
  const run = await play(fleet, { ...policyOf(), overrides: proposing }, 1);
  while (saysOf(run, 'canary', CLASS, 'would-pin-node-class') === '') await run.account.play(10 * MINUTE);
  await askAboutClass(run, 'approve', 'canary');
  await run.account.play(24 * HOUR);
  expect(aliasIn(run, 'canary')).toBe('al2023@v20260710');
  expect([aliasIn(run, 'prod'), nodeGroupOf(run, 'prod', 'web').releaseVersion]).toEqual(['al2023@v20260625', OLD]);
  expect(saysOf(run, 'prod', 'web', 'earlier-wave')).toMatch(/canary\/ec2nodeclass:default is moving to it/);
  await asExpected(run);
});

it('a pin waits for its window, for a change calendar and for an alarm, each with its end', async () => {
  const gates = { alarms: ['errors'], calendars: ['freeze'] };
  const more = {
    alarms: [
      {
        name: 'errors',
        changes: [
          { at: '+1m', state: 'ALARM' },
          { at: '+14h', state: 'OK' },
        ],
      },
    ],
    calendars: [{ name: 'freeze', events: [{ from: '+1h', until: '+12h' }] }],
  };
  const windows = [{ cron: '30 19 * * *', duration: '10h' }];
  const run = await play(inTwoWaves({ more }), policyOf({ gates }, { windows }), 20);
  const story = run.records
    .filter(({ cluster, nodegroup }) => cluster === 'canary' && nodegroup === CLASS)
    .map(({ decision, reason }) => `${decision} ${reason}`);
  expect(story).toEqual([
    'done node-class-current',
    'waiting node-class-outside-window',
    'waiting calendar-gate-closed',
    'waiting alarm-gate-closed',
    'acted node-class-being-pinned',
    'waiting node-class-drifting',
    'done node-class-current',
  ]);
  const at = (reason: string) => toldAt(run, 'canary', CLASS, reason);
  // Neither the window nor the calendar is waited for longer than it is shut, and the alarm is read every quarter of an hour.
  expect(at('calendar-gate-closed')).toBeGreaterThanOrEqual(7.5);
  expect(at('calendar-gate-closed')).toBeLessThan(7.6);
  expect(at('alarm-gate-closed')).toBeLessThan(12.1);
  expect(at('node-class-being-pinned')).toBeGreaterThanOrEqual(14);
  expect(at('node-class-being-pinned')).toBeLessThan(14.4);
  await asExpected(run);
});

it('an alarm that holds a pin back for a day is told to people, once', async () => {
  const more = { alarms: [{ name: 'errors', changes: [{ at: '+1m', state: 'ALARM' }] }] };
  const run = await play(inTwoWaves({ more }), policyOf({ gates: { alarms: ['errors'] } }), 50);
  const told = run.account.sns.published.filter(({ subject = '' }) => subject.includes(`${CLASS}: alarm-gate-closed`));
  expect(told.map(({ message }) => message)).toEqual([
    expect.stringContaining('Whenever the pin could have started since'),
  ]);
  await asExpected(run);
});

it('a pin waits while a node of its cluster is not Ready that was when the release came, where the policy asks for that', async () => {
  const [shop] = karpenterFleet().clusters;
  const fleet = {
    startsAt: BEGIN,
    releases: [release(OLD, '-15d'), release(NEW, '+3h')],
    clusters: [{ ...shop, nodeGroups: [small('web')] }],
    changes: [{ at: '+4h', cluster: 'shop', nodeGroup: 'web', stopKubelet: { until: '+9h' } }],
  };
  const upgrades = { mode: 'off', gates: { nodesAndPods: true } };
  const run = await play(fleet, { ...nodeClassPolicy({ bakeAge: '2h' }), upgrades }, 12);
  expect(saysOf(run, 'shop', CLASS, 'workload-gate-closed')).toMatch(
    /^Since the release was first seen: in shop, \d nodes? (is|are) not Ready/,
  );
  const pinned = toldAt(run, 'shop', CLASS, 'node-class-being-pinned');
  expect([pinned >= 9, pinned < 9.5]).toEqual([true, true]);
  expect(aliasIn(run, 'shop')).toBe('al2023@v20260710');
  await asExpected(run);
});

it('a first start that another function has claimed goes alone: classes and managed groups wait for it, and then for each other', async () => {
  const [canary] = karpenterFleet().clusters;
  const fleet = {
    startsAt: BEGIN,
    releases: [release(OLD, '-15d'), release(NEW, '+3h')],
    clusters: [{ ...canary, name: 'canary', nodeGroups: [small('web')] }],
  };
  const run = await play(fleet, policyOf(), 4);
  const { dynamoDb, stack, time } = run.account;
  const claim = { by: 'elsewhere', cluster: 'other', nodegroup: 'api' };
  await dynamoDb.call('PutItem', {
    TableName: stack.ref('AWS::DynamoDB::Table'),
    Item: {
      ...Object.fromEntries(Object.entries(claim).map(([name, value]) => [name, { S: value }])),
      pk: { S: 'first-start' },
      sk: { S: `1.33/AL2023_x86_64_STANDARD ${NEW}` },
      at: { N: String(time.now + 90 * MINUTE) },
      revision: { N: '1' },
    },
  });
  await run.account.play(10 * HOUR);
  for (const each of [CLASS, 'web']) {
    expect(saysOf(run, 'canary', each, 'earlier-wave')).toMatch(/other\/api is moving to it: the first node group/);
  }
  const starts = [
    toldAt(run, 'canary', CLASS, 'node-class-being-pinned'),
    toldAt(run, 'canary', 'web', 'upgrade-started'),
  ];
  const [first = 0, second = 0] = starts.toSorted((a, b) => a - b);
  expect([first >= 6.5, second > first]).toEqual([true, true]);
  expect(aliasIn(run, 'canary')).toBe('al2023@v20260710');
  expect(nodeGroupOf(run, 'canary', 'web').releaseVersion).toBe(NEW);
  await asExpected(run);
});
