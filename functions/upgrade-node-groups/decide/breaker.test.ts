import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { NEW_NODE_GROUP, type NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { failuresIn, tripFor, tripsFor } from '../../shared/rollouts/breaker.ts';
import type { Decision } from '../model/decision.ts';
import { HOUR, lineOf, NOW, need, nodeGroup, nodesOn, observation, request } from '../model/observation.fixture.ts';
import type { Observation, UpdateView } from '../model/observation.ts';
import { contendersOf } from '../moment/waitlist.ts';
import { plan, type withSlot } from '../plan/plan.ts';
import { policyOf } from '../policy.fixture.ts';
import { answer } from './answer.ts';
import { decide } from './decide.ts';

const RELEASE = '1.33.13-20260714';
const OLDER = '1.33.12-20260625';

/** A node group whose last attempt failed. */
const failed = (at: number, releaseVersion = RELEASE, cause = 'PodEvictionFailure'): NodeGroupState => ({
  ...NEW_NODE_GROUP,
  failures: { releaseVersion, count: 1, lastAt: at },
  setbacks: [{ cause, releaseVersion, count: 1, lastAt: at }],
});

const limits = (breaker: object) => policyOf({ upgrades: { breaker } });
const tripOf = (states: Readonly<Record<string, NodeGroupState>>, breaker: object, releaseVersion = RELEASE) =>
  tripFor(
    failuresIn(new Map(Object.entries(states))),
    { ...NEW_NODE_GROUP, key: { cluster: 'shop', nodegroup: 'new' }, releaseVersion },
    limits(breaker),
  )?.breaker;

describe('a breaker', () => {
  const two = { 'shop/a': failed(NOW), 'shop/b': failed(NOW - HOUR) };

  it('of a release trips once as many node groups have failed to move to it, wherever they are', () => {
    const elsewhere = { 'shop/a': failed(NOW), 'other/b': failed(NOW - 90 * 24 * HOUR) };
    expect(tripOf(elsewhere, { release: 2 })).toBe(`release ${RELEASE}`);
    expect(tripOf(elsewhere, { release: 3 })).toBeUndefined();
    expect(tripOf(elsewhere, { release: 2 }, OLDER)).toBeUndefined();
  });

  it('of a cluster, or of the fleet, counts failures with whatever release', () => {
    expect(tripOf(two, { cluster: 2 }, OLDER)).toBe('cluster shop');
    expect(tripOf({ 'other/a': failed(NOW), 'other/b': failed(NOW) }, { cluster: 2 }, OLDER)).toBeUndefined();
    expect(tripOf({ 'other/a': failed(NOW), 'other/b': failed(NOW) }, { fleet: 2 }, OLDER)).toBe('fleet');
  });

  it('counts together what has failed within a span, and does not lift itself when that is long ago', () => {
    const longAgo = (hours: number) => failed(NOW - hours * HOUR);
    expect(tripOf({ 'shop/a': longAgo(500), 'shop/b': longAgo(510) }, { cluster: 2 })).toBe('cluster shop');
    expect(tripOf({ 'shop/a': longAgo(500), 'shop/b': longAgo(530) }, { cluster: 2 })).toBeUndefined();
    expect(tripOf({ 'shop/a': longAgo(500), 'shop/b': longAgo(530) }, { cluster: 2, within: '2d' })).toBe(
      'cluster shop',
    );
  });

  it('of one release that is stopped leaves the rest of cluster and fleet alone, however many were under way', () => {
    const six = Object.fromEntries([1, 2, 3, 4, 5, 6].map((nr) => [`shop/${nr}`, failed(NOW)]));
    expect(tripOf(six, { release: 3, cluster: 4, fleet: 4 })).toBe(`release ${RELEASE}`);
    expect(tripOf(six, { release: 3, cluster: 4, fleet: 4 }, OLDER)).toBeUndefined();
    expect(tripOf({ ...six, 'shop/x': failed(NOW, OLDER) }, { release: 3, cluster: 4 }, '1.33.14-20260801')).toBe(
      'cluster shop',
    );
  });

  it.each(['opted-out', 'node-group-gone', 'mode-off'])('counts none that is %s', (reason) => {
    expect(tripOf({ ...two, 'shop/b': { ...failed(NOW), reason } }, { cluster: 2 })).toBeUndefined();
  });

  it('knows a failure of an item that was written before there were causes', () => {
    const { setbacks: _, ...former } = failed(NOW);
    expect(tripOf({ 'shop/a': former, 'shop/b': former }, { cluster: 2 })).toBe('cluster shop');
    const forgotten = { ...former, failures: { releaseVersion: RELEASE, count: 1, lastAt: NOW, forgotten: 1 } };
    expect(tripOf({ 'shop/a': former, 'shop/b': forgotten }, { cluster: 2 })).toBeUndefined();
  });

  it('lets nobody whom it holds stand in the line before others', () => {
    const turn = { published: 0, mayStartAt: NOW, hasFailed: false, releaseVersion: RELEASE };
    const states = new Map([
      ...Object.entries(two),
      ['shop/held', { ...NEW_NODE_GROUP, turn }],
      ['shop/free', { ...NEW_NODE_GROUP, turn: { ...turn, releaseVersion: OLDER } }],
    ] as const);
    const policy = limits({ release: 2 });
    const line = contendersOf(lineOf(states), policy, NOW, undefined, failuresIn(states));
    expect(line.map(({ subject }) => subject)).toEqual(['shop/free']);
  });
});

describe('resume', () => {
  const states = (at: number) =>
    new Map([
      ['shop/a', failed(at - HOUR)],
      ['shop/b', failed(at)],
    ]);
  const asked = (
    at: number,
    known: ReadonlyMap<string, NodeGroupState>,
    nodegroup = 'general',
    policy = limits({ release: 2 }),
  ) => {
    const seen = observation(nodeGroup(), known.get(`shop/${nodegroup}`) ?? {}, { cluster: 'shop', nodegroup });
    const circumstances = {
      policy,
      now: NOW,
      account: '111122223333',
      slots: {},
      fleetFailures: failuresIn(known),
    };
    const urgent = decide({ ...seen, need: need() }, circumstances);
    return {
      decided: decide(seen, circumstances),
      urgent,
      answered: answer(seen, request('resume', at), circumstances),
    };
  };

  it('lifts the breaker that holds a node group, and remembers who asked and why', () => {
    const { decided, urgent, answered } = asked(NOW, states(NOW - HOUR));
    expect(decided).toMatchObject({ decision: 'refused', reason: 'held-by-breaker' });
    // Findings that become urgent meanwhile are told: people know that an urgent upgrade was requested.
    expect(urgent).toMatchObject({ reason: 'held-by-breaker', variant: `${decided.variant} urgent` });
    expect(urgent.message).toContain('these findings stay open until somebody acts.');
    expect(answered.reason).toBe('request-granted');
    expect(answered.details).toMatchObject({
      action: 'resume',
      requestedBy: expect.any(String),
      why: expect.any(String),
    });
    expect(answered.lifts).toEqual([
      { breaker: `release ${RELEASE}`, at: NOW, requestedBy: expect.any(String), why: expect.any(String) },
    ]);
  });

  it('of one that has failed itself forgets its own failures, too', () => {
    const { decided, answered } = asked(NOW, states(NOW - HOUR), 'b');
    expect(decided).toMatchObject({ decision: 'refused', reason: 'breaker-tripped' });
    expect(answered).toMatchObject({ reason: 'request-granted', memory: { failures: { forgotten: 1 }, setbacks: [] } });
  });

  it.each(['general', 'b'])(
    'lifts it where a proposal stands, which it would hold once it is approved: %s',
    (nodegroup) => {
      const policy = policyOf({ upgrades: { breaker: { release: 2 }, approval: 'required' } });
      const { decided, answered } = asked(NOW, states(NOW - HOUR), nodegroup, policy);
      expect(decided.reason).toBe('approval-required');
      expect(answered).toMatchObject({ reason: 'request-granted', lifts: [{ breaker: `release ${RELEASE}` }] });
      const none = policyOf({ upgrades: { approval: 'required' } });
      expect(asked(NOW, states(NOW - HOUR), nodegroup, none).answered.reason).toBe('request-refused');
    },
  );

  it('stays lifted where that was noted before its release was counted by Kubernetes version', () => {
    const releaseVersion = '1.50.0-ca9b9399';
    const tried = { releaseVersion, kubernetesVersion: '1.33' };
    const lift = { breaker: `release ${releaseVersion}`, at: NOW - HOUR, requestedBy: 'ada', why: 'seen' };
    const tripAt = (at: number) => {
      const setbacks = [{ cause: 'PodEvictionFailure', ...tried, count: 1, lastAt: at }];
      const group = { ...NEW_NODE_GROUP, setbacks };
      const states: Record<string, NodeGroupState> = { 'shop/a': group, 'shop/b': { ...group, lifts: [lift] } };
      const known = failuresIn(new Map(Object.entries(states)));
      const starter = { ...NEW_NODE_GROUP, key: { cluster: 'shop', nodegroup: 'x' }, ...tried };
      return tripFor(known, starter, limits({ release: 2 }))?.breaker;
    };
    expect([tripAt(NOW - 2 * HOUR), tripAt(NOW)]).toEqual([undefined, `release ${releaseVersion} for Kubernetes 1.33`]);
  });

  it('lifts no breaker that has tripped since it was asked for', () => {
    const { answered } = asked(NOW - 2 * HOUR, states(NOW - HOUR));
    expect(answered.reason).toBe('request-refused');
    expect(answered.message).toContain('has tripped since');
    expect(answered.lifts).toBeUndefined();
  });

  it('never hides a failure that was not known when it was asked for', () => {
    const times = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 40 }), (minutes, requested) => {
        const at = (minute: number) => NOW - (40 - minute) * 60_000;
        const known = new Map(minutes.map((minute, nr) => [`shop/${nr}`, failed(at(minute))]));
        const { answered } = asked(at(requested), known);
        const later = minutes.filter((minute) => minute > requested).length;
        const wasTripped = minutes.filter((minute) => minute <= requested).length >= 2;
        const after = failuresIn(new Map([...known, ['shop/general', { ...NEW_NODE_GROUP, lifts: answered.lifts }]]));
        const starter = { ...NEW_NODE_GROUP, key: { cluster: 'shop', nodegroup: 'x' }, releaseVersion: RELEASE };
        const isTripped = tripFor(after, starter, limits({ release: 2 })) !== undefined;
        expect(isTripped).toBe(!wasTripped || later >= 2);
      }),
    );
  });
});

interface Group {
  readonly key: { readonly cluster: string; readonly nodegroup: string };
  readonly outcomes: readonly boolean[];
  state: NodeGroupState;
  runs: string;
  update?: UpdateView;
  /** Whether the last attempt failed, as this test counts by the outcomes alone. */
  hasFailed: boolean;
}

describe('whatever succeeds and fails', () => {
  const fleet = fc.record({
    groups: fc.array(
      fc.record({ cluster: fc.constantFrom('c0', 'c1'), outcomes: fc.array(fc.boolean(), { maxLength: 6 }) }),
      {
        minLength: 1,
        maxLength: 8,
      },
    ),
    release: fc.integer({ min: 1, max: 4 }),
    cluster: fc.integer({ min: 1, max: 4 }),
    fleet: fc.integer({ min: 1, max: 4 }),
    perCluster: fc.integer({ min: 1, max: 3 }),
  });

  it('nothing starts where as many have failed as the policy allows, and what runs is followed to its end', () => {
    fc.assert(
      fc.property(fleet, ({ groups: given, perCluster, ...breaker }) => {
        const policy = policyOf({
          upgrades: {
            breaker: { ...breaker, within: '30d' },
            concurrency: { perCluster, perAccount: 4 },
            retryAfter: '5m',
          },
        });
        const groups = given.map(({ cluster, outcomes }, nr): Group => {
          const key = { cluster, nodegroup: `g${nr}` };
          return { key, outcomes, state: NEW_NODE_GROUP, runs: OLDER, hasFailed: false };
        });
        let slots: Parameters<typeof withSlot>[0] = {};
        for (let round = 0; round < 14; round += 1) {
          const now = NOW + round * HOUR;
          const ended = groups.map((group) => endOf(group));
          const seen = groups.map((group): Observation => observation(viewOf(group), group.state, group.key));
          const fleetFailures = failuresIn(new Map(groups.map(({ key, state }) => [subjectOf(key), state])));
          const planned = plan(seen, { policy, now, account: '111122223333', slots, fleetFailures });
          slots = planned.slots;
          const counts = {
            fleet: groups.filter(({ hasFailed }) => hasFailed).length,
            c0: groups.filter(({ hasFailed, key }) => hasFailed && key.cluster === 'c0').length,
            c1: groups.filter(({ hasFailed, key }) => hasFailed && key.cluster === 'c1').length,
          };
          for (const { observation: each, decision } of planned.decided) {
            const group = groups.find(({ key }) => key === each.key);
            if (group === undefined) throw new Error('Nobody else was observed.');
            if (ended[groups.indexOf(group)] === true) expect(decision.reason).toMatch(/^upgrade-failed$|^upgraded$/);
            if (decision.start !== undefined) {
              expect(counts.fleet).toBeLessThan(Math.min(breaker.fleet, breaker.release));
              expect(counts[group.key.cluster === 'c0' ? 'c0' : 'c1']).toBeLessThan(breaker.cluster);
            }
            group.state = stateAfter(decision);
          }
          // A node group that nothing keeps from the release gets there.
          if (round === 13 && counts.fleet === 0) expect(groups.every(({ runs }) => runs === RELEASE)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  /** Ends the update that runs, as the group's outcomes say, and tells whether one ran. */
  function endOf(group: Group): boolean {
    if (group.state.upgrade === undefined) {
      delete group.update;
      return false;
    }
    const isSuccess = group.outcomes[group.state.upgrade.attempt - 1] ?? true;
    group.hasFailed = !isSuccess;
    if (isSuccess) group.runs = RELEASE;
    const errors = [{ code: 'NodeCreationFailure', message: '' }];
    group.update = isSuccess ? { kind: 'successful', updateId: 'u' } : { kind: 'failed', updateId: 'u', errors };
    return true;
  }

  const viewOf = ({ runs, update }: Group) =>
    nodeGroup({ releaseVersion: runs, nodes: nodesOn(runs, 2), ...(update !== undefined && { update }) });

  const stateAfter = ({ memory, turn, decision, reason }: Decision): NodeGroupState => ({
    outcomes: 0,
    reason,
    ...memory,
    ...(memory.upgrade !== undefined && { upgrade: { ...memory.upgrade, updateId: 'u' } }),
    ...(decision !== 'acted' && turn !== undefined && { turn }),
  });
});

describe('failures of a node group', () => {
  const causes = (...all: ReadonlyArray<readonly [cause: string, releaseVersion: string, count: number]>) =>
    all.map(([cause, releaseVersion, count], nr) => ({ cause, releaseVersion, count, lastAt: NOW - (9 - nr) * HOUR }));
  const reasonWith = (setbacks: NodeGroupState['setbacks'], count = 1) =>
    decide(
      observation(nodeGroup(), { setbacks, failures: { releaseVersion: RELEASE, count, lastAt: NOW - 90 * HOUR } }),
      { policy: policyOf(), now: NOW, account: '111122223333', slots: {} },
    ).reason;

  it('count by cause, too: a newer release has one attempt where the cause is not the release', () => {
    expect(reasonWith(causes(['PodEvictionFailure', OLDER, 3]), 0)).toBe('upgrade-started');
    expect(reasonWith(causes(['PodEvictionFailure', OLDER, 2], ['PodEvictionFailure', RELEASE, 1]))).toBe('halted');
    expect(reasonWith(causes(['PodEvictionFailure', OLDER, 2], ['NodeCreationFailure', RELEASE, 1]))).toBe(
      'upgrade-started',
    );
    expect(reasonWith(causes(['A', RELEASE, 1], ['B', RELEASE, 1], ['C', RELEASE, 1]), 3)).toBe('halted');
  });
});

it('all breakers that hold a node group are told, the narrowest first', () => {
  const known = failuresIn(new Map(['a', 'b'].map((name) => [`shop/${name}`, failed(NOW)])), () => 0);
  const policy = policyOf({
    upgrades: { waves: ['canary', 'prod'], wave: 'canary', breaker: { release: 2, wave: 2, cluster: 2, fleet: 2 } },
  });
  const starter = { ...NEW_NODE_GROUP, key: { cluster: 'shop', nodegroup: 'new' }, releaseVersion: RELEASE };
  const names = [`release ${RELEASE}`, 'wave canary', 'cluster shop', 'fleet'];
  expect(tripsFor(known, starter, policy).map(({ breaker }) => breaker)).toEqual(names);
});
