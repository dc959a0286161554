import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Gates } from '../shared/gates/gates.ts';
import { sinceFirstSeen, workloadGate } from '../shared/gates/workload-gate.ts';
import type { ClassProgress, NodeClassState } from '../shared/ledger/node-class-ledger.ts';
import type { NodeGroupState } from '../shared/ledger/node-group-ledger.ts';
import type { Progress } from '../shared/ledger/rollout-memory.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { nodeClassMembers } from '../shared/rollouts/node-classes.ts';
import { rolloutsIn } from '../shared/rollouts/waves.ts';
import { selectionOf } from './alias.ts';
import { decide } from './decide.ts';
import type { Decision, Observation } from './decision.ts';
import type { ClassView, View } from './node-class.ts';
import { classView, HOUR, NEW, NOW, OLD, observationOf, PAIR, policyWith } from './observation.fixture.ts';
import { policyHere } from './observe.ts';
import type { Policy } from './policy.ts';
import { membersAfter, progressAfter } from './progress.ts';
import type { Reason } from './reasons.ts';
import { clustersThatMatter } from './wave.ts';

const ROLLOUT = {
  upgrades: { waves: ['canary', 'stage', 'prod'], bakeBetween: '24h' },
  overrides: [
    { name: 'first', match: { clusters: ['canary'] }, upgrades: { wave: 'canary' } },
    { name: 'second', match: { clusters: ['stage'] }, upgrades: { wave: 'stage' } },
    { name: 'ring', match: { tags: { ring: 'last' } }, upgrades: { wave: 'prod' } },
  ],
};
const anywhere = policyWith({}, ROLLOUT);
const stateOf = (more: Partial<NodeClassState> = {}): NodeClassState => ({ outcomes: 1, revision: 1, ...more });
const said = ({ decision, reason }: Pick<Decision, 'decision' | 'reason'>) => `${decision} ${reason}`;

const runs = (releaseVersion: string, hours: number, more: Partial<ClassProgress> = {}): ClassProgress => ({
  pair: PAIR,
  runs: { releaseVersion, since: NOW - hours * HOUR },
  health: 'well',
  seenAt: NOW - HOUR,
  ...more,
});
const aClass = (progress: ClassProgress, reason = 'node-class-current') => stateOf({ progress: [progress], reason });
const aGroup = (progress: Progress, more: Partial<NodeGroupState> = {}): NodeGroupState => ({
  outcomes: 1,
  progress,
  ...more,
});

interface Others {
  readonly classes?: Readonly<Record<string, NodeClassState>>;
  readonly groups?: Readonly<Record<string, NodeGroupState>>;
}
const rolloutsWith = ({ classes = {}, groups = {} }: Others, policy: Policy = anywhere) =>
  rolloutsIn(new Map(Object.entries(groups)), policy).with(
    Object.entries(classes).flatMap(([subject, state]) => nodeClassMembers(subject, state, policy)),
  );

/** What a class of a cluster does where others are remembered so. */
function here(cluster: string, others: Others, view: Partial<ClassView> = {}, policy: Policy = anywhere) {
  const observation = observationOf(classView(view), { key: { cluster, nodegroup: 'ec2nodeclass:default' } });
  const own = policyHere(policy, cluster, observation.owner, view.marks);
  const rollouts = rolloutsWith(others, policy);
  return decide(observation, { policy: own, now: NOW, account: '111122223333', rollouts });
}

const CANARY = 'canary/ec2nodeclass:default';
const STAGE = 'stage/ec2nodeclass:default';
const moving = { runs: { releaseVersion: OLD, since: NOW - 90 * HOUR }, taking: NEW };

describe('a release in its waves', () => {
  it.each<[string, string, Others, string, RegExp | undefined]>([
    [
      'comes to the first wave',
      'canary',
      { classes: { [STAGE]: aClass(runs(OLD, 90)) } },
      'acted node-class-being-pinned',
      undefined,
    ],
    [
      'waits for a class that runs the former',
      'prod',
      { classes: { [CANARY]: aClass(runs(OLD, 90), 'node-class-outside-window') } },
      'waiting earlier-wave',
      /wave canary: canary\/ec2nodeclass:default has not finished \(node-class-outside-window\)/,
    ],
    [
      'waits for a class whose nodes Karpenter still replaces',
      'prod',
      { classes: { [CANARY]: aClass(runs(OLD, 90, moving), 'node-class-drifting') } },
      'waiting earlier-wave',
      /is moving to it/,
    ],
    [
      'waits for a managed group that runs the former',
      'prod',
      { groups: { 'canary/web': aGroup(runs(OLD, 90), { reason: 'outside-window' }) } },
      'waiting earlier-wave',
      /canary\/web has not finished \(outside-window\)/,
    ],
    [
      'bakes in a class',
      'prod',
      { classes: { [CANARY]: aClass(runs(NEW, 20)) } },
      'waiting earlier-wave',
      /bakes in wave canary until 2026-07-15T16/,
    ],
    [
      'bakes in a managed group',
      'prod',
      { groups: { 'canary/web': aGroup(runs(NEW, 20)) } },
      'waiting earlier-wave',
      /bakes in wave canary/,
    ],
    [
      'comes through',
      'prod',
      { classes: { [CANARY]: aClass(runs(NEW, 25)) } },
      'acted node-class-being-pinned',
      undefined,
    ],
    [
      'is stopped by a class whose new nodes do not join',
      'prod',
      { classes: { [CANARY]: aClass(runs(OLD, 90, { ...moving, health: 'unhealthy' })) } },
      'waiting wave-stopped',
      /canary\/ec2nodeclass:default failed to move to it/,
    ],
    [
      'is stopped by a class that is unhealthy with it',
      'prod',
      { classes: { [CANARY]: aClass(runs(NEW, 90, { health: 'unhealthy' })) } },
      'waiting wave-stopped',
      /is unhealthy with it/,
    ],
    [
      'waits for a class that cannot be read',
      'prod',
      { classes: { [CANARY]: aClass(runs(NEW, 90, { health: 'unreadable' })) } },
      'waiting earlier-wave',
      /cannot be read/,
    ],
    [
      'goes alone with its first class',
      'canary',
      { classes: { 'canary/ec2nodeclass:other': aClass(runs(OLD, 90, moving)) } },
      'waiting earlier-wave',
      /ec2nodeclass:other is moving to it: the first node group/,
    ],
    [
      'goes alone with its first managed group',
      'canary',
      {
        groups: {
          'canary/web': aGroup(runs(OLD, 90), {
            upgrade: { releaseVersion: NEW, attempt: 1, requestedAt: NOW - HOUR },
          }),
        },
      },
      'waiting earlier-wave',
      /canary\/web is moving to it/,
    ],
    [
      'passes a wave in which nobody takes releases of its pair',
      'prod',
      { classes: { [CANARY]: aClass({ ...runs(OLD, 90), pair: '1.33/BOTTLEROCKET_x86_64' }) } },
      'acted node-class-being-pinned',
      undefined,
    ],
  ])('%s', (_, cluster, others, expected, message) => {
    const decision = here(cluster, others);
    expect(said(decision)).toBe(expected);
    if (message !== undefined) expect(decision.message).toMatch(message);
    expect(decision.write === undefined).toBe(expected !== 'acted node-class-being-pinned');
  });

  it('that bakes is waited for until it has, and one that nobody knows of has no such time', () => {
    expect(here('prod', { classes: { [CANARY]: aClass(runs(NEW, 20)) } }).wakeAt).toBe(NOW + 4 * HOUR);
    expect(here('prod', { classes: { [CANARY]: aClass(runs(OLD, 90)) } }).wakeAt).toBeUndefined();
  });

  it('waits for a class that only a former policy left alone, or had pins proposed for, and has it looked at', () => {
    const others = { classes: { [CANARY]: aClass(runs(OLD, 90, { isLeftAlone: true, leftUnder: 7 })) } };
    expect(said(here('prod', others, {}, { ...anywhere, version: 7 }))).toBe('acted node-class-being-pinned');
    const decision = here('prod', others, {}, { ...anywhere, version: 8 });
    expect(said(decision)).toBe('waiting earlier-wave');
    expect(decision.message).toMatch(/canary\/ec2nodeclass:default has not been reconciled since the policy changed/);
    expect(decision.lookAt).toEqual([{ cluster: 'canary', nodegroup: 'ec2nodeclass:default' }]);
  });

  it('has whoever nobody has seen for a day looked at', () => {
    const decision = here('prod', { classes: { [CANARY]: aClass(runs(OLD, 90, { seenAt: NOW - 30 * HOUR })) } });
    expect(decision.lookAt).toEqual([{ cluster: 'canary', nodegroup: 'ec2nodeclass:default' }]);
  });

  it('is held from a class by a label as by a tag, which only makes its wave a later one', () => {
    const others = { classes: { [STAGE]: aClass(runs(OLD, 90)) } };
    expect(said(here('canary', others))).toBe('acted node-class-being-pinned');
    expect(said(here('canary', others, { marks: { ring: 'last' } }))).toBe('waiting earlier-wave');
  });

  it('must have come through for every architecture in use', () => {
    const arm = '1.33/AL2023_ARM_64_STANDARD';
    const pairs = [PAIR, arm].map((pair) => ({ kubernetesVersion: '1.33', amiType: pair.slice(5) }));
    const known = { releases: { v20260601: OLD, v20260701: NEW }, withdrawn: [] };
    const { offer } = classView();
    if (offer.kind !== 'offered') throw new Error('no offer');
    const both = { pairs, offer: { ...offer, pairs: { [PAIR]: known, [arm]: known } } };
    const progress = [runs(NEW, 90), { ...runs(OLD, 90), pair: arm }];
    const others = { classes: { [CANARY]: stateOf({ progress }) } };
    expect(said(here('prod', others, both))).toBe('waiting earlier-wave');
    expect(said(here('prod', others))).toBe('acted node-class-being-pinned');
  });

  it('that its nodes run already is pinned to at once where the class floats: it takes nothing new', () => {
    const floats = {
      selection: { kind: 'floats' as const, family: 'al2023' as const },
      terms: [{ alias: 'al2023@latest' }],
    };
    const decision = here('prod', { classes: { [CANARY]: aClass(runs(OLD, 90)) } }, floats);
    expect([said(decision), decision.target]).toEqual(['acted node-class-being-pinned', 'al2023@v20260601']);
  });

  it('is neither written nor proposed before its wave, whoever keeps the class', () => {
    const others = { classes: { [CANARY]: aClass(runs(OLD, 90)) } };
    expect(said(here('prod', others, { codeOwner: 'Flux' }))).toBe('waiting earlier-wave');
    expect(said(here('prod', others, {}, policyWith({ mode: 'observe' }, ROLLOUT)))).toBe('waiting earlier-wave');
  });
});

it('the record of a pin names the earlier waves in which nothing takes the release', () => {
  const observation = observationOf(classView(), { key: { cluster: 'prod', nodegroup: 'ec2nodeclass:default' } });
  const policy = policyHere(anywhere, 'prod', observation.owner);
  const pinned = (classes: Parameters<typeof rolloutsWith>[0]) =>
    decide(observation, { policy, now: NOW, account: '111122223333', rollouts: rolloutsWith(classes) });
  const alone = pinned({ classes: {} });
  expect(said(alone)).toBe('acted node-class-being-pinned');
  expect(alone.message).toContain('Nothing in the waves canary, stage takes it, so that nothing has tried it there.');
  expect(pinned({ classes: { [CANARY]: aClass(runs(NEW, 90)) } }).message).toContain('Nothing in wave stage takes it');
});

describe('windows and gates', () => {
  const windows = [{ cron: '0 2 * * *', duration: '3h' }];
  const read = (state: 'OK' | 'ALARM', isOpen: boolean): Gates => ({
    alarms: new Map([['errors', { kind: 'alarm', state }]]),
    calendars: new Map([['freeze', { kind: 'calendar', isOpen, changesAt: NOW + 5 * HOUR }]]),
  });
  const gated = { upgrades: { gates: { alarms: ['errors'], calendars: ['freeze'] } } };
  const at = (policy: Policy, gates?: Gates) =>
    decide(observationOf(classView()), { policy, now: NOW, account: '111122223333', ...(gates && { gates }) });

  it.each<[string, Policy, Gates | undefined, string, number | undefined]>([
    ['a shut window', policyWith({ windows }), undefined, 'waiting node-class-outside-window', NOW + 14 * HOUR],
    ['an alarm', policyWith({}, gated), read('ALARM', true), 'waiting alarm-gate-closed', NOW + HOUR / 4],
    ['a closed calendar', policyWith({}, gated), read('OK', false), 'waiting calendar-gate-closed', NOW + 5 * HOUR],
    ['gates that nobody has read', policyWith({}, gated), undefined, 'refused gate-unreadable', NOW + HOUR / 4],
    ['nothing, once all are open', policyWith({}, gated), read('OK', true), 'acted node-class-being-pinned', undefined],
    [
      'no gate in mode observe',
      policyWith({ mode: 'observe', windows }, gated),
      undefined,
      'would-act would-pin-node-class',
      undefined,
    ],
  ])('a pin waits for %s', (_, policy, gates, expected, wakeAt) => {
    const decision = at(policy, gates);
    expect([said(decision), decision.wakeAt]).toEqual([expected, wakeAt]);
    expect(decision.write === undefined).toBe(expected !== 'acted node-class-being-pinned');
  });

  it('an alarm that holds a pin back for a day is told; the day goes on while gates or the class cannot be read', () => {
    const policy = policyWith({}, { upgrades: { gates: { alarms: ['errors'] } } });
    let state = observationOf(classView()).state;
    const when = (hours: number, gates: Gates, view: View = classView()) => {
      const of = { policy, now: NOW + hours * HOUR, account: '111122223333', gates };
      const decision = decide(observationOf(view, { state }), of);
      state = { ...state, heldAtGate: decision.heldAtGate };
      return decision;
    };
    const denied = { kind: 'unreadable', error: 'AccessDenied: no', code: 'AccessDenied', isThrottled: false } as const;
    const unread = { ...read('OK', true), alarms: new Map([['errors', denied]]) };
    expect(said(when(0, read('ALARM', true)))).toBe('waiting alarm-gate-closed');
    expect(said(when(8, unread))).toBe('refused gate-unreadable');
    when(9, read('ALARM', true), { kind: 'unreadable', why: 'No answer.', variant: 'unreachable' });
    const long = when(24, read('ALARM', true));
    expect(said(long)).toBe('refused alarm-gate-closed');
    expect(long.message).toContain('Whenever the pin could have started since 2026-07-');
    expect([said(when(25, read('OK', true))), state.heldAtGate]).toEqual(['acted node-class-being-pinned', undefined]);
  });
});

describe('the gate of nodes and pods', () => {
  const policy = policyWith({}, { upgrades: { gates: { nodesAndPods: true } } });
  const since = sinceFirstSeen(NOW - 240 * HOUR);
  const at = (more: object = {}) =>
    decide(observationOf(classView()), { policy, now: NOW, account: '111122223333', ...more });

  it('holds a pin until somebody has read it, and while it is closed', () => {
    const unread = at();
    expect([said(unread), unread.write, unread.dependsOnWorkloads]).toEqual([
      'waiting workload-gate-closed',
      undefined,
      since,
    ]);
    const node = { name: 'node-1', since: NOW - HOUR, createdAt: NOW - 9 * HOUR };
    const found = { kind: 'found' as const, nodes: [node], pods: [] };
    const shut = at({ workloads: workloadGate(new Map([['shop', found]]), since, NOW) });
    expect([said(shut), shut.message]).toEqual([
      'waiting workload-gate-closed',
      'Since the release was first seen: in shop, 1 node is not Ready (node-1).',
    ]);
    expect(said(at({ workloads: 'open' }))).toBe('acted node-class-being-pinned');
  });

  it('is that of its cluster, and of those where earlier waves have taken the release', () => {
    const rollouts = rolloutsWith({
      classes: { [CANARY]: aClass(runs(NEW, 90)), 'other/ec2nodeclass:default': aClass(runs(OLD, 90)) },
    });
    const observation = observationOf(classView(), { key: { cluster: 'prod', nodegroup: 'ec2nodeclass:default' } });
    const own = policyHere(anywhere, 'prod', observation.owner);
    expect(clustersThatMatter(observation, 'al2023@v20260701', { policy: own, rollouts })).toEqual(['prod', 'canary']);
    expect(clustersThatMatter(observation, 'al2023@v20260701', { policy: own })).toEqual(['prod']);
  });
});

describe('what is remembered of a class for others', () => {
  const at = (view: Partial<ClassView>, state = stateOf(), decided: Partial<Decision> = {}, policy = anywhere) =>
    progressAfter(
      observationOf(classView(view), { state, key: { cluster: 'canary', nodegroup: 'ec2nodeclass:default' } }),
      { reason: 'node-class-current', ...decided },
      { anywhere: policy, here: policyHere(policy, 'canary', { tags: {} }, view.marks) },
      NOW,
    );
  const al2023 = (...versions: string[]) => versions.map((version) => ({ family: 'al2023' as const, version }));
  const pinned = { terms: [{ alias: 'al2023@v20260701' }], selection: selectionOf([{ alias: 'al2023@v20260701' }]) };

  it('is the release of its oldest node while others are replaced, and the pinned one since none is left', () => {
    const before = stateOf({ progress: [runs(OLD, 90)] });
    const [first] = at({}, before, { write: [{ alias: 'al2023@v20260701' }] }) ?? [];
    expect(first).toMatchObject({ runs: { releaseVersion: OLD, since: NOW - 90 * HOUR }, taking: NEW, health: 'well' });
    const [half] = at({ ...pinned, running: al2023('v20260601', 'v20260701') }, before) ?? [];
    expect(half).toMatchObject({ runs: { releaseVersion: OLD }, taking: NEW });
    const [all] = at({ ...pinned, running: al2023('v20260701') }, before) ?? [];
    expect(all).toMatchObject({ runs: { releaseVersion: NEW, since: NOW }, ran: [{ releaseVersion: OLD }] });
    expect(all?.taking).toBeUndefined();
  });

  it('is mixed while nodes run the pinned release for another Kubernetes version, and bakes anew after that', () => {
    const now = { ...pinned, running: al2023('v20260701') };
    const [former] = at({ ...now, runsOtherKubernetes: true }, stateOf({ progress: [runs(NEW, 90)] })) ?? [];
    expect(former?.health).toBe('mixed');
    const [all] = at(now, stateOf({ progress: former === undefined ? [] : [former] })) ?? [];
    expect(all).toMatchObject({ health: 'well', runs: { releaseVersion: NEW, since: NOW } });
  });

  it('is its health, by what Karpenter says of the class and its pools', () => {
    const [ill] = at({ troubles: ['nodes of pool general do not join'] }) ?? [];
    expect(ill?.health).toBe('unhealthy');
    const [cured] = at({}, stateOf({ progress: [runs(OLD, 90, { health: 'unhealthy' })] })) ?? [];
    expect(cured).toMatchObject({ health: 'well', runs: { since: NOW } });
  });

  it('stays while the class cannot be read, and nobody takes it for well', () => {
    for (const view of [
      { kind: 'unreadable' as const, why: 'no', variant: '' },
      { kind: 'malformed' as const, why: 'no', variant: '' },
    ]) {
      const observation = observationOf(view, { state: stateOf({ progress: [runs(NEW, 90)] }) });
      const kept = progressAfter(observation, { reason: 'node-classes-unread' }, { anywhere, here: anywhere }, NOW);
      expect(kept).toMatchObject([{ health: 'unreadable', runs: { releaseVersion: NEW } }]);
    }
  });

  const approval = { kind: 'approved' as const, id: 'r-1', requestedBy: 'ops', why: 'tested' };
  const made = { alias: 'al2023@v20260701', from: [{ alias: 'al2023@v20260601' }], at: NOW - HOUR };
  const proposal = { target: made.alias, at: NOW - HOUR, ruling: approval };
  const half = { ...pinned, running: al2023('v20260601', 'v20260701') };
  const done = { ...pinned, running: al2023('v20260701') };

  const LEFT = { isLeftAlone: true, leftUnder: 7 };
  const observing = { ...policyWith({ mode: 'observe' }, ROLLOUT), version: 7 };

  it.each<[string, Partial<ClassView>, Partial<Decision>, object]>([
    ['is only proposed', {}, { reason: 'would-pin-node-class' }, LEFT],
    ['is approved', {}, { reason: 'node-class-outside-window', proposal }, { runs: { releaseVersion: OLD } }],
    ['is written', {}, { reason: 'node-class-being-pinned', write: [{ alias: made.alias }], made }, { taking: NEW }],
    ['drifts', half, { reason: 'node-class-drifting', made }, { taking: NEW }],
    ['drifts while a newer release is proposed', half, { reason: 'would-pin-node-class', made }, { taking: NEW }],
    ['has drifted', done, { reason: 'node-class-current', made }, { runs: { releaseVersion: NEW } }],
    [
      'drifts after an upgrade of its control plane',
      { ...done, runsOtherKubernetes: true },
      { reason: 'node-class-drifting', made },
      { runs: { releaseVersion: NEW } },
    ],
    ['was pinned by somebody else', half, { reason: 'node-class-drifting' }, LEFT],
    ['has drifted, and a newer release is proposed', done, { reason: 'would-pin-node-class', made }, LEFT],
  ])(
    'counts in mode observe for as long as an approved pin is carried out, and bakes: one that %s',
    (_, view, decided, expected) => {
      const [progress] = at(view, stateOf(), decided, observing) ?? [];
      expect(progress).toMatchObject(expected);
      expect(progress?.isLeftAlone === true).toBe(expected === LEFT);
    },
  );

  it('stays with the version of the policy that left the class alone, until another one does or it is looked at', () => {
    const state = stateOf({ progress: [runs(OLD, 90, { isLeftAlone: true, leftUnder: 6 })] });
    const enforcing = { ...anywhere, version: 7 };
    const off = { ...policyWith({ mode: 'off' }, ROLLOUT), version: 7 };
    const unread = { kind: 'unreadable' as const, why: 'no', variant: '' };
    const remembered = (view: Observation['view'], policy: Policy, reason: Reason) =>
      progressAfter(observationOf(view, { state }), { reason }, { anywhere: policy, here: policy }, NOW)?.[0];
    expect(remembered({ kind: 'unread' }, off, 'mode-off')).toMatchObject(LEFT);
    expect(remembered({ kind: 'unread' }, enforcing, 'out-of-scope')).toMatchObject(LEFT);
    expect(remembered(unread, observing, 'node-classes-unread')).toMatchObject(LEFT);
    expect(remembered(unread, enforcing, 'node-classes-unread')).toMatchObject({ leftUnder: 6 });
    expect(remembered(classView(), enforcing, 'node-class-outside-window')?.isLeftAlone).toBeUndefined();
  });

  it.each<[string, Partial<Decision>, Policy]>([
    ['no waves', {}, policyWith()],
    ['terms that its owner chose', { reason: 'ami-terms-custom' }, anywhere],
    ['an opt-out', { reason: 'opted-out' }, anywhere],
    ['an end of the class', { reason: 'node-class-gone' }, anywhere],
  ])('is nothing with %s', (_, decided, policy) => {
    expect(at({}, stateOf({ progress: [runs(OLD, 90)] }), decided, policy)).toBeUndefined();
  });
});

describe('whatever classes of three waves run, however they are', () => {
  const CLUSTERS = ['canary', 'stage', 'prod'] as const;
  const standing = fc.record({
    cluster: fc.constantFrom(...CLUSTERS),
    name: fc.constantFrom('a', 'b'),
    release: fc.constantFrom(OLD, NEW),
    hours: fc.integer({ min: 0, max: 72 }),
    health: fc.constantFrom('well' as const, 'unhealthy' as const, 'mixed' as const, 'unreadable' as const),
    isMoving: fc.boolean(),
  });
  const fleet = fc.uniqueArray(standing, { maxLength: 6, selector: ({ cluster, name }) => `${cluster} ${name}` });

  it('one is pinned to a release only if all of the earlier waves run it, are well and have for long enough', () => {
    fc.assert(
      fc.property(fleet, fc.constantFrom(...CLUSTERS), (others, cluster) => {
        const classes = Object.fromEntries(
          others.map(({ cluster: of, name, release, hours, health, isMoving }) => [
            `${of}/ec2nodeclass:${name}`,
            aClass(runs(release, hours, { health, ...(isMoving && release === OLD && { taking: NEW }) })),
          ]),
        );
        const decision = here(cluster, { classes });
        const isEarlier = (of: (typeof CLUSTERS)[number]) => CLUSTERS.indexOf(of) < CLUSTERS.indexOf(cluster);
        const blocking = others.filter(
          ({ cluster: of, release, hours, health }) =>
            isEarlier(of) && (release !== NEW || hours < 24 || health !== 'well'),
        );
        if (decision.write !== undefined) expect(blocking).toEqual([]);
        else if (blocking.length === 0) expect(decision.message).toMatch(/goes alone/);
        expect(isInvalid(anywhere)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it('of two classes of one wave, only the first begins in one reconcile', () => {
    const seenOf = (name: string) =>
      observationOf(classView({ name }), {
        key: { cluster: 'canary', nodegroup: `ec2nodeclass:${name}` },
        state: aClass(runs(OLD, 90)),
      });
    const own = policyHere(anywhere, 'canary', { tags: {} });
    const given = { policy: own, now: NOW, account: '111122223333' };
    const before = rolloutsWith({ classes: { 'canary/ec2nodeclass:a': aClass(runs(OLD, 90)) } });
    const first = decide(seenOf('a'), { ...given, rollouts: before });
    const then = before.with(membersAfter(seenOf('a'), first, { anywhere, here: own }, NOW));
    expect(said(first)).toBe('acted node-class-being-pinned');
    expect(said(decide(seenOf('b'), { ...given, rollouts: then }))).toBe('waiting earlier-wave');
  });
});
