import { beforeAll, describe, expect, it } from 'vitest';
import type { Run } from '../sandbox/play.ts';
import { HOUR, incidentOf, isAboutGroup, nodeGroupOf, playThrough, start, upgradeCalls } from './harness.ts';
import { FAST, fleet, group, NEW, OLD, release } from './upgrade.fixture.ts';

const HOURS = { upgrades: { ...FAST.upgrades, concurrency: { perCluster: 1, perAccount: 50 } } };
const clusterOf = (name: string, nodeGroups: object[]) => ({ name, version: '1.33', nodeGroups });

describe('a poisoned node group among others', () => {
  let quiet: Run;
  let run: Run;
  const READS = ['DescribeNodegroup', 'ListUpdates', 'DescribeUpdate'];
  const troubles = [
    { code: 'ServerException', status: 500 },
    { code: 'InvalidRequestException', status: 400 },
    { code: 'ConnectionDropped' },
    { code: 'ThrottlingException', status: 429 },
  ].map((how, index) => ({ cluster: `c${index}`, nodeGroup: 'b', operations: READS, ...how }));
  const clusters = troubles.map(({ cluster }) =>
    clusterOf(
      cluster,
      ['a', 'b', 'c'].map((name) => group(name)),
    ),
  );
  const ends = ({ account }: Run) =>
    account
      .snapshot()
      .clusters.flatMap(({ name, nodeGroups }) => nodeGroups.map((each) => [`${name}/${each.name}`, each] as const))
      .filter(([subject]) => !subject.endsWith('/b'))
      .map(([subject, { releaseVersion, status }]) => `${subject} ${releaseVersion} ${status}`);

  beforeAll(async () => {
    const base = { ...fleet([]), clusters };
    quiet = await playThrough({ inProcess: true, fleet: base, policy: HOURS, play: '6h' });
    run = await start({ inProcess: true, fleet: { ...base, troubles }, policy: HOURS, play: '6h' });
  });

  it('holds up nobody, whatever AWS answers: the others end as without it', () => {
    expect(ends(run)).toEqual(ends(quiet));
    expect(ends(run).every((line) => line.endsWith(`${NEW} ACTIVE`))).toBe(true);
    expect(run.errors.filter((line) => /upgrade-node-groups|watch-ami-releases|sweep-fleet/.test(line))).toEqual([]);
  });

  it('is named and told of once by each function that looks at groups, though each answer has another request id', () => {
    for (const { cluster, code } of troubles) {
      const told = run.records
        .filter((record) => isAboutGroup(record) && record.cluster === cluster && record.nodegroup === 'b')
        .map(({ remediation, decision, reason }) => `${remediation} ${decision} ${reason}`);
      expect(told.filter((line) => line.startsWith('upgrade-node-groups'))).toEqual([
        'upgrade-node-groups failed unreadable',
      ]);
      // A host is checked once a week, so mere slowness of AWS is no news.
      expect(told.filter((line) => line.startsWith('check-posture'))).toEqual(
        code === 'ThrottlingException' ? [] : ['check-posture failed unreadable'],
      );
    }
  });
});

it('a cluster that EKS calls unhealthy keeps its groups until that is cured, told once, and no other cluster', async () => {
  const health = [{ code: 'KmsKeyDisabled', message: 'The key is disabled.', until: '+6h' }];
  const clusters = [{ ...clusterOf('bad', [group('a')]), health }, clusterOf('good', [group('b')])];
  const run = await start({ inProcess: true, fleet: { ...fleet([]), clusters }, policy: HOURS, play: '5h' });
  const told = run.records
    .filter((record) => record.remediation === 'upgrade-node-groups' && record.nodegroup === 'a')
    .map(({ decision, reason }) => `${decision} ${reason}`);
  expect(told.filter((line) => /^(refused|failed|acted)/.test(line))).toEqual(['refused cluster-unhealthy']);
  expect(nodeGroupOf(run, 'good', 'b').releaseVersion).toBe(NEW);
  await run.account.play(5 * HOUR);
  expect(nodeGroupOf(run, 'bad', 'a').releaseVersion).toBe(NEW);
});

it('an account whose listing is throttled for a while goes on by itself', async () => {
  const troubles = [
    {
      cluster: 'shop',
      operations: ['ListNodegroups'],
      code: 'ThrottlingException',
      status: 429,
      from: '+30m',
      until: '+3h',
    },
  ];
  const run = await start({ inProcess: true, fleet: { ...fleet([group('web')]), troubles }, policy: FAST, play: '7h' });
  expect(nodeGroupOf(run, 'shop', 'web').releaseVersion).toBe(NEW);
});

it('where EKS does not take the update of the first, the next of its wave is called', async () => {
  const taken = {
    operations: ['UpdateNodegroupVersion'],
    code: 'InvalidParameterException',
    status: 400,
    message: 'no',
  };
  const run = await start({
    inProcess: true,
    fleet: {
      ...fleet([group('a'), group('b')]),
      troubles: [{ ...taken, cluster: 'shop', nodeGroup: 'a', until: '+24h' }],
    },
    policy: {
      upgrades: { ...FAST.upgrades, bakeAge: '0m', waves: ['all'], concurrency: { perCluster: 1, perAccount: 1 } },
    },
    play: '12h',
  });
  const at = (name: string, reason: string) =>
    run.records.findIndex((each) => each.nodegroup === name && each.reason === reason);
  expect(run.records[at('b', 'earlier-wave')]?.message).toMatch(/^shop\/a is moving to it/);
  expect(at('a', 'upgrade-refused')).toBeGreaterThan(-1);
  // Both were decided together, so that nobody else would tell the second that the first does not go.
  const called = run.calls.filter(
    ({ operation, input }) => operation === 'SendMessageBatch' && JSON.stringify(input).includes('slot-free shop/b '),
  );
  expect(called.length).toBeGreaterThan(0);
  expect(nodeGroupOf(run, 'shop', 'b').releaseVersion).toBe(NEW);
});

it('an update that EKS does not take yet is no failure: it is tried on until EKS does', async () => {
  const message = `Requested release version ${NEW} is not valid for kubernetes version 1.33. Request id {id}`;
  const notYet = { operations: ['UpdateNodegroupVersion'], code: 'InvalidParameterException', status: 400, message };
  const slow = { operations: ['UpdateNodegroupVersion'], code: 'ThrottlingException', status: 429 };
  const shut = {
    operations: ['UpdateNodegroupVersion'],
    code: 'AccessDeniedException',
    status: 403,
    message: 'no {id}',
  };
  const about = (cluster: string) => ({ cluster, nodeGroup: 'web', until: '+7h' });
  const troubles = [
    { ...notYet, ...about('early') },
    { ...slow, ...about('slow') },
    { ...shut, ...about('shut') },
  ];
  const clusters = ['early', 'slow', 'shut'].map((name) => clusterOf(name, [group('web')]));
  const run = await start({ inProcess: true, fleet: { ...fleet([]), clusters, troubles }, policy: HOURS, play: '13h' });
  const ofUpgrade = (name: string) =>
    incidentOf(run, name, 'web').filter((line) => !/in-flight|up-to-date|baking/.test(line));
  for (const name of ['early', 'slow']) {
    expect(ofUpgrade(name)).toEqual(['waiting upgrade-deferred', 'acted upgrade-started', 'done upgraded']);
    const tokens = upgradeCalls(run).filter(({ input }) => input.clusterName === name);
    expect(new Set(tokens.map(({ input }) => input.clientRequestToken)).size).toBe(1);
  }
  expect(ofUpgrade('shut')).toEqual(['refused upgrade-unauthorized', 'acted upgrade-started', 'done upgraded']);
});

it('an update that EKS does not take for days is tried more and more rarely, and told after one day with the words of EKS', async () => {
  const inUse = 'Nodegroup cannot be updated as it is currently not in Active State';
  const notValid = `Requested release version ${NEW} is not valid for kubernetes version 1.33`;
  const refuses = (cluster: string, code: string, status: number, message: string) => ({
    cluster,
    nodeGroup: 'web',
    operations: ['UpdateNodegroupVersion'],
    code,
    status,
    message,
  });
  const troubles = [
    // EKS calls the group ACTIVE all the time, so that no update of somebody else is seen.
    refuses('in-use', 'ResourceInUseException', 409, inUse),
    refuses('early', 'InvalidParameterException', 400, `${notValid}.`),
  ];
  const clusters = ['in-use', 'early'].map((name) => clusterOf(name, [group('web')]));
  const run = await start({ inProcess: true, fleet: { ...fleet([]), clusters, troubles }, policy: HOURS, play: '44h' });
  for (const [name, words] of [
    ['in-use', inUse],
    ['early', notValid],
  ] as const) {
    const records = run.records.filter((each) => each.cluster === name && each.reason === 'upgrade-deferred');
    expect(records.map(({ decision }) => decision)).toEqual(['waiting', 'refused']);
    expect(records[1]?.message).toMatch(new RegExp(`Exception: ${words}\\. It is tried again at .* has lasted since `));
    expect(upgradeCalls(run).filter(({ input }) => input.clusterName === name).length).toBeLessThan(15);
  }
});

it('a parameter that steps back every third hour delays nothing for long, and is no withdrawal', async () => {
  const releases = [release(OLD, '-10d'), release(NEW, '+90m', { stepsBackEvery: 3 })];
  const policy = { upgrades: { bakeAge: '8h' } };
  const run = await playThrough({
    inProcess: true,
    fleet: { ...fleet([group('web')]), releases },
    policy,
    play: '14h',
  });
  expect(run.records.filter(({ remediation }) => remediation === 'watch-ami-releases')).toHaveLength(2);
  expect(incidentOf(run, 'shop', 'web').filter((line) => !/in-flight/.test(line))).toEqual([
    'done up-to-date',
    'waiting baking',
    'acted upgrade-started',
    'done upgraded',
  ]);
});

it('a node group that is made anew under its name inherits no halt', async () => {
  const fails = [{ errorCode: 'PodEvictionFailure', times: 99, afterMinutes: 1 }];
  const again = group('web', { updates: { fails }, recreatedAt: '+11h' });
  const policy = { upgrades: { ...FAST.upgrades, stopAfterFailures: 2 } };
  const run = await playThrough({ inProcess: true, fleet: fleet([again]), policy, play: '13h' });
  const told = incidentOf(run, 'shop', 'web').filter((line) => /halted|upgraded|failed/.test(line));
  expect(told).toEqual(['failed upgrade-failed', 'failed upgrade-failed', 'refused halted', 'done upgraded']);
});

it('nodes that a failed roll has left behind are counted: nothing is called up to date by its name', async () => {
  const fails = [{ errorCode: 'PodEvictionFailure', times: 9, afterMinutes: 10 }];
  const releases = [release(OLD, '-10d'), release(NEW, '+90m', { withdrawnAt: '+4h40m' })];
  const mixed = group('web', { desiredSize: 4, updates: { fails, minutesPerNode: 4 } });
  const run = await playThrough({ inProcess: true, fleet: { ...fleet([mixed]), releases }, policy: FAST, play: '10h' });
  const differs = run.records.find(({ reason }) => reason === 'nodes-differ');
  expect(differs).toMatchObject({
    decision: 'refused',
    message: expect.stringMatching(/^[123] of 4 nodes runs? 1\.33\.12/),
  });
  expect(incidentOf(run, 'shop', 'web').at(-1)).toBe('refused nodes-differ');
});

describe('updates of others and updates that hang', () => {
  it('count in the limits and are named, ours and those of others; told once when they take too long', async () => {
    const policy = { upgrades: { ...FAST.upgrades, concurrency: { perCluster: 1, perAccount: 2 } } };
    const clusters = [
      clusterOf('foreign', [group('a', { status: 'UPDATING' }), group('b')]),
      clusterOf('ours', [group('a', { updates: { minutesPerNode: 20_000 } }), group('b')]),
      clusterOf('free', [group('a')]),
      clusterOf('large', [group('a', { status: 'UPDATING', desiredSize: 40 }), group('b')]),
    ];
    const run = await start({ inProcess: true, fleet: { ...fleet([]), clusters }, policy, play: '16h' });
    const told = (name: string, nodegroup: string) =>
      incidentOf(run, name, nodegroup).filter((line) => !/baking|up-to-date/.test(line));
    expect(told('foreign', 'a')).toEqual(['waiting update-in-progress', 'refused update-stuck']);
    expect(told('ours', 'a').filter((line) => /stuck/.test(line))).toEqual(['failed upgrade-stuck']);
    expect(told('large', 'a')).toEqual(['waiting update-in-progress']);
    expect(upgradeCalls(run).map(({ input }) => `${input.clusterName}/${input.nodegroupName}`)).toEqual(
      expect.arrayContaining(['ours/a', 'free/a']),
    );
    for (const name of ['foreign', 'ours', 'large']) {
      expect(nodeGroupOf(run, name, 'b').releaseVersion).toBe(OLD);
      const waits = run.records.find(
        ({ cluster, nodegroup, reason }) => cluster === name && nodegroup === 'b' && /concurrency/.test(reason),
      );
      expect(waits?.message).toMatch(new RegExp(`${name}/a|/a`));
    }
    // Two hanging updates do not keep the others of the account from their turn.
    expect(nodeGroupOf(run, 'free', 'a').releaseVersion).toBe(NEW);
  });

  it('one that somebody else begins between two sweeps is seen before another one is started', async () => {
    const run = await start({
      inProcess: true,
      fleet: fleet([group('a', { desiredSize: 6 }), group('b')]),
      policy: FAST,
      play: '3h50m',
    });
    run.account.fleet.nodeGroupUpdates.start({
      clusterName: 'shop',
      nodegroupName: 'a',
      version: '1.33',
      releaseVersion: NEW,
    });
    await run.account.play(HOUR / 3);
    expect(incidentOf(run, 'shop', 'b').at(-1)).toBe('waiting cluster-concurrency');
    expect(upgradeCalls(run)).toEqual([]);
    await run.account.play(2 * HOUR);
    expect(nodeGroupOf(run, 'shop', 'b').releaseVersion).toBe(NEW);
  });
});

it('progress counts nodes that were replaced, not those that an autoscaler launches meanwhile', async () => {
  const launches = [{ at: '+4h20m', cluster: 'shop', nodeGroup: 'web', count: 6 }];
  const web = group('web', { desiredSize: 4, maxSize: 12, updates: { minutesPerNode: 15 } });
  const run = await playThrough({ inProcess: true, fleet: { ...fleet([web]), launches }, policy: FAST, play: '6h' });
  const progress = run.records.filter(({ reason }) => reason === 'upgrade-in-flight').map(({ message }) => message);
  expect(progress.map((text) => /(\d+ of \d+) nodes/.exec(text)?.[1])).toEqual(
    ['0 of 4', '1 of 4', '2 of 4', '3 of 4', '4 of 4'].slice(0, progress.length),
  );
});

it('a cluster that is not ACTIVE is told of: at once where it has failed, else after a day; no rollout waits for a failed one', async () => {
  const inState = (name: string, status: string) => ({ ...clusterOf(name, [group('web')]), status });
  const clusters = [
    inState('failed', 'FAILED'),
    inState('stuck', 'UPDATING'),
    clusterOf('gone', [group('web', { status: 'DELETING' })]),
    clusterOf('well', [group('web')]),
  ];
  const policy = {
    upgrades: { ...FAST.upgrades, bakeBetween: '1h', waves: ['canary', 'prod'] },
    overrides: [{ name: 'first', match: { clusters: ['failed'] }, upgrades: { wave: 'canary' } }],
  };
  const run = await playThrough({ inProcess: true, fleet: { ...fleet([]), clusters }, policy, play: '27h' });
  expect(incidentOf(run, 'failed', 'web')).toEqual(['refused cluster-failed']);
  expect(incidentOf(run, 'stuck', 'web')).toEqual(['skipped cluster-not-active', 'refused cluster-not-active']);
  expect(incidentOf(run, 'gone', 'web')).toEqual(['skipped node-group-not-active', 'refused node-group-not-active']);
  expect(nodeGroupOf(run, 'well', 'web').releaseVersion).toBe(NEW);
});
