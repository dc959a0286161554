import { expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import { HOUR, incidentOf, nodeGroupOf, playThrough, upgradeCalls } from './harness.ts';
import { setPolicy } from './quarantine.fixture.ts';
import { failingLab, group, OLD, release, ring, small } from './upgrade.fixture.ts';

it('approve takes all that is proposed in a wave of the policy, and what comes after it waits', async () => {
  const at = (name: string) => ({ name, version: '1.33', nodeGroups: [group('web', { desiredSize: 1 })] });
  const policy = {
    upgrades: { mode: 'observe', bakeAge: '2h', waves: ['canary', 'prod'] },
    overrides: [{ name: 'lab', match: { clusters: ['lab-*'] }, upgrades: { wave: 'canary' } }],
  };
  const fleet = {
    startsAt: '2026-07-14T00:00:00Z',
    releases: [release(OLD, '-10d'), release('1.33.13-20260714', '+30m')],
    clusters: [at('lab-a'), at('lab-b'), at('prod')],
  };
  const run = await playThrough({ inProcess: true, fleet, policy, play: '4h' });
  const approved = await operate(run.account, 'approve', '--wave', 'canary', '--yes', '--why', 'tried by hand');
  expect(approved).toMatchObject({ code: 0 });
  await run.account.play(2 * HOUR);
  const releaseOf = (name: string) => nodeGroupOf(run, name, 'web').releaseVersion;
  expect(['lab-a', 'lab-b', 'prod'].map(releaseOf)).toEqual(['1.33.13-20260714', '1.33.13-20260714', OLD]);
  expect(incidentOf(run, 'prod', 'web').at(-1)).toBe('waiting earlier-wave');

  setPolicy(run, '{"upgrades":{"waves":"canary"}}');
  const refused = await operate(run.account, 'approve', '--wave', 'canary', '--yes', '--why', 'tried by hand');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/The waves of the policy are not known\. .*upgrades\.waves/);
});

const BAD = '1.33.13-20260714';
const GOOD = '1.33.14-20260722';

it('three waves over five clusters: a bad release ends with its canary, the next one goes from wave to wave', async () => {
  const clusters = [
    ring('prod-a', [small('web'), small('api')]),
    ring('prod-b', [small('web')]),
    ring('stage-a', [small('web')]),
    ring('stage-b', [{ ...small('web'), tags: { ring: 'last' } }, small('jobs')]),
    failingLab(),
  ];
  const policy = {
    ssmAgent: { mode: 'off' },
    quarantine: { mode: 'off' },
    findings: { mode: 'off' },
    upgrades: {
      bakeAge: '2h',
      bakeBetween: '3h',
      waves: ['canary', 'stage', 'prod'],
      stopAfterFailures: 2,
      retryAfter: '5m',
      concurrency: { perCluster: 1, perAccount: 3 },
    },
    overrides: [
      { name: 'lab', match: { clusters: ['lab'] }, upgrades: { wave: 'canary' } },
      { name: 'stage', match: { clusters: ['stage-*'] }, upgrades: { wave: 'stage' } },
      { name: 'last', match: { tags: { ring: 'last' } }, upgrades: { wave: 'prod' } },
    ],
  };
  const releases = [release(OLD, '-10d'), release(BAD, '+90m'), release(GOOD, '+8h')];
  const fleet = { startsAt: '2026-07-14T00:00:00Z', releases, clusters };
  const run = await playThrough({ inProcess: true, fleet, policy, play: '3h' });
  // The bad one bakes.
  const plan = await operate(run.account, 'plan', '--fleet', '--json');
  const planned: Array<{ place?: number; wave: string; cluster: string; nodegroup: string; notBefore?: string }> =
    plan.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  await run.account.play(21 * HOUR);

  const starts = run.records.filter(({ reason }) => reason === 'upgrade-started');
  const startsOf = (version: string) =>
    starts
      .filter(({ message }) => message.includes(`to ${version}`))
      .map(({ cluster: name, nodegroup, time }) => ({ subject: `${name}/${nodegroup}`, at: Date.parse(time) }));
  // Each canary tried the bad release as often as the policy allows, and no other group ever did.
  expect(
    startsOf(BAD)
      .map(({ subject }) => subject)
      .sort(),
  ).toEqual(['lab/one', 'lab/one', 'lab/two', 'lab/two']);
  expect(incidentOf(run, 'prod-a', 'web')).toEqual(expect.arrayContaining(['waiting wave-stopped']));

  const good = startsOf(GOOD);
  const waveOf = (subject: string) =>
    subject.startsWith('lab') ? 0 : subject.startsWith('stage') && subject !== 'stage-b/web' ? 1 : 2;
  expect(good.map(({ subject }) => waveOf(subject))).toEqual([0, 0, 1, 1, 2, 2, 2, 2]);
  const endOf = (subject: string) =>
    Date.parse(
      run.records.findLast((each) => each.reason === 'upgraded' && `${each.cluster}/${each.nodegroup}` === subject)
        ?.time ?? '',
    );
  // The plan named the waves in this order, and no group began sooner than it said.
  expect(planned.map(({ wave }) => wave)).toEqual([
    'canary',
    'canary',
    'stage',
    'stage',
    'prod',
    'prod',
    'prod',
    'prod',
  ]);
  for (const { cluster: name, nodegroup, notBefore } of planned) {
    const began = good.find(({ subject }) => subject === `${name}/${nodegroup}`)?.at;
    expect(began).toBeGreaterThanOrEqual(Date.parse(notBefore ?? ''));
  }
  const ends = good.map(({ subject }) => endOf(subject));
  // Never more than one upgrade of a cluster and three of the account run at a time.
  for (const [index, { subject, at: began }] of good.entries()) {
    const meanwhile = good.filter((each, other) => other !== index && each.at <= began && ends[other]! > began);
    expect(meanwhile.length).toBeLessThan(3);
    expect(meanwhile.map((each) => each.subject.split('/')[0])).not.toContain(subject.split('/')[0]);
  }
  // The first one goes alone, and each wave bakes.
  expect(good[1]?.at).toBeGreaterThanOrEqual(ends[0]!);
  for (const wave of [1, 2]) {
    const entered = Math.min(...good.filter(({ subject }) => waveOf(subject) === wave).map(({ at: began }) => began));
    const before = good.flatMap(({ subject }, index) => (waveOf(subject) < wave ? [ends[index]!] : []));
    expect(entered).toBeGreaterThanOrEqual(Math.max(...before) + 3 * HOUR - 60_000);
    expect(entered).toBeLessThan(Math.max(...before) + 4.5 * HOUR);
  }
  for (const { name, nodeGroups } of clusters) {
    for (const each of nodeGroups) {
      const { name: nodegroup } = each as { name: string };
      expect(nodeGroupOf(run, name, nodegroup).releaseVersion).toBe(GOOD);
    }
  }
  expect(upgradeCalls(run)).toHaveLength(12);
  expect(run.errors).toEqual([]);
  const told = run.records
    .filter(
      ({ reason, cluster: name, message }) =>
        (reason === 'earlier-wave' && name === 'prod-b' && message.includes(GOOD)) || message.includes('waits for'),
    )
    .map(({ message }) => message);
  expect(told).toContainEqual(
    expect.stringMatching(/^It waits for wave stage: stage-\w\/\w+ (has not finished|is moving to it)/),
  );
  expect(told).toContainEqual(expect.stringMatching(/ bakes in wave stage until /));
});

it('what failed in a canary comes to no later wave, once the canary runs a newer release, though another canary took it', async () => {
  const failure = { errorCode: 'NodeCreationFailure', errorMessage: 'did not join', afterMinutes: 5 };
  const clusters = [ring('prod', [small('web')]), ring('lab', [small('one', { fails: [failure] }), small('two')])];
  const upgrades = { bakeAge: '2h', bakeBetween: '3h', stopAfterFailures: 1, waves: ['canary', 'prod'] };
  const overrides = [{ name: 'lab', match: { clusters: ['lab'] }, upgrades: { wave: 'canary' } }];
  const releases = [release(OLD, '-10d'), release(BAD, '+90m'), release(GOOD, '+10h')];
  const fleet = { startsAt: '2026-07-14T00:00:00Z', releases, clusters };
  const run = await playThrough({ inProcess: true, fleet, policy: { upgrades, overrides }, play: '20h' });
  const starts = upgradeCalls(run).map(
    ({ input: { clusterName, nodegroupName, releaseVersion } }) => `${clusterName}/${nodegroupName} ${releaseVersion}`,
  );
  expect(starts.filter((start) => start.endsWith(BAD))).toEqual([`lab/one ${BAD}`, `lab/two ${BAD}`]);
  expect(starts.filter((start) => start.startsWith('prod'))).toEqual([`prod/web ${GOOD}`]);
});
