import { expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, HOUR, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { cluster, fleet, group, NEW, OLD, policy } from './refresh-groups.fixture.ts';

const inWaves = (refreshes: object = {}, upgrades: object = {}) => ({
  ...policy(refreshes),
  upgrades: { waves: ['canary', 'stage', 'prod'], bakeBetween: '4h', ...upgrades },
  overrides: [
    { name: 'first', match: { clusters: ['canary'] }, upgrades: { wave: 'canary' } },
    { name: 'second', match: { clusters: ['stage'] }, upgrades: { wave: 'stage' } },
  ],
});

const of = ({ records }: Run) => records.filter(({ remediation }) => remediation === 'refresh-groups');
/** When a group was first told with a reason, in hours since the fleet began; undefined: never. */
function toldAt(run: Run, name: string, reason: string): number | undefined {
  const told = of(run).find((each) => each.nodegroup === `self-managed:${name}` && each.reason === reason);
  return told && (Date.parse(told.time) - Date.parse('2026-07-14T12:00:00Z')) / HOUR;
}
const saysOf = (run: Run, name: string, reason: string): string[] =>
  of(run)
    .filter((each) => each.nodegroup === `self-managed:${name}` && each.reason === reason)
    .map(({ message }) => message);
const imagesOf = ({ account }: Run): Record<string, string[]> =>
  Object.fromEntries(
    account.fleet.autoScalingGroups
      .list()
      .map(({ name, members }) => [name, [...new Set([...members.values()].map(({ instance }) => instance.imageId))]]),
  );

async function asExpected(run: Run): Promise<void> {
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  expect([run.errors, run.account.deliveries.lost, deadLetterCount(run)]).toEqual([[], [], 0]);
}

it('an AMI goes from wave to wave once every group of the earlier ones runs it and has for long enough, and its first group goes alone', async () => {
  const clusters = [
    cluster('prod', [group('web')]),
    cluster('stage', [group('web')]),
    cluster('canary', [group('one'), group('two'), group('kept', { launchesFrom: 'mixed-instances' })]),
  ];
  const run = await start({ fleet: fleet(...clusters), policy: inWaves(), inProcess: true });
  await run.account.play(24 * HOUR);
  const [kept, ...others] = ['canary-kept', 'canary-one', 'canary-two', 'stage-web', 'prod-web'];
  expect(imagesOf(run)).toEqual({ [kept]: [OLD], ...Object.fromEntries(others.map((name) => [name, [NEW]])) });
  const at = (name: string, reason: string) => toldAt(run, name, reason) ?? Number.NaN;
  const canaries = ['canary-one', 'canary-two'].toSorted((a, b) => at(a, 'refresh-started') - at(b, 'refresh-started'));
  const [first = '', second = ''] = canaries;
  expect(at(second, 'refresh-started')).toBeGreaterThan(at(first, 'group-refreshed'));
  expect(saysOf(run, second, 'earlier-wave')).toEqual([
    expect.stringMatching(new RegExp(`canary/self-managed:${first} is moving to it: the first node group`)),
  ]);
  expect(at('stage-web', 'refresh-started')).toBeGreaterThanOrEqual(at(second, 'group-refreshed') + 4);
  expect(at('prod-web', 'refresh-started')).toBeGreaterThanOrEqual(at('stage-web', 'group-refreshed') + 4);
  expect(saysOf(run, 'prod-web', 'earlier-wave').join(' ')).toMatch(
    /waits for wave canary.*bakes in wave stage until/s,
  );
  await asExpected(run);
});

it('an AMI with which a group of an earlier wave failed comes to no later one', async () => {
  const clusters = [cluster('prod', [group('web')]), cluster('canary', [group('bad', { brokenImages: [NEW] })])];
  const run = await start({ fleet: fleet(...clusters), policy: inWaves(), inProcess: true });
  await run.account.play(14 * HOUR);
  expect(imagesOf(run)).toEqual({ 'prod-web': [OLD], 'canary-bad': [OLD] });
  expect(saysOf(run, 'prod-web', 'wave-stopped')).toEqual([
    `${NEW} is stopped in wave canary: canary/self-managed:canary-bad failed to move to it.`,
  ]);
  await asExpected(run);
});

it('a refresh waits for the alarms and change calendars of the policy, and begins once all are open', async () => {
  const gates = { alarms: ['errors'], calendars: ['freeze'] };
  const run = await start({
    fleet: {
      ...fleet(cluster('canary', [group('web')])),
      alarms: [
        {
          name: 'errors',
          changes: [
            { at: '+1m', state: 'ALARM' },
            { at: '+5h', state: 'OK' },
          ],
        },
      ],
      calendars: [{ name: 'freeze', events: [{ from: '+1h', until: '+3h' }] }],
    },
    policy: inWaves({}, { gates }),
    inProcess: true,
  });
  await run.account.play(8 * HOUR);
  expect(
    of(run)
      .filter(({ reason }) => reason !== 'image-baking')
      .map(({ decision, reason }) => `${decision} ${reason}`),
  ).toEqual([
    'waiting calendar-gate-closed',
    'waiting alarm-gate-closed',
    'acted refresh-started',
    'waiting refresh-under-way',
    'done group-refreshed',
  ]);
  expect(toldAt(run, 'canary-web', 'refresh-started')).toBeGreaterThanOrEqual(5);
  await asExpected(run);
});

it('an alarm that holds a refresh back for a day is told to people, once', async () => {
  const alarms = [{ name: 'errors', changes: [{ at: '+1m', state: 'ALARM' }] }];
  const run = await start({
    fleet: { ...fleet(cluster('canary', [group('web')])), alarms },
    policy: inWaves({}, { gates: { alarms: ['errors'] } }),
    inProcess: true,
  });
  await run.account.play(50 * HOUR);
  const told = run.account.sns.published.filter(({ subject = '' }) => subject.includes('alarm-gate-closed'));
  expect(told.map(({ message }) => message)).toEqual([
    expect.stringContaining('Whenever the refresh could have started since 2026-07-14T'),
  ]);
  expect(toldAt(run, 'canary-web', 'alarm-gate-closed')).toBeLessThan(3);
  await asExpected(run);
});

it('a refresh waits while a cluster does not let nodes and pods be read, where the policy asks for that, and begins where it does', async () => {
  const entry = { function: 'refresh-groups', kubernetesGroups: ['eks-host-remediator-refreshes'] };
  const run = await start({
    fleet: fleet(cluster('open', [group('web')], { accessEntries: [entry] }), cluster('shut', [group('web')])),
    policy: { ...policy(), upgrades: { gates: { nodesAndPods: true } } },
    inProcess: true,
  });
  await run.account.play(4 * HOUR);
  expect(imagesOf(run)).toEqual({ 'open-web': [NEW], 'shut-web': [OLD] });
  expect(saysOf(run, 'shut-web', 'gate-unreadable')).toEqual([
    expect.stringContaining('What cannot be read is closed: the nodes and pods of shut'),
  ]);
  await asExpected(run);
});
