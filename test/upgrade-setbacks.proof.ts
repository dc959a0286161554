import { describe, expect, it } from 'vitest';
import { sample as amiRelease } from '../events/eks-ami-release.ts';
import { sample as upgradeReconcileRequest } from '../events/upgrade-reconcile-request.ts';
import type { Run } from '../sandbox/play.ts';
import { deadLetterCount, HOUR, incidentOf, nodeGroupOf, playThrough, upgradeCalls } from './harness.ts';
import { FAST, fleet, group, NEW, OLD, release } from './upgrade.fixture.ts';

describe('a withdrawn release', () => {
  const withdrawn = (withdrawnAt: string) => ({
    ...fleet([group('web'), group('behind', { releaseVersion: '1.33.11-20260505' })]),
    releases: [release('1.33.11-20260505', '-80d'), release(OLD, '-10d'), release(NEW, '+90m', { withdrawnAt })],
  });

  it('is no target any more; the one recommended again in its place is, where it has baked and is newer', async () => {
    // Nothing starts at +3h, when the old one has baked: one reading has found the new one gone. At +4h a second one
    // confirms it.
    const run = await playThrough({ inProcess: true, fleet: withdrawn('+3h'), policy: FAST, play: '6h' });
    expect(
      upgradeCalls(run).map(({ at, input }) => [at.slice(11, 13), input.nodegroupName, input.releaseVersion]),
    ).toEqual([['04', 'behind', OLD]]);
    expect(incidentOf(run, 'shop', 'web').at(-1)).toBe('done up-to-date');
    expect(incidentOf(run, 'shop', 'behind').at(-1)).toBe('done upgraded');
  });

  it('is not started even in the hour before the watcher learns of it', async () => {
    // The bake time ends at +4h, and a wake-up follows at once. The watcher runs at +3h and again at +4h.
    const run = await playThrough({ inProcess: true, fleet: withdrawn('+3h59m'), policy: FAST, play: '5h' });
    expect(upgradeCalls(run).map(({ input }) => input.releaseVersion)).toEqual([OLD]);
  });

  it('does not move a group back that runs it already', async () => {
    const run = await playThrough({ inProcess: true, fleet: withdrawn('+7h'), policy: FAST, play: '10h' });
    expect(upgradeCalls(run).map(({ input }) => input.releaseVersion)).toEqual([OLD, NEW, NEW]);
    expect(nodeGroupOf(run, 'shop', 'web').releaseVersion).toBe(NEW);
    expect(incidentOf(run, 'shop', 'web').at(-1)).toBe('skipped runs-withdrawn-release');
  });
});

describe('a node group that somebody sets back to its former release', () => {
  const [NEWER, NEWEST] = ['1.33.13-20260718', '1.33.13-20260725'];
  const stands = (run: Run) => [nodeGroupOf(run, 'shop', 'web').releaseVersion, upgradeCalls(run).length];
  const to = async (run: Run, releaseVersion: string) => {
    const of = { clusterName: 'shop', nodegroupName: 'web', version: '1.33' };
    run.account.fleet.nodeGroupUpdates.start({ ...of, releaseVersion });
    await run.account.play(30 * HOUR);
  };
  const begin = () =>
    playThrough({
      inProcess: true,
      fleet: {
        ...fleet([group('web')]),
        releases: [release(OLD, '-10d'), release(NEW, '+90m'), release(NEWER, '+4d'), release(NEWEST, '+11d')],
      },
      policy: FAST,
      play: '12h',
    });

  it('is not brought to it again: people are told, until it is updated by hand or a newer release comes', async () => {
    const run = await begin();
    expect(stands(run)).toEqual([NEW, 1]);
    await to(run, OLD);
    expect(stands(run)).toEqual([OLD, 1]);
    expect(incidentOf(run, 'shop', 'web').filter((told) => told.endsWith('set-back'))).toEqual([
      'refused release-set-back',
    ]);
    await run.account.play(5 * 24 * HOUR);
    expect(stands(run)).toEqual([NEWER, 2]);
    // What a tool does that keeps the former release as code.
    await to(run, OLD);
    await run.account.play(7 * 24 * HOUR);
    expect(stands(run)).toEqual([OLD, 2]);
    await to(run, NEWEST);
    expect(stands(run)).toEqual([NEWEST, 2]);
    expect(incidentOf(run, 'shop', 'web').filter((told) => told.endsWith('set-back'))).toHaveLength(3);
  });
});

describe('a failing upgrade', () => {
  const failing = (times: number) => group('web', { updates: { fails: [{ errorCode: 'PodEvictionFailure', times }] } });

  it("is recorded with EKS's code and a hint, retried later, and succeeds", async () => {
    const run = await playThrough({ inProcess: true, fleet: fleet([failing(1)]), policy: FAST, play: '8h' });
    const failure = run.records.find(({ reason }) => reason === 'upgrade-failed');
    expect(failure).toMatchObject({
      decision: 'failed',
      message: expect.stringMatching(/PodEvictionFailure.*PodDisruptionBudget/s),
      details: { errors: [{ code: 'PodEvictionFailure' }] },
    });
    expect(upgradeCalls(run)).toHaveLength(2);
    expect(nodeGroupOf(run, 'shop', 'web').releaseVersion).toBe(NEW);
    const [first, second] = upgradeCalls(run);
    expect(first?.input.clientRequestToken).not.toBe(second?.input.clientRequestToken);
  });

  it('is halted after as many failures as the policy allows, and resumes with the next release', async () => {
    const run = await playThrough({
      inProcess: true,
      fleet: {
        ...fleet([failing(3)]),
        releases: [release(OLD, '-10d'), release(NEW, '+90m'), release('1.33.14-20260801', '+10h')],
      },
      policy: FAST,
      play: '16h',
    });
    const outcomes = incidentOf(run, 'shop', 'web').filter((line) => /upgrade-failed|halted|upgraded/.test(line));
    expect(outcomes).toEqual([
      'failed upgrade-failed',
      'failed upgrade-failed',
      'failed upgrade-failed',
      'refused halted',
      'done upgraded',
    ]);
    expect(nodeGroupOf(run, 'shop', 'web').releaseVersion).toBe('1.33.14-20260801');
  });
});

describe('what is not for us', () => {
  it('a message that is no event of ours goes to the dead-letter queue, and holds nothing up', async () => {
    const bad = { ...amiRelease, id: 'bad', detail: { ...amiRelease.detail, kubernetesVersion: 'latest' } };
    const run = await playThrough({
      inProcess: true,
      fleet: fleet([group('web')]),
      events: [{ after: 2 * HOUR, event: bad }],
      policy: FAST,
      play: '5h',
    });
    expect(deadLetterCount(run)).toBe(1);
    expect(run.records.find(({ reason }) => reason === 'invalid-event')).toMatchObject({
      decision: 'refused',
      message: expect.stringContaining('detail.kubernetesVersion'),
    });
    expect(nodeGroupOf(run, 'shop', 'web').releaseVersion).toBe(NEW);
  });

  it('a name that no node group has is told of as that, and nothing is remembered of it', async () => {
    const events = ['nobody', 'web'].map((nodegroupName) => ({
      after: HOUR / 2,
      event: {
        ...upgradeReconcileRequest,
        id: nodegroupName,
        detail: { trigger: 'operator' as const, clusterName: 'shop', nodegroupName },
      },
    }));
    const run = await playThrough({ inProcess: true, fleet: fleet([group('web')]), events, policy: FAST, play: '40m' });
    const told = run.records.filter(({ nodegroup }) => nodegroup === 'nobody');
    expect(told).toMatchObject([{ reason: 'node-group-gone', message: 'The node group does not exist.' }]);
    const written = run.calls
      .filter(({ operation }) => operation === 'PutItem')
      .map(({ input }) => JSON.stringify(input));
    expect(written.some((item) => item.includes('shop/web'))).toBe(true);
    expect(written.filter((item) => item.includes('nobody'))).toEqual([]);
  });

  it('an AL2 node group beyond its last Kubernetes version is told of, with what to do', async () => {
    const al2 = group('old', { amiType: 'AL2_x86_64', releaseVersion: '1.33.1-20250601' });
    const run = await playThrough({ inProcess: true, fleet: fleet([al2]), policy: FAST, play: '3h' });
    expect(incidentOf(run, 'shop', 'old')).toEqual(['refused end-of-life']);
    const watched = run.records.filter(({ remediation }) => remediation === 'watch-ami-releases');
    expect(watched.map(({ reason }) => reason)).toEqual(['no-release-for-version']);
    expect(watched[0]?.message).toContain('AL2023');
  });

  it('an update of somebody else is left alone, and the upgrade follows when it has ended', async () => {
    const run = await playThrough({
      inProcess: true,
      fleet: fleet([group('web', { desiredSize: 4, releaseVersion: '1.33.11-20260505' })]),
      policy: FAST,
      play: '1h',
    });
    run.account.fleet.nodeGroupUpdates.start({
      clusterName: 'shop',
      nodegroupName: 'web',
      version: '1.33',
      releaseVersion: OLD,
    });
    await run.account.play(8 * HOUR);
    expect(incidentOf(run, 'shop', 'web')).toContain('waiting update-in-progress');
    expect(nodeGroupOf(run, 'shop', 'web').releaseVersion).toBe(NEW);
  });
});
