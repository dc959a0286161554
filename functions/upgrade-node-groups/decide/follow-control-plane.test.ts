import type { Update } from '@aws-sdk/client-eks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ControlPlane, controlPlaneOf, versionForImages } from '../../shared/fleet/control-plane.ts';
import { nextVersion } from '../../shared/fleet/kubernetes-version.ts';
import type { Progress } from '../../shared/ledger/rollout-memory.ts';
import { targeting } from '../../shared/releases/target.fixture.ts';
import { rolloutsIn } from '../../shared/rollouts/waves.ts';
import type { NextVersion } from '../model/control-plane.ts';
import type { Decision } from '../model/decision.ts';
import { HOUR, NOW, nodeGroup, observation, request, unreadable } from '../model/observation.fixture.ts';
import type { NodeGroupView } from '../model/observation.ts';
import { policyOf } from '../policy.fixture.ts';
import { answer } from './answer.ts';
import { decide } from './decide.ts';
import { progressAfter } from './progress.ts';

const DAY = 24 * HOUR;
const RUNS = '1.33.13-20260714';
const NEXT = '1.34.2-20260716';

const controlPlane = (change: Partial<ControlPlane> = {}): ControlPlane => ({
  kind: 'control-plane',
  isRolledBack: false,
  isUpgraded: true,
  since: NOW - 8 * DAY,
  ...change,
});
const next = (change: Partial<NextVersion> = {}): NextVersion => ({
  version: '1.34',
  target: targeting(NOW - 48 * HOUR, NEXT),
  controlPlane: controlPlane(),
  insights: [],
  ...change,
});
/** A view of a group that runs the newest release of 1.33, in a cluster at 1.34. */
const behind = (change: Partial<NextVersion> = {}, more: Partial<NodeGroupView> = {}): NodeGroupView =>
  nodeGroup({
    cluster: { status: 'ACTIVE', version: '1.34', tags: {} },
    releaseVersion: RUNS,
    nodes: [],
    next: next(change),
    ...more,
  });
const policy = (upgrades: object = {}) => policyOf({ upgrades: { controlPlane: { mode: 'enforce' }, ...upgrades } });
const decided = (view: NodeGroupView, upgrades: object = {}, state = {}) =>
  decide(observation(view, state), { policy: policy(upgrades), now: NOW, account: '111122223333', slots: {} });

describe('the updates of a cluster', () => {
  const update = (type: Update['type'], status: Update['status'], daysAgo: number): Update => ({
    id: `u-${daysAgo}`,
    type,
    status,
    createdAt: new Date(NOW - daysAgo * DAY),
  });
  it.each<[string, Update[], Partial<ControlPlane>]>([
    ['none since it was created', [], { since: 0 }],
    ['an upgrade', [update('VersionUpdate', 'Successful', 9)], { since: NOW - 9 * DAY }],
    [
      'a failed upgrade after one',
      [update('VersionUpdate', 'Failed', 2), update('VersionUpdate', 'Successful', 9)],
      { since: NOW - 9 * DAY },
    ],
    [
      'a rollback',
      [update('VersionRollback', 'Successful', 2), update('VersionUpdate', 'Successful', 3)],
      { isRolledBack: true, since: NOW - 2 * DAY },
    ],
    [
      'an upgrade after a rollback',
      [update('VersionRollback', 'Successful', 2), update('VersionUpdate', 'Successful', 1)],
      { since: NOW - DAY },
    ],
    [
      'a rollback without success',
      [update('VersionRollback', 'Cancelled', 2), update('VersionUpdate', 'Successful', 3)],
      { since: NOW - 2 * DAY },
    ],
    [
      'a rollback under way',
      [update('VersionRollback', 'InProgress', 0), update('VersionUpdate', 'Successful', 3)],
      { since: NOW - 3 * DAY, changing: { type: 'VersionRollback', updateId: 'u-0' } },
    ],
    [
      'a rollback in a state that nobody here knows',
      [
        update('VersionRollback', 'Verifying' as string as Update['status'], 0),
        update('VersionUpdate', 'Successful', 3),
      ],
      { since: NOW - 3 * DAY, changing: { type: 'VersionRollback', updateId: 'u-0' } },
    ],
    [
      'a change of the certificate authority under way',
      [update('CertificateAuthorityUpdate', 'InProgress', 0)],
      { since: 0, changing: { type: 'CertificateAuthorityUpdate', updateId: 'u-0' } },
    ],
    [
      'an upgrade of which EKS does not tell when it was: it may be of this moment',
      [update('VersionUpdate', 'Successful', 9), { ...update('VersionUpdate', 'Successful', 3), createdAt: undefined }],
      { since: NOW },
    ],
    ['others', [update('LoggingUpdate', 'InProgress', 0)], { since: 0 }],
  ])('say, by %s, how its version stands', (_, updates, expected) => {
    expect(controlPlaneOf(updates, 0, NOW)).toEqual({
      kind: 'control-plane',
      isRolledBack: false,
      isUpgraded: updates.some(({ type = '', status }) => type.startsWith('Version') && status !== 'InProgress'),
      ...expected,
    });
  });
});

it.each<[string, Partial<ControlPlane>, string]>([
  ['an upgrade that can be rolled back', { since: NOW - 6 * DAY }, '1.33'],
  ['an upgrade that cannot be rolled back any more', {}, '1.34'],
  ['a rollback', { since: NOW - DAY, isRolledBack: true }, '1.34'],
  ['a rollback has begun', { changing: { type: 'VersionRollback', updateId: 'u-0' } }, '1.33'],
  ['an authority is added', { changing: { type: 'CertificateAuthorityUpdate', updateId: 'u-0' } }, '1.34'],
  ['the creation of its cluster', { since: NOW - DAY, isUpgraded: false }, '1.34'],
])('a custom AMI is taken, after %s, for the version of the control plane or the one before', (_, change, expected) => {
  expect(versionForImages('1.34', controlPlane(change), 7 * DAY, NOW)).toBe(expected);
});

describe('the next Kubernetes version', () => {
  it.each([
    ['1.33', '1.33', undefined],
    ['1.34', '1.33', undefined],
    ['1.33', '1.34', '1.34'],
    ['1.31', '1.34', '1.34'],
    ['1.29', '1.34', '1.34'],
    ['1.33', '', undefined],
    ['', '1.34', undefined],
  ])('of nodes at %s with a control plane at %s is %s', (nodes, controlPlane, expected) => {
    expect(nextVersion(nodes, controlPlane)).toBe(expected);
  });
});

describe('a node group whose control plane is newer', () => {
  it('moves to its version, with a token of its own', () => {
    const decision = decided(behind());
    expect(decision).toMatchObject({ decision: 'acted', reason: 'upgrade-started', start: { version: '1.34' } });
    expect(decision.memory.upgrade).toMatchObject({ releaseVersion: NEXT, kubernetesVersion: '1.34' });
  });

  it.each<[string, NodeGroupView, string]>([
    ['settles', behind({ controlPlane: controlPlane({ since: NOW - 6 * DAY }) }), 'waiting control-plane-settling'],
    [
      'is changing',
      behind({ controlPlane: controlPlane({ changing: { type: 'VersionRollback', updateId: 'u' } }) }),
      'waiting control-plane-changing',
    ],
    [
      'was rolled back',
      behind({ controlPlane: controlPlane({ isRolledBack: true }) }),
      'skipped control-plane-rolled-back',
    ],
    ['cannot be read', behind({ controlPlane: unread() }), 'failed unreadable'],
    ['has insights with errors', behind({ insights: [{ name: 'APIs', why: 'used' }] }), 'refused insights-gate-closed'],
    ['has unread insights', behind({ insights: unread() }), 'refused insights-unreadable'],
    [
      'has older releases',
      behind({ target: targeting(NOW - 48 * HOUR, '1.34.1-20260620') }),
      'waiting next-release-older',
    ],
    ['has releases that bake', behind({ target: targeting(NOW - HOUR, NEXT) }), 'waiting baking'],
  ])('waits while it %s', (_, view, expected) => {
    const { decision, reason, start } = decided(view);
    expect(`${decision} ${reason}`).toBe(expected);
    expect(start).toBeUndefined();
  });

  it.each<[string, Partial<NodeGroupView>, string | undefined]>([
    // awslabs/amazon-eks-ami#2119, awsdocs/amazon-eks-user-guide#868
    [
      'AL2 AMIs, which end before its version',
      {
        amiType: 'AL2_x86_64',
        version: '1.32',
        releaseVersion: '1.32.9-20251209',
        target: targeting(NOW - 300 * DAY, '1.32.9-20251209'),
      },
      'end-of-life',
    ],
    [
      'such AMIs, and is too old for EKS to update it',
      { amiType: 'AL2_x86_64', version: '1.30', releaseVersion: '1.30.14-20251209' },
      'end-of-life',
    ],
    [
      'an AMI that no release has followed for long',
      { target: targeting(NOW - 300 * DAY, '1.33.1-20250901') },
      'end-of-life',
    ],
    ['an AMI with which EKS does not update it any more', { version: '1.30' }, 'version-skew'],
    ['an AMI that still gets releases', {}, undefined],
  ])('is told of where there is no release for that version, and it runs %s', (_, more, told) => {
    const none = { kind: 'none', reason: 'no-release-for-version', message: 'Amazon publishes no release.' } as const;
    const releaseVersion = more.target?.kind === 'release' ? more.target.releaseVersion : RUNS;
    const view = behind({ target: none }, { releaseVersion, ...more });
    const { decision, reason, message, start } = decided(view);
    expect([decision, reason]).toEqual(told === undefined ? ['skipped', 'no-release-for-version'] : ['refused', told]);
    expect(start).toBeUndefined();
    if (told === 'version-skew') expect(message).toContain('Amazon publishes no release.');
  });

  it('takes releases of its own version while insights or waves keep the next one away', () => {
    const own = { releaseVersion: '1.33.12-20260625' };
    expect(decided(behind({ insights: [{ name: 'APIs', why: '' }] }, own)).start).toMatchObject({ version: '1.33' });
    expect(decided(behind({}, own)).start).toMatchObject({ version: '1.34' });
  });

  describe('and EKS does not accept its move', () => {
    const own = { releaseVersion: '1.33.12-20260625' };
    const target = `${NEXT} for Kubernetes 1.34`;
    const deferral = (hours: number, until = NOW + HOUR, code = 'InvalidParameterException') => ({
      nextObstacle: { what: `deferred ${target} ${code}`, count: 9, since: NOW - hours * HOUR, until },
    });
    const shut = { windows: [{ cron: '0 3 * * *', duration: '2h' }] };

    it.each(['InvalidParameterException', 'unauthorized'])(
      'keeps releases of its own version waiting for a day, and no longer (%s)',
      (code) => {
        const early = decided(behind({}, own), {}, deferral(23, NOW + HOUR, code));
        expect([early.start, early.kubernetesVersion]).toEqual([undefined, '1.34']);
        expect(decided(behind({}, own), {}, deferral(24, NOW + HOUR, code)).start).toMatchObject({ version: '1.33' });
        // The next version is not even tried again before releases of the present one.
        expect(decided(behind({}, own), {}, deferral(24, NOW, code)).start).toMatchObject({ version: '1.33' });
      },
    );

    it('is tried again where there is no other release, or that one waits', () => {
      expect(decided(behind(), {}, deferral(24, NOW)).start).toMatchObject({ version: '1.34' });
      const baking = { ...own, target: targeting(NOW - HOUR, RUNS) };
      expect(decided(behind({}, baking), {}, deferral(24, NOW)).start).toMatchObject({ version: '1.34' });
      expect(decided(behind({}, baking), {}, deferral(24)).reason).toBe('baking');
    });

    it('has that remembered while a release of its own version waits for a window', () => {
      const state = deferral(24);
      const waiting = decided(behind({}, own), shut, state);
      expect([waiting.reason, waiting.kubernetesVersion]).toEqual(['outside-change-window', undefined]);
      expect(waiting.memory.nextObstacle).toEqual(state.nextObstacle);
      expect(decided(behind({}, own), {}, waiting.memory).start).toMatchObject({ version: '1.33' });
    });

    it('has that remembered while EKS does not accept the release of its own version either', () => {
      const { nextObstacle } = deferral(24);
      const obstacle = { ...nextObstacle, what: `deferred ${RUNS} InvalidParameterException`, since: NOW - HOUR };
      const state = { nextObstacle, obstacle };
      const waiting = decided(behind({}, own), {}, state);
      expect([waiting.reason, waiting.kubernetesVersion]).toEqual(['upgrade-deferred', undefined]);
      expect(waiting.memory).toMatchObject(state);
      const early = decided(behind({}, own), {}, { ...deferral(23), obstacle });
      expect([early.reason, early.kubernetesVersion]).toEqual(['upgrade-deferred', '1.34']);
    });

    it('says nothing of the release of its own version that has the same name', () => {
      const bottlerocket = { amiType: 'BOTTLEROCKET_x86_64', releaseVersion: '1.49.0-713f44ce' };
      const same = targeting(NOW - 48 * HOUR, '1.50.0-ca9b9399');
      const view = behind({ target: same }, { ...bottlerocket, target: same });
      const deferredNext = { ...deferral(24).nextObstacle, what: 'deferred 1.50.0-ca9b9399 for Kubernetes 1.34 x' };
      expect(decided(view, {}, { nextObstacle: deferredNext }).start).toMatchObject({ version: '1.33' });
      const deferredOwn = { ...deferral(1).nextObstacle, what: 'deferred 1.50.0-ca9b9399 x' };
      expect(decided(view, {}, { obstacle: deferredOwn }).start).toMatchObject({ version: '1.34' });
    });
  });

  it('takes releases of its own version where that of the next one bakes, or waits for another try, for longer than a day', () => {
    const own = { releaseVersion: '1.33.12-20260625', target: targeting(NOW - 4 * DAY, RUNS) };
    const seen = (hours: number) => behind({ target: targeting(NOW - hours * HOUR, NEXT) }, own);
    expect(decided(seen(72 - 25), { bakeAge: '3d' }).start).toMatchObject({ version: '1.33' });
    expect(decided(seen(72 - 24), { bakeAge: '3d' })).toMatchObject({ reason: 'baking', kubernetesVersion: '1.34' });
    const failures = { releaseVersion: NEXT, count: 1, lastAt: NOW };
    const retrying = (retryAfter: string) => decided(behind({}, own), { retryAfter }, { failures });
    expect(retrying('25h').start).toMatchObject({ version: '1.33' });
    expect(retrying('24h')).toMatchObject({ reason: 'retry-later', kubernetesVersion: '1.34' });
  });

  it('is only proposed to move by default, and an approval of a release of its own version is none of the next', () => {
    const bottlerocket = { amiType: 'BOTTLEROCKET_x86_64', releaseVersion: '1.50.0-ca9b9399' };
    const target = targeting(NOW - 48 * HOUR, '1.50.0-ca9b9399');
    const view = behind({ target }, { ...bottlerocket, target });
    const ruling = { kind: 'approved' as const, id: 'r', at: NOW, requestedBy: 'somebody', why: 'because' };
    const approvedTo = (to: string) =>
      decided(view, { controlPlane: {} }, { proposal: { target: to, at: NOW - 1, ruling } });
    expect(approvedTo('1.50.0-ca9b9399').decision).toBe('would-act');
    expect(approvedTo('1.50.0-ca9b9399 for Kubernetes 1.34').start).toMatchObject({ version: '1.34' });
  });

  it('waits for those of an earlier wave that have not followed theirs, and for as long as these must bake', () => {
    const waved = policy({ waves: ['canary', 'prod'], bakeBetween: '24h' });
    const document = {
      ...waved,
      overrides: [{ name: 'first', match: { clusters: ['lab'] }, upgrades: { wave: 'canary' } }],
    };
    const pairOf = (version: string) => `${version}/AL2023_x86_64_STANDARD`;
    const reasonWith = (progress: Pick<Progress, 'pair' | 'nextPair' | 'runs'>) => {
      const state = { outcomes: 1, progress: { ...progress, health: 'well' as const, seenAt: NOW } };
      const rollouts = rolloutsIn(new Map([['lab/web', state]]), document);
      const here = { policy: document, now: NOW, account: '111122223333', slots: {}, rollouts };
      return decide(observation(behind()), here).reason;
    };
    const runs = { releaseVersion: '1.33.14-20260718', since: NOW - 99 * HOUR };
    expect(reasonWith({ pair: pairOf('1.33'), nextPair: pairOf('1.34'), runs })).toBe('earlier-wave');
    expect(reasonWith({ pair: pairOf('1.33'), runs })).toBe('upgrade-started');
    const moved = { releaseVersion: NEXT, since: NOW - HOUR };
    expect(reasonWith({ pair: pairOf('1.34'), runs: moved })).toBe('earlier-wave');
    expect(reasonWith({ pair: pairOf('1.34'), runs: { ...moved, since: NOW - 25 * HOUR } })).toBe('upgrade-started');
  });

  it('says that it waits to follow where each move wants an approval, and nothing of it where it is only proposed', () => {
    const bakes = behind({ target: targeting(NOW - HOUR, NEXT) });
    const said = (upgrades: object) => decided(bakes, upgrades).reason;
    expect(said({ approval: 'required', controlPlane: { mode: 'enforce' } })).toBe('baking');
    expect(said({ controlPlane: { mode: 'observe' } })).toBe('up-to-date');
  });

  it.each<[string, NodeGroupView, string, boolean]>([
    ['follows', behind(), 'enforce', true],
    ['only proposes to', behind(), 'observe', false],
    [
      'follows none that was rolled back',
      behind({ controlPlane: controlPlane({ isRolledBack: true }) }),
      'enforce',
      false,
    ],
    ['cannot tell', behind({ controlPlane: unread() }), 'enforce', true],
  ])('is waited for by later waves, in releases of that version, where it %s', (_, view, mode, isWaitedFor) => {
    const waved = policy({ waves: ['canary', 'prod'], controlPlane: { mode } });
    const nextPairWith = (memory: Decision['memory']) =>
      progressAfter(observation(view), { reason: 'baking', memory }, waved, NOW)?.nextPair;
    const nextPair = '1.34/AL2023_x86_64_STANDARD';
    expect(nextPairWith({})).toBe(isWaitedFor ? nextPair : undefined);
    // A node group whose move is approved moves, whatever the mode.
    const upgrade = { releaseVersion: NEXT, kubernetesVersion: '1.34', attempt: 1, requestedAt: NOW };
    expect(nextPairWith({ upgrade })).toBe(nextPair);
  });

  it('keeps what failed of it in mind where it is only proposed, so that attempts come to an end', () => {
    const failures = { releaseVersion: NEXT, count: 1, lastAt: NOW - 1 };
    const setbacks = [{ cause: 'PodEvictionFailure', releaseVersion: NEXT, count: 1, lastAt: NOW - 1 }];
    const observe = { controlPlane: { mode: 'observe' } };
    const waiting = decided(behind(), observe, { failures, setbacks });
    // The failure is told, too: an operator could not resume a node group that only says that it is up to date.
    expect(waiting.reason).toBe('retry-later');
    expect(waiting.memory).toMatchObject({ failures, setbacks });
    const often = decided(behind(), observe, { failures: { ...failures, count: 3 }, setbacks });
    expect([often.reason, often.memory.failures?.count]).toEqual(['halted', 3]);
    const resumed = answer(
      observation(behind(), { failures: { ...failures, count: 3 }, setbacks }),
      request('resume'),
      {
        policy: policy(observe),
        now: NOW,
        account: '111122223333',
        slots: {},
      },
    );
    expect(resumed.reason).toBe('request-granted');
    // A release of the present version is decided about first, as ever.
    const own = behind({}, { releaseVersion: '1.33.12-20260625' });
    const patching = decided(own, observe, { failures: { ...failures, count: 3 }, setbacks });
    expect(patching.start).toMatchObject({ version: '1.33' });
  });

  it('is waited for by later waves where it is only proposed, once it is approved or has failed', () => {
    const waved = policy({ waves: ['canary', 'prod'], controlPlane: { mode: 'observe' } });
    const nextPairWith = (more: Partial<Decision>, of = waved) =>
      progressAfter(observation(behind()), { reason: 'baking', memory: {}, ...more }, of, NOW)?.nextPair;
    const ruled = (target: string, at: number, kind: 'approved' | 'rejected' = 'approved') => ({
      proposal: { target, at, ruling: { kind, id: 'r', at, requestedBy: 'ann', why: 'ok' } },
    });
    const target = `${NEXT} for Kubernetes 1.34`;
    const nextPair = '1.34/AL2023_x86_64_STANDARD';
    expect(nextPairWith(ruled(target, NOW - HOUR))).toBe(nextPair);
    expect(nextPairWith(ruled(`${target} without key pair`, NOW - HOUR))).toBe(nextPair);
    expect(nextPairWith(ruled(target, NOW - HOUR, 'rejected'))).toBeUndefined();
    expect(nextPairWith(ruled(target, NOW - 365 * DAY))).toBeUndefined();
    expect(nextPairWith(ruled(RUNS, NOW - HOUR))).toBeUndefined();
    const failed = (releaseVersion: string, forgotten = 0) => ({
      memory: { failures: { releaseVersion, count: 1, lastAt: NOW - HOUR, forgotten } },
    });
    expect(nextPairWith(failed(NEXT))).toBe(nextPair);
    expect(nextPairWith(failed(NEXT, 1))).toBeUndefined();
    expect(nextPairWith(failed(RUNS))).toBeUndefined();
    const off = policy({ waves: ['canary', 'prod'], controlPlane: { mode: 'off' } });
    expect(nextPairWith(failed(NEXT), off)).toBeUndefined();
  });

  it('is waited for by later waves from the time on at which it follows, though nobody can read it then', () => {
    const waved = policyOf({
      upgrades: { waves: ['canary', 'prod'], controlPlane: { mode: 'enforce' } },
      overrides: [{ name: 'first', match: { clusters: ['lab'] }, upgrades: { wave: 'canary' } }],
    });
    const key = { cluster: 'lab', nodegroup: 'web' };
    const settling = behind({ controlPlane: controlPlane({ since: NOW - 6 * DAY }) });
    const before = progressAfter(observation(settling, {}, key), { reason: 'baking', memory: {} }, waved, NOW);
    const unread = observation(unreadable(), { ...(before !== undefined && { progress: before }) }, key);
    const progress = progressAfter(unread, { reason: 'unreadable', memory: {} }, waved, NOW);
    const rollouts = rolloutsIn(
      new Map([['lab/web', { outcomes: 1, ...(progress !== undefined && { progress }) }]]),
      waved,
    );
    const entryAt = (now: number) =>
      rollouts.entryOf(
        { cluster: 'shop', nodegroup: 'web' },
        1,
        { pair: '1.34/AL2023_x86_64_STANDARD', releaseVersion: NEXT },
        0,
        now,
      ).kind;
    expect(entryAt(NOW + DAY - 1)).toBe('open');
    // Rollouts keep their summaries for one look, so the second look gets rollouts of its own.
    expect(
      rollouts.with([]).entryOf(key, 1, { pair: '1.34/AL2023_x86_64_STANDARD', releaseVersion: NEXT }, 0, NOW + DAY)
        .kind,
    ).toBe('unfinished');
  });

  it('does not wait for the insight that its nodes are too old, which the move ends', () => {
    const skew = { name: 'Kubelet version skew', why: 'Nodes run 1.31.' };
    const held = decided(behind({ insights: [skew, { name: 'APIs', why: '' }] }));
    expect(held).toMatchObject({ reason: 'insights-gate-closed', message: expect.not.stringContaining('Kubelet') });
    expect(decided(behind({ insights: [skew] })).start).toMatchObject({ version: '1.34' });
  });

  it('moves though it is older than EKS supports, and is not moved within its version', () => {
    const far = { cluster: { status: 'ACTIVE', version: '1.37', tags: {} }, releaseVersion: '1.33.12-20260625' };
    expect(decided(behind({ version: '1.37' }, far)).start).toMatchObject({ version: '1.37' });
    expect(decided(behind({ controlPlane: controlPlane({ since: NOW }) }, far)).reason).toBe('control-plane-settling');
    expect(decided(behind({}, far), { controlPlane: { mode: 'observe' } }).reason).toBe('version-skew');
  });

  it('never starts to move while anything speaks against it, whatever was observed', () => {
    const anything = fc.record({
      since: fc.integer({ min: NOW - 20 * DAY, max: NOW }),
      isRolledBack: fc.constantFrom(false, false, true),
      changing: fc.constantFrom(undefined, undefined, { type: 'VersionUpdate', updateId: 'u' }),
      errors: fc.constantFrom(0, 0, 1),
      mode: fc.constantFrom('enforce', 'enforce', 'observe', 'off'),
    });
    let started = 0;
    fc.assert(
      fc.property(anything, ({ since, isRolledBack, changing, errors, mode }) => {
        const known = { since, isRolledBack, ...(changing !== undefined && { changing }) };
        const insights = errors === 0 ? [] : [{ name: 'APIs', why: '' }];
        const { start } = decided(behind({ controlPlane: controlPlane(known), insights }), { controlPlane: { mode } });
        if (start === undefined) return;
        started += 1;
        expect([mode, isRolledBack, changing, errors, since + 7 * DAY <= NOW]).toEqual([
          'enforce',
          false,
          undefined,
          0,
          true,
        ]);
      }),
      // About one run in ten has nothing against a start, so one start in so many runs is all but certain.
      { numRuns: 400 },
    );
    expect(started).toBeGreaterThan(0);
  });
});

function unread() {
  const seen = unreadable();
  if (seen.kind !== 'unreadable') throw new Error('it is unreadable');
  return seen;
}
