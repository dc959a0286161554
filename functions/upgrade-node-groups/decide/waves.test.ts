import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../policy-document.ts';
import type { NodeGroupState, Turn } from '../../shared/ledger/node-group-ledger.ts';
import type { Progress } from '../../shared/ledger/rollout-memory.ts';
import { targeting } from '../../shared/releases/target.fixture.ts';
import { rolloutsIn } from '../../shared/rollouts/waves.ts';
import type { Memory } from '../model/decision.ts';
import { HOUR, lineOf, NOW, need, nodeGroup, nodesOn, observation, unreadable } from '../model/observation.fixture.ts';
import type { View } from '../model/observation.ts';
import { contendersOf } from '../moment/waitlist.ts';
import { nextState } from '../plan/next-state.ts';
import { plan } from '../plan/plan.ts';
import { policyOf } from '../policy.fixture.ts';
import { decide } from './decide.ts';
import { progressAfter } from './progress.ts';

const OLD = '1.33.12-20260625';
const NEW = '1.33.13-20260714';
const PAIR = '1.33/AL2023_x86_64_STANDARD';
const DOCUMENT = {
  upgrades: { waves: ['canary', 'stage', 'prod'], bakeBetween: '24h', concurrency: { perCluster: 9, perAccount: 9 } },
  overrides: [
    { name: 'first', match: { clusters: ['canary-*'] }, upgrades: { wave: 'canary' } },
    { name: 'second', match: { clusters: ['stage-*'] }, upgrades: { wave: 'stage' } },
    { name: 'held-back', match: { tags: { ring: 'last' } }, upgrades: { wave: 'prod' } },
  ],
};
const policy = policyOf(DOCUMENT);

const runs = (releaseVersion: string, hours: number, more: Partial<Progress> = {}): NodeGroupState => ({
  outcomes: 1,
  progress: {
    pair: PAIR,
    runs: { releaseVersion, since: NOW - hours * HOUR },
    health: 'well',
    seenAt: NOW - HOUR,
    ...more,
  },
});
const given = (states: Readonly<Record<string, NodeGroupState>>) => ({
  policy,
  now: NOW,
  account: '111122223333',
  slots: {},
  rollouts: rolloutsIn(new Map(Object.entries(states)), policy),
});
const inCluster = (cluster: string, view: Partial<Extract<View, { kind: 'node-group' }>> = {}, state = {}) =>
  observation(nodeGroup(view), state, { cluster, nodegroup: 'web' });
const told = (cluster: string, states: Readonly<Record<string, NodeGroupState>>, view = {}) => {
  const { reason, message, wakeAt, lookAt } = decide(inCluster(cluster, view), given(states));
  return { reason, message, wakeAt, lookAt };
};

describe('a group that only the policy left alone', () => {
  const leftUnder = (version: number) => runs(OLD, 99, { isLeftAlone: true, leftUnder: version });
  const under = (version: number, state: NodeGroupState) => {
    const present = { ...policy, version };
    const rollouts = rolloutsIn(new Map([['canary-1/a', state]]), present);
    return decide(inCluster('prod-1'), { ...given({}), policy: present, rollouts });
  };

  it('is waited for once the policy has changed, until it is looked at, which is asked for', () => {
    expect(under(7, leftUnder(7)).reason).toBe('upgrade-started');
    expect(under(8, leftUnder(7))).toMatchObject({
      reason: 'earlier-wave',
      message: expect.stringContaining('canary-1/a has not been reconciled since the policy changed'),
      lookAt: [{ cluster: 'canary-1', nodegroup: 'a' }],
    });
    expect(under(8, runs(OLD, 99, { isLeftAlone: true })).reason).toBe('upgrade-started');
  });

  it('is remembered with the version of the policy, unlike one that opted out, also while it cannot be read', () => {
    const at = (version: number) => ({
      ...policyOf({ ...DOCUMENT, upgrades: { ...DOCUMENT.upgrades, mode: 'off' } }),
      version,
    });
    const remembered = (reason: 'mode-off' | 'opted-out') =>
      progressAfter(inCluster('canary-1'), { reason, memory: {} }, at(7), NOW);
    expect(remembered('mode-off')).toMatchObject({ isLeftAlone: true, leftUnder: 7 });
    expect(remembered('opted-out')?.leftUnder).toBeUndefined();
    const unread = observation(unreadable(), leftUnder(7), { cluster: 'canary-1', nodegroup: 'a' });
    const still = (now: ReturnType<typeof at>) => progressAfter(unread, { reason: 'unreadable', memory: {} }, now, NOW);
    expect(still(at(8))?.leftUnder).toBe(8);
    expect(still({ ...policy, version: 8 })?.leftUnder).toBe(7);
  });
});

it('the record of a start names the earlier waves in which nothing takes the release', () => {
  const long = NOW - 99 * HOUR;
  const view = { target: targeting(long, NEW) };
  const started = (states: Readonly<Record<string, NodeGroupState>>) => told('prod-1', states, view);
  const none = started({});
  expect([none.reason, none.message]).toEqual([
    'upgrade-started',
    expect.stringContaining('Nothing in the waves canary, stage takes it, so that nothing has tried it there.'),
  ]);
  expect(started({ 'canary-1/a': runs(NEW, 99) }).message).toContain('Nothing in wave stage takes it');
  const leftAlone = { 'canary-1/a': runs(OLD, 99, { isLeftAlone: true }), 'stage-1/a': runs(NEW, 99) };
  expect(started(leftAlone).message).toContain('Nothing in wave canary takes it');
  expect(started({ 'canary-1/a': runs(NEW, 99), 'stage-1/a': runs(NEW, 99) }).message).not.toContain('takes it');
});

describe('a release enters a wave', () => {
  it.each<[string, Readonly<Record<string, NodeGroupState>>, string, string]>([
    [
      'not before each group of the earlier one has it',
      { 'canary-1/a': runs(NEW, 99), 'canary-1/b': { ...runs(OLD, 99), reason: 'outside-change-window' } },
      'earlier-wave',
      'It waits for wave canary: canary-1/b has not finished (outside-change-window).',
    ],
    [
      'not where they ran it for an hour only, and left it for a newer one',
      {
        'canary-1/a': runs('1.33.14-20260718', 24, {
          ran: [{ releaseVersion: NEW, since: NOW - 25 * HOUR, until: NOW - 24 * HOUR }],
        }),
      },
      'earlier-wave',
      'It waits for wave canary, which runs or takes a newer release',
    ],
    [
      'not while nodes of a group that names it run another one',
      { 'canary-1/a': runs(NEW, 99, { health: 'mixed' }) },
      'earlier-wave',
      'It waits for wave canary: canary-1/a has nodes that do not run it.',
    ],
    [
      'not while a group is unhealthy that has yet to take it, which says nothing about the release',
      { 'canary-1/a': runs(OLD, 99, { health: 'unhealthy' }) },
      'earlier-wave',
      'It waits for wave canary: canary-1/a is unhealthy.',
    ],
    [
      'not while one of them is moving to it',
      {
        'canary-1/a': { ...runs(OLD, 99), upgrade: { releaseVersion: NEW, attempt: 1, requestedAt: NOW } },
      },
      'earlier-wave',
      'It waits for wave canary: canary-1/a is moving to it.',
    ],
    [
      'not before it has baked there',
      { 'canary-1/a': runs(NEW, 30), 'canary-1/b': runs(NEW, 23) },
      'earlier-wave',
      `${NEW} bakes in wave canary until 2026-07-20T13:00:00.000Z.`,
    ],
    [
      'not where it failed there',
      { 'canary-1/a': { ...runs(OLD, 99), failures: { releaseVersion: NEW, count: 1, lastAt: NOW } } },
      'wave-stopped',
      `${NEW} is stopped in wave canary: canary-1/a failed to move to it.`,
    ],
    [
      'not where it failed there, though the group that failed runs a newer one by now, and others have run this one well',
      {
        'canary-1/a': runs('1.33.14-20260718', 30, { failed: [{ releaseVersion: NEW }] }),
        'canary-1/b': runs(NEW, 99),
      },
      'wave-stopped',
      `${NEW} is stopped in wave canary: canary-1/a failed with it.`,
    ],
    [
      'not where a group is unhealthy with it',
      { 'canary-1/a': runs(NEW, 99, { health: 'unhealthy' }) },
      'wave-stopped',
      `${NEW} is stopped in wave canary: canary-1/a is unhealthy with it.`,
    ],
    [
      'not where a group cannot be read',
      { 'canary-1/a': runs(NEW, 99, { health: 'unreadable' }) },
      'earlier-wave',
      'It waits for wave canary: canary-1/a cannot be read.',
    ],
    [
      'not past the wave between',
      { 'canary-1/a': runs(NEW, 99), 'stage-1/a': runs(OLD, 99) },
      'earlier-wave',
      'It waits for wave stage: stage-1/a has not finished.',
    ],
    [
      'not where all of an earlier one have passed it over, and run a newer one',
      { 'canary-1/a': runs('1.33.14-20260718', 1) },
      'earlier-wave',
      `It waits for wave canary, which runs or takes a newer release than ${NEW} and never ran this one.`,
    ],
    ['once all of it have run it for long enough', { 'canary-1/a': runs(NEW, 24) }, 'upgrade-started', ''],
    [
      'once they have, though they run a newer one by now',
      {
        'canary-1/a': runs('1.33.14-20260718', 1, {
          ran: [{ releaseVersion: NEW, since: NOW - 25 * HOUR, until: NOW - HOUR }],
        }),
      },
      'upgrade-started',
      '',
    ],
    [
      'although a group of it is unhealthy since another release failed there',
      {
        'canary-1/a': {
          ...runs(NEW, 99, { health: 'unhealthy' }),
          failures: { releaseVersion: '1.33.14-20260718', count: 1, lastAt: NOW, broke: ['NodeCreationFailure'] },
        },
      },
      'upgrade-started',
      '',
    ],
    [
      'although another release failed there half-way, and left nodes of both',
      {
        'canary-1/a': {
          ...runs(NEW, 99, { health: 'mixed' }),
          failures: { releaseVersion: '1.33.14-20260718', count: 1, lastAt: NOW },
        },
      },
      'upgrade-started',
      '',
    ],
    [
      'although one of it is gone, of which the ledger still tells',
      { 'canary-1/a': runs(NEW, 24), 'canary-1/old': { outcomes: 5, reason: 'node-group-gone' } },
      'upgrade-started',
      '',
    ],
    ['although one of it is left alone', { 'canary-1/a': runs(OLD, 99, { isLeftAlone: true }) }, 'upgrade-started', ''],
    [
      'although one of it takes other releases',
      { 'canary-1/a': runs('1.34.1-20260601', 99, { pair: '1.34/AL2023_x86_64_STANDARD' }) },
      'upgrade-started',
      '',
    ],
    ['whatever those of later waves do', { 'zoo/a': runs(OLD, 99) }, 'upgrade-started', ''],
  ])('%s', (_what, states, reason, message) => {
    const decided = told('prod-1', { ...states, 'prod-1/web': runs(OLD, 99) });
    expect(decided.reason).toBe(reason);
    expect(decided.message).toContain(message);
  });

  it('sooner for urgent findings, as the policy says', () => {
    const circumstances = given({ 'canary-1/a': runs(NEW, 3) });
    const reasonOf = (more: object) => decide({ ...inCluster('prod-1'), ...more }, circumstances).reason;
    expect([reasonOf({}), reasonOf({ need: need() })]).toEqual(['earlier-wave', 'upgrade-started']);
  });

  it('of those on offer the newest that it may, not the newest of all', () => {
    const both = { target: targeting(NOW - 48 * HOUR, NEW, '1.33.14-20260718') };
    const ran = { ran: [{ releaseVersion: NEW, since: NOW - 99 * HOUR, until: NOW - 3 * HOUR }] };
    const states = { 'canary-1/a': runs('1.33.14-20260718', 3, ran) };
    expect(decide(inCluster('prod-1', both), given(states)).releaseVersion).toBe(NEW);
    expect(decide(inCluster('canary-1', both), given(states)).releaseVersion).toBe('1.33.14-20260718');
  });

  it('of which the first group goes alone: others wait for it, and for no older one that has failed or is held', () => {
    const bad = '1.33.12-20260701';
    const first = { ...runs(OLD, 99), upgrade: { releaseVersion: NEW, attempt: 1, requestedAt: NOW } };
    const target = targeting(NOW - 48 * HOUR, bad, NEW);
    const failures = { releaseVersion: bad, count: 3, lastAt: NOW - HOUR };
    const decision = decide(inCluster('canary-1', { target }, { failures }), given({ 'canary-2/web': first }));
    expect(decision).toMatchObject({ reason: 'earlier-wave', turn: { releaseVersion: NEW } });
  });

  it('once two sweeps have gone over the fleet since it was first seen: an earlier one may be unknown before', () => {
    const fresh = { target: targeting(NOW - HOUR, NEW) };
    const noBake = { ...DOCUMENT, upgrades: { ...DOCUMENT.upgrades, bakeAge: '0h' } };
    const now = { ...given({}), policy: policyOf(noBake) };
    expect(decide(inCluster('prod-1', fresh), now)).toMatchObject({ reason: 'earlier-wave', wakeAt: NOW + HOUR });
    expect(decide(inCluster('canary-1', fresh), now).reason).toBe('upgrade-started');
  });
});

it('what has failed of a release is remembered while another one goes first', () => {
  const newest = '1.33.14-20260718';
  const failures = { releaseVersion: newest, count: 2, lastAt: NOW - 99 * HOUR };
  const both = { target: targeting(NOW - 48 * HOUR, NEW, newest) };
  const ran = { ran: [{ releaseVersion: NEW, since: NOW - 99 * HOUR, until: NOW - 3 * HOUR }] };
  const soon = given({ 'canary-1/a': runs(newest, 3, ran) });
  const { memory } = decide(inCluster('prod-1', both, { failures }), soon);
  expect(memory).toMatchObject({ upgrade: { releaseVersion: NEW, attempt: 1 }, formerFailures: [failures] });
  expect(memory).not.toHaveProperty('failures');
  const upgrade = { ...memory.upgrade, updateId: 'u' };
  const ended = { ...both, releaseVersion: NEW, nodes: nodesOn(NEW, 2), update: { kind: 'successful', updateId: 'u' } };
  const done = decide(inCluster('prod-1', ended as object, { ...memory, upgrade }), soon);
  expect(done).toMatchObject({ reason: 'upgraded', memory: { formerFailures: [failures] } });
  const baked = given({ 'canary-1/a': runs(newest, 30, ran) });
  const again = decide(
    inCluster('prod-1', { ...both, releaseVersion: NEW, nodes: nodesOn(NEW, 2) }, done.memory),
    baked,
  );
  expect(again.memory).toMatchObject({ upgrade: { releaseVersion: newest, attempt: 3 }, failures });
  const withdrawn = decide(
    inCluster('prod-1', {}, { formerFailures: [failures] }),
    given({ 'canary-1/a': runs(NEW, 30) }),
  );
  expect(withdrawn.memory).not.toHaveProperty('formerFailures');
});

it('nothing starts where nobody knows how the waves stand', () => {
  const { rollouts: _, ...unknown } = given({});
  expect(decide(inCluster('canary-1'), unknown).reason).toBe('earlier-wave');
});

it('a group that was not seen for a day is looked at before others wait for it any longer: it may be gone', () => {
  const unseen = { cluster: 'canary-1', nodegroup: 'a' };
  expect(told('prod-1', { 'canary-1/a': runs(OLD, 99, { seenAt: NOW - 27 * HOUR }) }).lookAt).toEqual([unseen]);
  expect(told('prod-1', { 'canary-1/a': { outcomes: 1 } })).toMatchObject({
    lookAt: [unseen],
    message: expect.stringContaining('canary-1/a has not been reconciled yet'),
  });
  expect(told('prod-1', { 'canary-1/a': runs(OLD, 99) }).lookAt).toBeUndefined();
  // A pool of Karpenter takes no release.
  expect(told('prod-1', { 'canary-1/karpenter:a': { outcomes: 1 } }).reason).toBe('upgrade-started');
});

it('the first group of a release goes alone, and those that wait for it are in nobody’s way', () => {
  const groups = ['canary-1', 'canary-2'].map((cluster) => inCluster(cluster));
  const { decided, rollouts } = plan(groups, given({ 'canary-3/web': runs(OLD, 99) }));
  expect(decided.map(({ decision: { reason, message } }) => [reason, message])).toEqual([
    ['upgrade-started', expect.anything()],
    ['earlier-wave', `canary-1/web is moving to it: the first node group that takes ${NEW} goes alone.`],
  ]);
  const turn = { published: 0, mayStartAt: NOW, hasFailed: false, releaseVersion: NEW, pair: PAIR };
  const line = new Map([['canary-3/web', { ...runs(OLD, 99), turn }]]);
  expect(contendersOf(lineOf(line), policy, NOW, rollouts)).toEqual([]);
  const taken = given({ 'canary-1/web': runs(NEW, 1), 'canary-3/web': runs(OLD, 99) });
  expect(contendersOf(lineOf(line), policy, NOW, taken.rollouts)).toHaveLength(1);
  expect(plan(groups.slice(1), taken).decided[0]?.decision.reason).toBe('upgrade-started');
});

describe('whoever waits', () => {
  const NEXT_PAIR = '1.34/AL2023_x86_64_STANDARD';
  const NEXT = '1.34.2-20260716';
  const turn = { published: 0, mayStartAt: NOW, hasFailed: false, releaseVersion: NEXT, pair: NEXT_PAIR };
  const contenders = (its: Partial<Turn>, states: Record<string, NodeGroupState>, withdrawn: string[] = []) => {
    const waiting = { 'prod-1/web': { ...runs(OLD, 99, { nextPair: NEXT_PAIR }), turn: { ...turn, ...its } } };
    const line = { ...lineOf(new Map(Object.entries(waiting))), withdrawn: new Map([[NEXT_PAIR, withdrawn]]) };
    return contendersOf(line, policy, NOW, given({ ...states, ...waiting }).rollouts).map(({ subject }) => subject);
  };

  it('for a release of the next Kubernetes version is held up by earlier waves that take that one', () => {
    const canary = (pair: string, nextPair?: string) => ({
      'canary-1/a': runs(NEXT, 99, { pair, ...(nextPair !== undefined && { nextPair }) }),
    });
    expect(contenders({}, canary(NEXT_PAIR))).toEqual(['prod-1/web']);
    expect(contenders({}, canary(PAIR, NEXT_PAIR))).toEqual([]);
  });

  it('and did not say for which Kubernetes version, is held up until its next look', () => {
    expect(contenders({ pair: undefined }, {})).toEqual([]);
  });

  it('for a release that was withdrawn is in nobody’s way', () => {
    expect(contenders({}, {}, [NEXT])).toEqual([]);
  });

  it('passes an earlier wave that runs a newer release, where that was withdrawn', () => {
    const canary = { 'canary-1/a': runs('1.34.3-20260719', 99, { pair: NEXT_PAIR }) };
    expect(contenders({}, canary)).toEqual([]);
    expect(contenders({}, canary, ['1.34.3-20260719'])).toEqual(['prod-1/web']);
    const upgrade = { releaseVersion: '1.34.4-20260720', attempt: 1, requestedAt: NOW };
    const leaving = { 'canary-1/a': { ...canary['canary-1/a'], upgrade } };
    expect(contenders({}, leaving, ['1.34.3-20260719'])).toEqual([]);
  });
});

it('what is seen now counts, whatever the ledger remembers', () => {
  const states = { 'canary-1/web': runs(NEW, 99), 'prod-1/web': runs(OLD, 99) };
  const reasonsWith = (canary: object) =>
    plan([inCluster('prod-1'), inCluster('canary-1', canary, states['canary-1/web'])], given(states)).decided.map(
      ({ decision: { reason } }) => reason,
    );
  expect(reasonsWith({ releaseVersion: NEW, nodes: [] }).sort()).toEqual(['up-to-date', 'upgrade-started']);
  const broken = { releaseVersion: NEW, status: 'DEGRADED', healthIssues: [{ code: 'AccessDenied', message: 'no' }] };
  expect(reasonsWith(broken)).toContain('wave-stopped');
});

describe('the wave of a group', () => {
  const tagged = { tags: { ring: 'last' } };
  it('can only be made later by a tag', () => {
    const states = { 'canary-1/other': runs(OLD, 99), 'canary-1/web': runs(OLD, 99) };
    expect(told('canary-1', states).reason).toBe('upgrade-started');
    expect(told('canary-1', states, tagged).message).toContain('It waits for wave canary: canary-1/other');
    const progress = progressAfter(inCluster('canary-1', tagged), { reason: 'baking', memory: {} }, policy, NOW);
    // A later wave does not wait for the group as for one of the first wave.
    expect(told('stage-1', { 'canary-1/web': { outcomes: 1, progress: progress! } }).reason).toBe('upgrade-started');
  });

  it('is that of the policy by now, where an override by name has said another one', () => {
    const moved = policyOf({
      ...DOCUMENT,
      overrides: [
        ...DOCUMENT.overrides,
        { name: 'moved', match: { clusters: ['canary-1'] }, upgrades: { wave: 'prod' } },
      ],
    });
    const progress = progressAfter(inCluster('canary-1'), { reason: 'baking', memory: {} }, moved, NOW);
    const states = { 'canary-1/web': { outcomes: 1, progress: progress! } };
    expect(told('stage-1', states).message).toContain('It waits for wave canary: canary-1/web');
  });

  it('stays as late as its tags have made it, while they cannot be read', () => {
    const progress = progressAfter(inCluster('canary-1', tagged), { reason: 'baking', memory: {} }, policy, NOW);
    const state = { outcomes: 1, progress: progress! };
    const unread = observation(unreadable(), state, { cluster: 'canary-1', nodegroup: 'web' });
    const { decided } = plan([unread, inCluster('stage-1')], given({ 'canary-1/web': state }));
    expect(decided.map(({ decision: { reason } }) => reason)).toEqual(['unreadable', 'upgrade-started']);
  });

  it.each<[string, object, string]>([
    [
      'that is none of the waves',
      { upgrades: { waves: ['a'], wave: 'b' } },
      'upgrades.wave: must be one of upgrades.waves',
    ],
    [
      'that is none, by an override',
      { upgrades: { waves: ['a'] }, overrides: [{ name: 'x', match: { clusters: ['c'] }, upgrades: { wave: 'b' } }] },
      'overrides.0.upgrades.wave: must be one of upgrades.waves',
    ],
    ['without waves', { upgrades: { wave: 'a' } }, 'upgrades.wave: must be one of'],
    ['twice', { upgrades: { waves: ['a', 'a'] } }, 'upgrades.waves: must name each wave once'],
    [
      'that a tag makes earlier',
      {
        upgrades: { waves: ['a', 'b'] },
        overrides: [{ name: 'x', match: { tags: { t: '*' } }, upgrades: { wave: 'a' } }],
      },
      'it may only go to a later one of waves',
    ],
    [
      'order by place',
      {
        upgrades: { waves: ['a', 'b'] },
        overrides: [{ name: 'x', match: { clusters: ['c'] }, upgrades: { waves: ['b', 'a'] } }],
      },
      'cannot differ from place to place: waves go through the whole account',
    ],
  ])('%s is refused', (_what, document, expected) => {
    const parsed = parsePolicy(JSON.stringify(document), 'enforce');
    expect('error' in parsed ? parsed.error : 'valid').toContain(expected);
  });

  it('is held by a group of an earlier one that nobody has ever been able to read, which is named', () => {
    const key = { cluster: 'canary-1', nodegroup: 'web' };
    const unread = observation(unreadable(), {}, key);
    const { decided } = plan([unread, inCluster('stage-1')], given({}));
    const state = nextState(unread, decided[0]!.decision, { policy, now: NOW });
    expect(state).toMatchObject({ reason: 'unreadable', wakeAt: expect.any(Number) });
    for (const message of [decided[1]?.decision.message, told('stage-1', { 'canary-1/web': state }).message]) {
      expect(message).toBe('It waits for wave canary: canary-1/web cannot be read.');
    }
  });

  it('may be made later by a tag where an override by name made it earlier', () => {
    const parsed = parsePolicy(
      JSON.stringify({
        upgrades: { waves: ['a', 'b', 'c'] },
        overrides: [
          { name: 'early', match: { clusters: ['c'] }, upgrades: { wave: 'a' } },
          { name: 'later', match: { tags: { t: '*' } }, upgrades: { wave: 'b' } },
        ],
      }),
      'enforce',
    );
    expect(parsed).not.toHaveProperty('error');
  });
});

describe('what is remembered of a group', () => {
  const remembered = (view: object, before: NodeGroupState | undefined, reason = 'up-to-date') =>
    progressAfter(inCluster('canary-1', view, before ?? {}), { reason: reason as never, memory: {} }, policy, NOW);
  it('is since when it runs its release, and which ones it ran well before', () => {
    expect(remembered({ releaseVersion: NEW, nodes: nodesOn(NEW, 2) }, runs(OLD, 99))).toMatchObject({
      runs: { releaseVersion: NEW, since: NOW },
      ran: [{ releaseVersion: OLD, since: NOW - 99 * HOUR, until: NOW }],
    });
    expect(remembered({ releaseVersion: NEW }, runs(OLD, 99, { health: 'unhealthy' }))?.ran).toBeUndefined();
    expect(remembered({}, runs(OLD, 99))).toEqual(runs(OLD, 99).progress);
  });

  it('is what it failed with, also once it runs a newer release, until it takes that one or an operator forgives it', () => {
    const NEWER = '1.33.14-20260718';
    const next = (view: object, before: NodeGroupState, memory: Memory = {}) =>
      progressAfter(inCluster('canary-1', view, before), { reason: 'upgraded', memory }, policy, NOW);
    const failures = { releaseVersion: NEW, count: 1, lastAt: NOW };
    const failed = next({ releaseVersion: OLD }, runs(OLD, 99), { failures });
    const before: NodeGroupState = { outcomes: 1, progress: failed! };
    expect(failed).toMatchObject({ failed: [{ releaseVersion: NEW }] });
    expect(next({ releaseVersion: NEWER }, before)).toMatchObject({ failed: [{ releaseVersion: NEW }] });
    expect(next({ releaseVersion: NEW }, before)?.failed).toBeUndefined();
    expect(next({}, before, { failures: { ...failures, forgotten: 1 } })?.failed).toBeUndefined();
    // A release that made the group unhealthy is as bad as one that it could not take. An attempt at another release
    // that broke the group is the exception.
    const ill = runs(NEW, 9, { health: 'unhealthy' });
    expect(next({ releaseVersion: NEWER }, ill)).toMatchObject({ failed: [{ releaseVersion: NEW }] });
    const broke = { ...failures, releaseVersion: NEWER, broke: ['NodeCreationFailure'] };
    expect(next({ releaseVersion: NEWER }, { ...ill, failures: broke })?.failed).toBeUndefined();
  });

  it('begins anew once it has recovered', () => {
    const sick = { healthIssues: [{ code: 'AccessDenied', message: 'no' }] };
    const before = runs(OLD, 99);
    const ill = remembered(sick, before);
    expect(ill).toMatchObject({ health: 'unhealthy', runs: { since: NOW - 99 * HOUR } });
    expect(remembered({}, { outcomes: 1, progress: ill! })).toMatchObject({ health: 'well', runs: { since: NOW } });
  });

  it('begins anew, too, where nobody could read it between its illness and its recovery, and not where it was well', () => {
    const unread = { kind: 'unreadable', error: 'slow', code: 'ServerException', isThrottled: false } as never;
    const later = (health: Progress['health']) => {
      const progress = remembered(unread, runs(OLD, 99, { health }));
      return remembered({}, { outcomes: 1, progress: progress! });
    };
    expect(later('unhealthy')).toMatchObject({ health: 'well', runs: { since: NOW } });
    expect(later('mixed')).toMatchObject({ health: 'well', runs: { since: NOW } });
    expect(later('well')).toMatchObject({ health: 'well', runs: { since: NOW - 99 * HOUR } });
    expect(remembered(unread, runs(OLD, 99))).toMatchObject({ health: 'unreadable' });
  });

  it('is that its nodes differ, whatever else is decided, and not while they are being replaced', () => {
    const differ = { nodes: [...nodesOn(OLD, 1), ...nodesOn(NEW, 1)] };
    const mixed = remembered(differ, runs(OLD, 99), 'baking');
    expect(mixed).toMatchObject({ health: 'mixed', runs: { since: NOW - 99 * HOUR } });
    expect(remembered({}, { outcomes: 1, progress: mixed! })).toMatchObject({ health: 'well', runs: { since: NOW } });
    const updating = { ...differ, update: { kind: 'in-progress', updateId: 'u' } };
    expect(remembered(updating, runs(OLD, 99))).toEqual(runs(OLD, 99).progress);
    expect(remembered(updating, { outcomes: 1, progress: mixed! })).toMatchObject({ health: 'mixed' });
  });

  it('is no more than what can be read of its nodes', () => {
    for (const nodes of [undefined, [{}]]) {
      expect(remembered({ nodes }, undefined)).toMatchObject({ health: 'unreadable' });
      expect(remembered({ nodes }, runs(OLD, 99))).toEqual(runs(OLD, 99).progress);
    }
  });

  it('costs no write within a day, and is nothing without waves', () => {
    const first = remembered({}, undefined);
    expect(remembered({}, { outcomes: 1, progress: first! })).toEqual(first);
    expect(progressAfter(inCluster('a'), { reason: 'up-to-date', memory: {} }, policyOf({}), NOW)).toBeUndefined();
    expect(remembered({}, undefined, 'opted-out')).toMatchObject({ isLeftAlone: true });
  });
});
