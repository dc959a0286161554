import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../policy-document.ts';
import { nextOpening } from '../../shared/policy/change-window.ts';
import { targeting } from '../../shared/releases/target.fixture.ts';
import type { Circumstances } from '../model/decision.ts';
import {
  arbitraryObservation,
  arbitraryPolicy,
  HOUR,
  NOW,
  need,
  nodeGroup,
  nodesOn,
  observation,
  slotsOf,
} from '../model/observation.fixture.ts';
import type { NodeGroupView, Observation, UpdateView } from '../model/observation.ts';
import { decide } from './decide.ts';

const circumstances = (policy: object = {}, overrides: Partial<Circumstances> = {}): Circumstances => ({
  policy: parsePolicy(JSON.stringify(policy), 'enforce'),
  now: NOW,
  account: '111122223333',
  slots: {},
  ...overrides,
});
const about = (view: Partial<NodeGroupView>, state: Partial<Observation['state']> = {}) =>
  observation(nodeGroup(view), state);
const upgrade = { releaseVersion: '1.33.13-20260714', attempt: 1, requestedAt: NOW - HOUR, updateId: 'u-1', nodes: 3 };
const following = (update: UpdateView, view: Partial<NodeGroupView> = {}) =>
  about({ status: 'UPDATING', update, ...view }, { upgrade });

const unwell = (...codes: string[]): NodeGroupView['cluster'] => ({
  status: 'ACTIVE',
  version: '1.33',
  tags: {},
  healthIssues: codes.map((code) => ({ code, message: 'it is so' })),
});
const said = ({ decision, reason }: ReturnType<typeof decide>) => `${decision} ${reason}`;

describe('decide', () => {
  it('starts the upgrade of an old, healthy node group, by explicit version and release', () => {
    expect(decide(about({}), circumstances())).toMatchObject({
      decision: 'acted',
      reason: 'upgrade-started',
      start: { version: '1.33', force: false },
      memory: { upgrade: { releaseVersion: '1.33.13-20260714', attempt: 1, requestedAt: NOW } },
    });
  });

  it.each<[string, Partial<NodeGroupView>, object, string, string]>([
    ['runs the release', onNewest(), {}, 'done', 'up-to-date'],
    ['runs a newer one', { releaseVersion: '1.33.14-20260801' }, {}, 'skipped', 'newer-than-recommended'],
    ['runs one of another form', { releaseVersion: '1.42.0-ca9b9399' }, {}, 'skipped', 'release-incomparable'],
    ['opted out', { tags: { 'eks-host-remediator:ignore': '' } }, {}, 'skipped', 'opted-out'],
    [
      'is in a cluster that opted out',
      { cluster: { status: 'ACTIVE', version: '1.33', tags: { 'eks-host-remediator:ignore': 'x' } } },
      {},
      'skipped',
      'opted-out',
    ],
    ['meets the kill switch', {}, { killSwitch: true }, 'skipped', 'kill-switch'],
    ['meets mode off', {}, { upgrades: { mode: 'off' } }, 'skipped', 'mode-off'],
    ['meets mode observe', {}, { upgrades: { mode: 'observe' } }, 'would-act', 'would-upgrade'],
    ['is out of scope', {}, { scope: { clusters: ['other'] } }, 'skipped', 'out-of-scope'],
    ['has a custom AMI', { amiType: 'CUSTOM', releaseVersion: 'ami-1' }, {}, 'skipped', 'custom-ami'],
    [
      'is in a cluster under update',
      { cluster: { status: 'UPDATING', version: '1.33', tags: {} } },
      {},
      'skipped',
      'cluster-not-active',
    ],
    [
      'is in a cluster that has failed',
      { cluster: { status: 'FAILED', version: '1.33', tags: {} } },
      {},
      'refused',
      'cluster-failed',
    ],
    [
      'is in a cluster whose KMS key is disabled',
      { cluster: unwell('KmsKeyDisabled') },
      {},
      'refused',
      'cluster-unhealthy',
    ],
    [
      'is in a cluster with an issue newer than this code',
      { cluster: unwell('SomethingNew') },
      {},
      'refused',
      'cluster-unhealthy',
    ],
    [
      'runs the release, whatever is wrong with its cluster',
      { ...onNewest(), cluster: unwell('KmsKeyDisabled') },
      {},
      'done',
      'up-to-date',
    ],
    [
      'is in an unhealthy cluster, but only proposes',
      { cluster: unwell('KmsKeyDisabled') },
      { upgrades: { mode: 'observe' } },
      'would-act',
      'would-upgrade',
    ],
    ['is updated by somebody else', { status: 'UPDATING' }, {}, 'waiting', 'update-in-progress'],
    ['is being created', { status: 'CREATING' }, {}, 'skipped', 'node-group-not-active'],
    ['has a status newer than this code', { status: 'HIBERNATING' }, {}, 'skipped', 'node-group-not-active'],
    ['is unhealthy', degraded('IamNodeRoleNotFound'), {}, 'refused', 'node-group-unhealthy'],
    ['has an issue newer than this code', degraded('SomethingNew'), {}, 'refused', 'node-group-unhealthy'],
    [
      'is being made, whatever is wrong with it, though no node can suffer',
      { status: 'CREATING', desired: 0, healthIssues: [{ code: 'IamNodeRoleNotFound', message: 'gone' }] },
      {},
      'skipped',
      'node-group-not-active',
    ],
    ['could not be created', { status: 'CREATE_FAILED' }, {}, 'refused', 'node-group-not-active'],
    [
      'could not be created, for a cause that an upgrade cures elsewhere',
      { ...degraded('NodeCreationFailure'), status: 'CREATE_FAILED' },
      {},
      'refused',
      'node-group-not-active',
    ],
    [
      'could not be deleted',
      { ...degraded('AutoScalingGroupNotFound'), status: 'DELETE_FAILED' },
      {},
      'refused',
      'node-group-not-active',
    ],
    ['is DEGRADED for no known issue', { status: 'DEGRADED' }, {}, 'refused', 'node-group-unhealthy'],
    ['is too far behind its control plane', behind('1.37'), {}, 'refused', 'version-skew'],
    ['is ahead of its control plane', behind('1.32'), {}, 'refused', 'version-skew'],
    ['bakes', { target: release(NOW - 23 * HOUR) }, {}, 'waiting', 'baking'],
    ['is outside the windows', {}, closed(), 'waiting', 'outside-change-window'],
    ['meets an invalid policy', {}, { upgrades: { bakeAge: 'soon' } }, 'refused', 'policy-invalid'],
    ['lacks a release', { target: none('no-release-for-version') }, {}, 'skipped', 'no-release-for-version'],
    ['has a withdrawn release', { target: none('release-withdrawn') }, {}, 'skipped', 'release-withdrawn'],
    ['runs the withdrawn release', { target: withdrawn('1.33.12-20260625') }, {}, 'skipped', 'runs-withdrawn-release'],
    [
      'runs a withdrawn release, and there is no other',
      { target: { ...none('release-withdrawn'), withdrawn: ['1.33.12-20260625'] } },
      {},
      'skipped',
      'runs-withdrawn-release',
    ],
    [
      'runs one between the withdrawn and the recommended one',
      { target: withdrawn('1.33.13-20260714', '1.33.12-20260610') },
      {},
      'skipped',
      'newer-than-recommended',
    ],
    [
      'runs the one recommended instead of a withdrawn one',
      { target: withdrawn('1.33.13-20260714', '1.33.12-20260625') },
      {},
      'done',
      'up-to-date',
    ],
    ['is ahead of the watcher', { target: none('release-not-yet-seen') }, {}, 'waiting', 'release-not-yet-seen'],
    ['is told two things by Amazon', { target: inDoubt() }, {}, 'waiting', 'release-in-doubt'],
    ['runs the last AL2 release', { ...onNewest(), amiType: 'AL2_x86_64' }, {}, 'refused', 'end-of-life'],
  ])('does not start when the node group %s', (_what, view, policy, decision, reason) => {
    const made = decide(about(view), circumstances(policy));
    expect(made).toMatchObject({ decision, reason });
    expect(made.start).toBeUndefined();
    expect(made.memory.upgrade).toBeUndefined();
  });

  it.each<[string, Partial<NodeGroupView>]>([
    ['of its cluster do not concern new nodes', { cluster: unwell('Ec2SubnetNotFound') }],
    ['of its cluster find no node that could suffer', { cluster: unwell('KmsKeyDisabled'), desired: 0 }],
  ])('starts though the issues %s', (_what, view) => {
    expect(said(decide(about(view), circumstances()))).toBe('acted upgrade-started');
  });

  it('tells issues of its cluster once, and again once there are others', () => {
    const told = (...codes: string[]) => decide(about({ cluster: unwell(...codes) }), circumstances());
    const first = told('KmsKeyDisabled');
    expect(first.message).toMatch(/cluster shop: KmsKeyDisabled \(it is so\)\. .*Enable the KMS key/);
    expect(told('KmsKeyDisabled', 'Other').variant).toBe(first.variant);
    expect(told('KmsKeyDisabled', 'VpcNotFound').variant).not.toBe(first.variant);
  });

  it.each<[string, Partial<NodeGroupView>]>([
    ['cluster-not-active', { cluster: { status: 'UPDATING', version: '1.33', tags: {} } }],
    ['node-group-not-active', { status: 'DELETING' }],
  ])('tells %s once it has lasted for a day, and no state that ended meanwhile', (reason, view) => {
    const first = decide(about(view), circumstances());
    const later = (hours: number, state: Partial<Observation['state']>, other: Partial<NodeGroupView> = {}) =>
      decide(about({ ...view, ...other }, state), circumstances({}, { now: NOW + hours * HOUR }));
    expect(later(23, first.memory)).toMatchObject({ decision: 'skipped', reason });
    const told = later(24, later(23, first.memory).memory);
    expect(told).toMatchObject({ decision: 'refused', reason, message: expect.stringContaining('2026-07-20T12:00') });
    expect(told.variant).not.toBe(first.variant);
    // The refusal is one record, however long the state lasts.
    expect(later(50, told.memory)).toMatchObject({ decision: 'refused', message: told.message, variant: told.variant });
    const ended = later(25, first.memory, {
      status: 'ACTIVE',
      cluster: { status: 'ACTIVE', version: '1.33', tags: {} },
    });
    expect(ended.memory.obstacle).toBeUndefined();
  });

  it.each([
    ['1.37', '1.37'],
    ['1.32', '1.33'],
  ])('names the version to move to where the control plane runs %s', (controlPlane, kubernetesVersion) => {
    expect(decide(about(behind(controlPlane)), circumstances())).toMatchObject({ details: { kubernetesVersion } });
  });

  it('lets the opt-out tag win over everything else', () => {
    const view = { tags: { 'eks-host-remediator:ignore': '' }, amiType: 'CUSTOM', ...degraded('AccessDenied') };
    expect(decide(about(view), circumstances({ killSwitch: true })).reason).toBe('opted-out');
  });

  it('starts at the very end of the bake time, and wakes up for it before', () => {
    const baked = about({ target: release(NOW - 24 * HOUR) });
    expect(decide(baked, circumstances()).reason).toBe('upgrade-started');
    expect(decide(baked, circumstances({}, { now: NOW - 1 }))).toMatchObject({ reason: 'baking', wakeAt: NOW });
  });

  it('wakes up in a window, not at the end of a bake time outside of one', () => {
    const opening = Date.parse('2026-07-21T03:00:00Z');
    const made = decide(about({ target: release(NOW - 23 * HOUR) }), circumstances(closed()));
    expect(made).toMatchObject({ reason: 'baking', wakeAt: opening });
  });

  describe('blast budget', () => {
    it.each([
      ['cluster-concurrency', { 'shop/other': 'shop' }, {}],
      ['account-concurrency', { 'a/1': 'a', 'b/1': 'b' }, { upgrades: { concurrency: { perAccount: 2 } } }],
    ])('waits for %s', (reason, holders, policy) => {
      const made = decide(about({}), circumstances(policy, { slots: slotsOf(holders) }));
      expect(made).toMatchObject({ decision: 'waiting', reason });
      // Whoever frees the slot calls the next on the waitlist, so no wake-up is needed.
      expect(made.wakeAt).toBeUndefined();
    });

    it('does not count the slot that the node group itself holds', () => {
      const slots = slotsOf({ 'shop/general': 'shop' });
      expect(decide(about({}), circumstances({}, { slots })).reason).toBe('upgrade-started');
    });
  });

  describe('after failures', () => {
    const failed = (count: number, lastAt: number, releaseVersion = '1.33.13-20260714') =>
      about({}, { failures: { releaseVersion, count, lastAt } });

    it.each([
      [1, HOUR],
      [2, 2 * HOUR],
    ])('waits longer after failure %i', (count, delay) => {
      const early = decide(failed(count, NOW - delay + 1), circumstances());
      expect(early).toMatchObject({ decision: 'waiting', reason: 'retry-later', wakeAt: NOW + 1 });
      const due = decide(failed(count, NOW - delay), circumstances());
      expect(due).toMatchObject({ reason: 'upgrade-started', memory: { upgrade: { attempt: count + 1 } } });
    });

    it('is looked at as soon as a newer release has baked, when it is halted on the one that has', () => {
      const halted = failed(3, NOW - 1000 * HOUR);
      const baking = { releaseVersion: '1.33.14-20260801', firstSeenAt: NOW - 20 * HOUR };
      const target = release(NOW - 48 * HOUR);
      const offered = target.kind === 'release' ? [...target.offered, baking] : [];
      const view = { ...halted.view, target: { ...target, offered } } as Observation['view'];
      const decided = decide({ ...halted, view }, circumstances());
      expect(decided).toMatchObject({ reason: 'halted', wakeAt: NOW + 4 * HOUR });
      expect(decide(halted, circumstances())).not.toHaveProperty('wakeAt');
    });

    it('that was rejected is told again once its findings are urgent', () => {
      const base = failed(0, NOW);
      const proposal = {
        target: '1.33.13-20260714',
        at: NOW - HOUR,
        ruling: { kind: 'rejected' as const, id: 'r-1', requestedBy: 'arn:x', why: 'after the fair' },
      };
      const rejected = { ...base, state: { ...base.state, proposal } };
      const [plain, urgent] = [rejected, { ...rejected, need: need() }].map((each) => decide(each, circumstances()));
      expect(plain).toMatchObject({ decision: 'skipped', reason: 'proposal-rejected' });
      expect(urgent).toMatchObject({ decision: 'refused', reason: 'proposal-rejected' });
      expect(urgent?.message).toMatch(
        /rejected by arn:x: after the fair\. The upgrade is urgent, for CVE-2026-31415 \(CRITICAL\): these findings stay open/,
      );
      expect(urgent?.variant).not.toBe(plain?.variant);
    });

    it('is halted after as many as the policy allows, and resumes with a newer release or a higher limit', () => {
      const halted = failed(3, NOW - 1000 * HOUR);
      expect(decide(halted, circumstances())).toMatchObject({ decision: 'refused', reason: 'halted' });
      // Findings that become urgent later are told: people know that an urgent upgrade was requested.
      const [plain, urgent] = [halted, { ...halted, need: need() }].map((each) => decide(each, circumstances()));
      expect(urgent).toMatchObject({ decision: 'refused', reason: 'halted' });
      expect(urgent?.message).toContain(
        'The upgrade is urgent, for CVE-2026-31415 (CRITICAL): these findings stay open until somebody acts.',
      );
      expect(urgent?.variant).not.toBe(plain?.variant);
      const mild = decide({ ...halted, need: need({ urgency: 'normal' }) }, circumstances());
      expect(mild.variant).toBe(plain?.variant);
      expect(decide(halted, circumstances({ upgrades: { stopAfterFailures: 4 } })).reason).toBe('upgrade-started');
      expect(decide(failed(3, NOW, '1.33.12-20260610'), circumstances())).toMatchObject({
        reason: 'upgrade-started',
        memory: { upgrade: { attempt: 1 } },
      });
    });
  });

  describe('an upgrade under way', () => {
    it('is followed, with its progress, whatever the policy says by now', () => {
      const update: UpdateView = { kind: 'in-progress', updateId: 'u-1' };
      const nodes = [...nodesOn('1.33.12-20260625', 2), ...nodesOn(upgrade.releaseVersion, 1)];
      for (const policy of [{}, { killSwitch: true }, { upgrades: { mode: 'off' } }, { nonsense: true }]) {
        expect(decide(following(update, { nodes }), circumstances(policy))).toMatchObject({
          decision: 'waiting',
          reason: 'upgrade-in-flight',
          details: { replaced: 1, nodes: 3 },
          memory: { upgrade },
        });
      }
    });

    it('is done only when EKS reports success and the node group names the release', () => {
      const update: UpdateView = { kind: 'successful', updateId: 'u-1' };
      expect(decide(following(update, onNewest()), circumstances())).toMatchObject({
        decision: 'done',
        reason: 'upgraded',
        memory: {},
        // The next reconcile takes what has come meanwhile.
        wakeAt: NOW,
      });
      expect(decide(following(update), circumstances())).toMatchObject({
        decision: 'failed',
        reason: 'upgrade-failed',
        message: expect.stringContaining('ReleaseMismatch'),
      });
    });

    it("records a failure with EKS's code, a request, and when it is tried again", () => {
      const errors = [{ code: 'PodEvictionFailure', message: 'Reached max retries' }];
      const made = decide(following({ kind: 'failed', updateId: 'u-1', errors }), circumstances());
      expect(made).toMatchObject({
        decision: 'failed',
        reason: 'upgrade-failed',
        wakeAt: NOW + HOUR,
        memory: { failures: { releaseVersion: upgrade.releaseVersion, count: 1, lastAt: NOW } },
        details: { errors, failures: 1 },
      });
      expect(made.memory.upgrade).toBeUndefined();
      expect(made.message).toMatch(/PodEvictionFailure: Reached max retries.*PodDisruptionBudget/);
    });

    it('is tried again in a change window, or at once where urgent findings pass them', () => {
      const errors = [{ code: 'PodEvictionFailure', message: 'no' }];
      const failed = following({ kind: 'failed', updateId: 'u-1', errors });
      const opening = Date.parse('2026-07-21T03:00:00Z');
      const made = decide(failed, circumstances(closed()));
      expect(made).toMatchObject({ reason: 'upgrade-failed', wakeAt: opening });
      expect(made.message).toContain('The next attempt may start at 2026-07-21T03:00:00.000Z.');
      const { failures } = made.memory;
      expect(decide(about({}, { ...(failures && { failures }) }), circumstances(closed()))).toMatchObject({
        reason: 'retry-later',
        message: 'Attempt 2 may start at 2026-07-21T03:00:00.000Z.',
      });
      const passing = { upgrades: { ...closed().upgrades, urgent: { ignoreWindows: true } } };
      expect(decide({ ...failed, need: need() }, circumstances(passing)).wakeAt).toBe(NOW + HOUR);
    });

    it('names the release that some nodes run already, not their AMI, while it waits for the next attempt', () => {
      const failures = { releaseVersion: upgrade.releaseVersion, count: 1, lastAt: NOW };
      const nodes = [...nodesOn('1.33.12-20260625', 1), ...nodesOn(upgrade.releaseVersion, 2)];
      expect(decide(about({ nodes }, { failures }), circumstances())).toMatchObject({
        reason: 'retry-later',
        message: expect.stringMatching(/1 of 3 nodes runs 1\.33\.12-20260625; 2 run 1\.33\.13-20260714\.$/),
      });
    });

    it('is taken for not begun when EKS knows nothing of it', () => {
      expect(decide(following({ kind: 'absent' }, { status: 'ACTIVE' }), circumstances())).toMatchObject({
        reason: 'upgrade-started',
        memory: { upgrade: { attempt: 1 } },
      });
    });

    it.each<UpdateView>([
      { kind: 'in-progress', updateId: 'u-2' },
      { kind: 'successful', updateId: 'u-2' },
      { kind: 'failed', updateId: 'u-2', errors: [] },
    ])('that a crash kept from being noted is recorded as started, then followed: %j', (update) => {
      const { updateId: _, ...asked } = upgrade;
      expect(decide(about({ status: 'UPDATING', update }, { upgrade: asked }), circumstances())).toMatchObject({
        decision: 'acted',
        reason: 'upgrade-started',
        memory: { upgrade: { ...asked, updateId: 'u-2' } },
      });
    });

    it('keeps its slot while an update runs that may be it', () => {
      expect(decide(following({ kind: 'absent' }), circumstances())).toMatchObject({
        reason: 'update-in-progress',
        memory: { upgrade },
      });
    });
  });
});

describe('with a worker in quarantine', () => {
  const TARGET = '1.33.13-20260714';
  const held = (state: Partial<Observation['state']> = {}, view: Partial<NodeGroupView> = {}): Observation => ({
    ...about(view, state),
    quarantined: ['i-0123456789abcdef0'],
  });
  const since = (hours: number, releaseVersion = TARGET) => ({
    quarantineWait: { releaseVersion, since: NOW - hours * HOUR },
  });

  it('waits, for a bounded time that is said, once for a release, however many quarantines begin meanwhile', () => {
    const first = decide(held(), circumstances());
    expect(first).toMatchObject({
      decision: 'waiting',
      reason: 'worker-in-quarantine',
      message: expect.stringMatching(/^i-0123456789abcdef0 is in quarantine.*2026-07-21T12:00:00.000Z at the latest/),
      memory: { quarantineWait: { releaseVersion: TARGET, since: NOW } },
      wakeAt: NOW + 24 * HOUR,
    });
    const between = about({}, since(23));
    expect(decide(between, circumstances())).toMatchObject({ reason: 'upgrade-started', memory: since(23) });
    expect(decide(held(since(23)), circumstances()).wakeAt).toBe(NOW + HOUR);
    // A wait for an earlier release counts for that release only.
    expect(decide(held(since(30, '1.33.12-20260625')), circumstances()).wakeAt).toBe(NOW + 24 * HOUR);
  });

  it('starts when the time is over, or when the policy says not to wait, and says what may be lost', () => {
    for (const [hours, policy] of [
      [24, {}],
      [0, { upgrades: { waitForQuarantine: '0m' } }],
    ] as const) {
      expect(decide(held(since(hours)), circumstances(policy))).toMatchObject({
        reason: 'upgrade-started',
        message: expect.stringContaining('i-0123456789abcdef0 is in quarantine. The upgrade may terminate'),
      });
    }
  });

  it('proposes all the same, and waits once that is approved', () => {
    const asking = { upgrades: { approval: 'required' } };
    const proposed = decide(held(), circumstances(asking));
    expect(proposed).toMatchObject({ decision: 'would-act', reason: 'approval-required' });
    // An operator who approves the upgrade reads what it waits for, and what may be lost.
    expect(proposed.message).toContain(
      'i-0123456789abcdef0 is in quarantine. The upgrade waits for the end of that until 2026-07-21T12:00:00.000Z at the latest, and may then terminate what is kept for analysis.',
    );
    expect(decide(held(since(24)), circumstances(asking)).message).toContain(
      'i-0123456789abcdef0 is in quarantine. The upgrade may terminate what is kept for analysis.',
    );
    const ruling = { kind: 'approved' as const, id: 'r-1', at: NOW, requestedBy: 'jo', why: 'tested' };
    const approved = held({ proposal: { target: TARGET, at: NOW - HOUR, ruling } });
    expect(decide(approved, circumstances(asking))).toMatchObject({ reason: 'worker-in-quarantine' });
  });

  it('remembers how long it has waited while a window is shut, the group is not active, or an attempt has failed', () => {
    expect(decide(held(since(3)), circumstances(closed())).memory).toMatchObject(since(3));
    expect(decide(held(since(3), { status: 'CREATING' }), circumstances()).memory).toMatchObject(since(3));
    const failed = following({
      kind: 'failed',
      updateId: 'u-1',
      errors: [{ code: 'PodEvictionFailure', message: 'no' }],
    });
    const after = decide({ ...failed, state: { ...failed.state, ...since(3) } }, circumstances());
    expect(after).toMatchObject({ reason: 'upgrade-failed', memory: since(3) });
  });
});

describe('whatever was observed', () => {
  it('starts only what every rule allows', () => {
    fc.assert(
      fc.property(arbitraryObservation, arbitraryPolicy, fc.integer({ min: 0, max: 3 }), (seen, policy, others) => {
        const slots = slotsOf(Object.fromEntries(Array.from({ length: others }, (_, n) => [`o${n}/g`, `o${n}`])));
        const made = decide(seen, { policy, now: NOW, account: '111122223333', slots });
        if (made.start === undefined) return;
        const { view } = seen;
        if (view.kind !== 'node-group' || 'error' in policy || view.target.kind !== 'release') {
          throw new Error(`started without a node group, a policy or a release: ${made.message}`);
        }
        expect(policy.killSwitch).toBe(false);
        const { proposal } = seen.state;
        const ruling = proposal?.target === made.releaseVersion ? proposal?.ruling?.kind : undefined;
        expect(ruling).not.toBe('rejected');
        expect(policy.upgrades.mode).toBe(
          ruling === 'approved' && policy.upgrades.mode !== 'enforce' ? 'observe' : 'enforce',
        );
        expect(made.proposal).toBeUndefined();
        const cures = view.healthIssues.length > 0 && view.healthIssues.every(({ code }) => code === 'AmiIdNotFound');
        const isUnhealthy = view.healthIssues.length > 0 || view.status === 'DEGRADED';
        expect(view.status === 'ACTIVE' || view.status === 'DEGRADED').toBe(true);
        expect(!isUnhealthy || view.desired === 0 || cures).toBe(true);
        expect(view.cluster).toMatchObject({ status: 'ACTIVE', version: expect.stringMatching(/1.3[3-6]/) });
        expect(view.amiType).not.toBe('CUSTOM');
        expect({ ...view.tags, ...view.cluster.tags }).not.toHaveProperty('eks-host-remediator:ignore');
        const { bakeAge, urgent, windows } = policy.upgrades;
        const mayHurry =
          seen.need?.urgency === 'urgent' &&
          seen.need.verifiedAt > NOW - 26 * HOUR &&
          policy.findings.mode === 'enforce';
        const leastAge = mayHurry ? Math.min(bakeAge, urgent.bakeAge) : bakeAge;
        const { offered, isInDoubt } = view.target;
        const started = made.memory.upgrade?.releaseVersion ?? '';
        const hasBaked = ({ firstSeenAt }: { firstSeenAt: number }) => firstSeenAt + leastAge <= NOW;
        expect(offered.findLast(hasBaked)?.releaseVersion).toBe(started);
        expect(isInDoubt).toBe(false);
        expect((mayHurry && urgent.ignoreWindows) || nextOpening(windows, NOW) === NOW).toBe(true);
        expect(view.releaseVersion < started).toBe(true);
        expect(others).toBeLessThan(policy.upgrades.concurrency.perAccount);
        const { quarantineWait } = seen.state;
        const waited = quarantineWait?.releaseVersion === started ? NOW - quarantineWait.since : -1;
        expect(seen.quarantined === undefined || waited >= policy.upgrades.waitForQuarantine).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('never changes its inputs, and the same inputs give the same decision', () => {
    fc.assert(
      fc.property(arbitraryObservation, arbitraryPolicy, (seen, policy) => {
        const given: Circumstances = { policy, now: NOW, account: '111122223333', slots: {} };
        const before = JSON.stringify([seen, given]);
        expect(decide(seen, given)).toEqual(decide(structuredClone(seen), structuredClone(given)));
        expect(JSON.stringify([seen, given])).toBe(before);
      }),
    );
  });

  it('wakes up only in the future', () => {
    fc.assert(
      fc.property(arbitraryObservation, arbitraryPolicy, (seen, policy) => {
        const { wakeAt } = decide(seen, { policy, now: NOW, account: '111122223333', slots: {} });
        expect(wakeAt ?? NOW).toBeGreaterThanOrEqual(NOW);
      }),
    );
  });
});

function release(firstSeenAt: number): NodeGroupView['target'] {
  return targeting(firstSeenAt, '1.33.13-20260714');
}

function none(reason: Extract<NodeGroupView['target'], { kind: 'none' }>['reason']): NodeGroupView['target'] {
  return { kind: 'none', reason, message: 'because' };
}

/** A target whose newest release was withdrawn, so that an older one is recommended again. */
function withdrawn(newest: string, recommended = '1.33.12-20260610'): NodeGroupView['target'] {
  return { ...targeting(NOW - 48 * HOUR, recommended), withdrawn: [newest] };
}

function inDoubt(): NodeGroupView['target'] {
  return { ...targeting(NOW - 48 * HOUR, '1.33.13-20260714'), isInDoubt: true };
}

function degraded(...codes: string[]): Partial<NodeGroupView> {
  return { status: 'DEGRADED', healthIssues: codes.map((code) => ({ code, message: 'because' })) };
}

function behind(version: string): Partial<NodeGroupView> {
  return { cluster: { status: 'ACTIVE', version, tags: {} } };
}

/** A view in which the node group and its nodes run the newest release. */
function onNewest(): Partial<NodeGroupView> {
  return { releaseVersion: '1.33.13-20260714', nodes: nodesOn('1.33.13-20260714', 2) };
}

/** Windows that are closed at NOW, a Monday noon; the next one opens on Tuesday at 03:00. */
function closed() {
  return { upgrades: { windows: [{ cron: '0 3 * * TUE', duration: '2h' }] } };
}
