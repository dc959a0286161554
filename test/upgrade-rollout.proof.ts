import { expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import type { CallRecord } from '../sandbox/account/service.ts';
import { incidentOf, MINUTE, nodeGroupOf, playThrough, upgradeCalls } from './harness.ts';
import { failingLab, OLD, release, ring, small } from './upgrade.fixture.ts';

const BAD = '1.33.13-20261022';
const GOOD = '1.33.14-20261024';

const cart = { name: 'cart', namespace: 'shop', replicas: 2, disruptionBudget: { minAvailable: 2 } };

/** Clocks in Berlin go back on the 25th at 01:00 UTC: six o'clock is four in UTC before, and five after. */
const FLEET = {
  startsAt: '2026-10-24T00:00:00Z',
  releases: [release(OLD, '-10d'), release(BAD, '+30m'), release(GOOD, '+6h30m')],
  clusters: [
    ring('prod-a', [small('web'), small('api')]),
    ring('prod-b', [small('jobs'), { ...small('shop'), workloads: [cart] }], {
      accessEntries: [{ function: 'upgrade-node-groups', kubernetesGroups: ['eks-host-remediator-upgrades'] }],
    }),
    ring('stage-a', [small('web'), small('api')]),
    ring('stage-b', [small('web')]),
    failingLab(),
  ],
  alarms: [
    {
      name: 'checkout-errors',
      changes: [
        { at: '+29h2m', state: 'ALARM' },
        { at: '+30h20m', state: 'OK' },
      ],
    },
  ],
  calendars: [{ name: 'release-freeze', events: [{ from: '+30h', until: '+33h' }] }],
};

const POLICY = {
  ssmAgent: { mode: 'off' },
  quarantine: { mode: 'off' },
  findings: { mode: 'off' },
  upgrades: {
    bakeAge: '2h',
    bakeBetween: '3h',
    waves: ['canary', 'stage', 'prod'],
    windows: [{ cron: '0 6 * * *', duration: '10h', timeZone: 'Europe/Berlin' }],
    gates: { alarms: ['checkout-errors'], calendars: ['release-freeze'] },
    stopAfterFailures: 2,
    retryAfter: '5m',
    concurrency: { perCluster: 1, perAccount: 2 },
  },
  overrides: [
    { name: 'lab', match: { clusters: ['lab'] }, upgrades: { wave: 'canary' } },
    { name: 'stage', match: { clusters: ['stage-*'] }, upgrades: { wave: 'stage' } },
    { name: 'pods', match: { clusters: ['prod-b'] }, upgrades: { preflightPods: true } },
  ],
};

it('a rollout through windows, gates and budgets ends where the policy says, in the order of its plan, never over a budget', async () => {
  // A further update runs only after a call that starts it, so the state after each such call shows the most that ever
  // runs at once.
  const atStarts: Array<{ readonly subject: string; readonly busy: readonly string[] }> = [];
  const onCall = ({ operation, input }: CallRecord) => {
    if (operation !== 'UpdateNodegroupVersion') return;
    const { clusterName, nodegroupName } = input as { readonly clusterName: string; readonly nodegroupName: string };
    const updating = run.account
      .snapshot()
      .clusters.flatMap(({ name, nodeGroups }) =>
        nodeGroups.filter(({ status }) => status === 'UPDATING').map((each) => `${name}/${each.name}`),
      );
    const subject = `${clusterName}/${nodegroupName}`;
    const busy = [...new Set([...updating, subject])].map((each) => each.split('/')[0] ?? '');
    atStarts.push({ subject, busy });
  };
  const run = await playThrough({ inProcess: true, fleet: FLEET, policy: POLICY, play: '3h', onCall });
  // The bad release bakes.
  const shown = await operate(run.account, 'plan', '--fleet', '--json');
  const planned: Array<{ cluster: string; nodegroup: string; wave: string; notBefore: string }> = shown.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

  // EKS itself is asked once a minute which groups it updates. No update takes less than four minutes.
  const seenAtOnce = new Set<string>();
  for (let minute = 3 * 60; minute < 34 * 60; minute += 1) {
    await run.account.play(MINUTE);
    const updating = run.account
      .snapshot()
      .clusters.map(({ nodeGroups }) => nodeGroups.filter(({ status }) => status === 'UPDATING').length);
    seenAtOnce.add(`${Math.max(...updating)} in a cluster, ${updating.reduce((sum, count) => sum + count, 0)} in all`);
  }
  expect([...seenAtOnce].sort()).toEqual([
    '0 in a cluster, 0 in all',
    '1 in a cluster, 1 in all',
    '1 in a cluster, 2 in all',
  ]);

  for (const { subject, busy } of atStarts) {
    expect([subject, busy.length]).toEqual([subject, Math.min(busy.length, 2)]);
    expect([subject, new Set(busy).size]).toEqual([subject, busy.length]);
  }

  const starts = run.records
    .filter(({ reason }) => reason === 'upgrade-started')
    .map(({ cluster: name, nodegroup, time, message }) => ({ subject: `${name}/${nodegroup}`, time, message }));
  const startsOf = (version: string) => starts.filter(({ message }) => message.includes(`to ${version}`));
  const subjectsOf = (version: string) => startsOf(version).map(({ subject }) => subject);
  const places = planned.map(({ cluster: name, nodegroup }) => `${name}/${nodegroup}`);
  const waveOf = (subject: string) => planned[places.indexOf(subject)]?.wave;

  // The bad release ends with its canaries, which have tried it as often as the policy allows.
  expect(planned.map(({ wave }) => wave)).toEqual([
    ...Array(2).fill('canary'),
    ...Array(3).fill('stage'),
    ...Array(4).fill('prod'),
  ]);
  expect(subjectsOf(BAD)).toEqual([...places.slice(0, 2), ...places.slice(0, 2)]);
  expect(incidentOf(run, 'prod-b', 'jobs')).toContain('waiting wave-stopped');

  // The good release takes the waves as planned. No group starts sooner than the plan says, and each cluster keeps the
  // planned order.
  const good = subjectsOf(GOOD);
  expect(good.map(waveOf)).toEqual([...Array(2).fill('canary'), ...Array(3).fill('stage'), ...Array(3).fill('prod')]);
  for (const name of ['stage-a', 'stage-b', 'prod-a', 'prod-b']) {
    const of = (subjects: string[]) =>
      subjects.filter((subject) => subject.startsWith(`${name}/`) && subject !== 'prod-b/shop');
    expect(of(good)).toEqual(of(places));
  }
  const startOf = (subject: string) =>
    startsOf(GOOD)
      .find((each) => each.subject === subject)
      ?.time.slice(0, 16);

  // A group that starts before another one of its wave, against the plan, finds the other one's cluster busy.
  const goodStarts = atStarts.slice(subjectsOf(BAD).length);
  const begun = goodStarts.map(({ subject }) => subject);
  for (const [index, { subject, busy }] of goodStarts.entries()) {
    // One reconcile starts several at once.
    const atOnce = begun.filter((other) => startOf(other) === startOf(subject));
    const taken = new Set([...busy, ...atOnce.map((other) => other.split('/')[0] ?? '')]);
    const overtaken = places
      .slice(0, places.indexOf(subject))
      .filter((other) => waveOf(other) === waveOf(subject) && waveOf(other) !== 'canary')
      .filter((other) => begun.indexOf(other) > index && !taken.has(other.split('/')[0] ?? ''));
    expect([subject, overtaken]).toEqual([subject, []]);
  }
  for (const { subject, time } of startsOf(GOOD)) {
    const { notBefore = '' } = planned[places.indexOf(subject)] ?? {};
    expect(Date.parse(time)).toBeGreaterThanOrEqual(Date.parse(notBefore));
  }

  // Windows open at six in Berlin, whatever the time in UTC is.
  expect(startsOf(BAD)[0]?.time.slice(0, 16)).toBe('2026-10-24T04:00');
  expect(startOf('prod-a/api')).toBe('2026-10-25T05:00');
  expect(startOf('prod-b/jobs')).toBe('2026-10-25T05:00');
  // The alarm fires two minutes later. The running update goes on. The next one waits for the alarm, and then for the
  // calendar.
  expect(incidentOf(run, 'prod-a', 'api').at(-1)).toBe('done upgraded');
  const waits = incidentOf(run, 'prod-a', 'web').filter((line) => !line.includes('in-flight'));
  expect(waits.slice(waits.indexOf('waiting alarm-gate-closed'))).toEqual([
    'waiting alarm-gate-closed',
    'waiting calendar-gate-closed',
    'acted upgrade-started',
    'done upgraded',
  ]);
  expect(startOf('prod-a/web')).toBe('2026-10-25T09:00');

  // All groups but the one whose pods nothing may evict have the good release, without a superfluous call.
  for (const subject of places) {
    const [name = '', nodegroup = ''] = subject.split('/');
    expect([subject, nodeGroupOf(run, name, nodegroup).releaseVersion]).toEqual([
      subject,
      subject === 'prod-b/shop' ? OLD : GOOD,
    ]);
  }
  expect(incidentOf(run, 'prod-b', 'shop').at(-1)).toBe('refused preflight-blocked');
  expect(upgradeCalls(run)).toHaveLength(12);
  expect(run.errors).toEqual([]);
});
