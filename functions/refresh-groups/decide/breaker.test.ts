import { describe, expect, it } from 'vitest';
import { NEW_NODE_GROUP, type NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import type { RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import { failuresOf } from '../../shared/rollouts/all-groups.ts';
import type { Decision } from '../model/decision.ts';
import {
  asked,
  begun,
  circumstances,
  HOUR,
  image,
  known,
  member,
  NEW,
  NOW,
  OLD,
  policyWith,
  said,
  seen,
  under,
} from '../model/observation.fixture.ts';
import type { Policy } from '../policy.ts';
import { answer } from './answer.ts';
import { decide } from './decide.ts';

const RELEASE = '1.33.13-20260714';
const WEB = 'shop/self-managed:web';

/** A managed node group whose last attempt failed, by default with the wanted AMI. */
const managed = (releaseVersion = NEW, at = NOW - HOUR): NodeGroupState => ({
  ...NEW_NODE_GROUP,
  failures: { releaseVersion, count: 1, lastAt: at },
  setbacks: [{ cause: 'NodeCreationFailure', releaseVersion, count: 1, lastAt: at }],
});

/** A self-managed group whose last refresh was rolled back. */
const refreshed = (at = NOW - HOUR): RefreshState => ({
  outcomes: 1,
  revision: 1,
  fingerprint: 'x',
  failures: { target: NEW, count: 1, resumed: 0 },
  setbacks: [{ cause: 'RollbackSuccessful', releaseVersion: NEW, count: 1, lastAt: at }],
});

const limits = (breaker: object, refreshes: object = {}, upgrades: object = {}): Policy =>
  policyWith(refreshes, { upgrades: { breaker, ...upgrades } });
const among = (
  policy: Policy,
  groups: { managed?: Record<string, NodeGroupState>; selfManaged?: Record<string, RefreshState> },
) =>
  circumstances(policy, {
    fleetFailures: failuresOf(
      {
        managed: new Map(Object.entries(groups.managed ?? {})),
        selfManaged: new Map(Object.entries(groups.selfManaged ?? {})),
      },
      policy,
    ),
  });
const saved = (state: RefreshState, { memory, proposal }: Decision): RefreshState =>
  JSON.parse(JSON.stringify({ ...state, refresh: undefined, setbacks: undefined, ...memory, proposal }));

describe('what breakers count of refreshes', () => {
  const endedAs = (status: string, state = under(), members = [member('i-1'), member('i-2')]) =>
    decide(seen({ state, refreshes: [known(status)] }, { members }), circumstances());

  it.each(['Failed', 'RollbackSuccessful', 'RollbackFailed'])('is one that ended as %s', (status) => {
    const { memory, wakeAt } = endedAs(status);
    expect(memory.setbacks).toEqual([{ cause: status, releaseVersion: NEW, count: 1, lastAt: NOW }]);
    // The next reconcile follows at once, and tells of a breaker that has tripped.
    expect(wakeAt).toBe(NOW);
  });

  it.each(['Cancelled', 'Successful'])('is none that somebody stopped, or that left workers behind: %s', (status) => {
    const { memory, decision } = endedAs(status);
    expect([decision, memory.failures?.count, memory.setbacks]).toEqual(['failed', 1, undefined]);
  });

  it('is nothing any more once the group runs an AMI as wanted', () => {
    const members = [member('i-1', { imageId: NEW }), member('i-2', { imageId: NEW })];
    const before = under({ setbacks: refreshed().setbacks });
    expect(said(endedAs('Successful', before, members))).toBe('done group-refreshed');
    expect(endedAs('Successful', before, members).memory.setbacks).toBeUndefined();
    const none = { kind: 'named' as const, candidates: [] };
    const well = decide(seen({ state: refreshed(), wanted: none }), circumstances());
    expect([said(well), well.memory.setbacks]).toEqual(['done group-refreshed', undefined]);
  });

  it('is forgotten with a group that is gone, and a lift by a request about it is not', () => {
    const lifts = [{ breaker: 'fleet', at: NOW, requestedBy: 'ada', why: 'seen' }];
    const state = { ...refreshed(), lifts, goneSince: NOW - HOUR };
    const { memory } = decide(seen({ state }, { source: { kind: 'gone' }, members: [] }), circumstances());
    expect([memory.setbacks, memory.lifts]).toEqual([undefined, lifts]);
  });
});

describe('a breaker', () => {
  it.each<[string, object, Parameters<typeof among>[1], string | undefined]>([
    [
      'of an AMI, by a node group and a self-managed group that failed with it',
      { release: 2 },
      { managed: { 'data/own': managed() }, selfManaged: { 'data/self-managed:web': refreshed() } },
      `release ${NEW}`,
    ],
    [
      'of a cluster, by node groups that failed with whatever release',
      { cluster: 2 },
      { managed: { 'shop/a': managed(RELEASE), 'shop/b': managed(RELEASE) } },
      'cluster shop',
    ],
    ['of the fleet', { fleet: 1 }, { selfManaged: { 'data/self-managed:web': refreshed() } }, 'fleet'],
    ['not below its limit', { release: 2 }, { selfManaged: { [WEB]: refreshed() } }, undefined],
    ['not of another cluster', { cluster: 1 }, { managed: { 'data/a': managed(RELEASE) } }, undefined],
    ['not of another release', { release: 1 }, { managed: { 'data/a': managed(RELEASE) } }, undefined],
    [
      'not by a group that opted out',
      { release: 1 },
      { selfManaged: { [WEB]: { ...refreshed(), reason: 'opted-out' } } },
      undefined,
    ],
  ])('holds a refresh back: %s', (_what, breaker, groups, held) => {
    const decision = decide(seen(), among(limits(breaker), groups));
    expect([said(decision), decision.details?.breaker]).toEqual(
      held === undefined ? ['acted refresh-started', undefined] : ['refused held-by-breaker', held],
    );
  });

  it('of a wave counts those of the wave', () => {
    const policy = limits({ wave: 1 }, {}, { waves: ['canary', 'prod'] });
    const groups = { managed: { 'data/a': managed(RELEASE) } };
    const { fleetFailures } = among(policy, groups);
    expect([...(fleetFailures?.failing.values() ?? [])].map(({ wave }) => wave)).toEqual([1]);
    expect(
      decide(seen(), {
        ...among(policy, groups),
        policy: limits({ wave: 1 }, {}, { waves: ['canary', 'prod'], wave: 'canary' }),
      }).details?.breaker,
    ).toBeUndefined();
  });

  it('is told at once by the group whose own failure tripped it, whatever it waits for', () => {
    const policy = limits({ release: 1 }, { windows: [{ cron: '0 3 * * TUE', duration: '2h' }] });
    const told = decide(seen({ state: refreshed() }), among(policy, {}));
    expect([said(told), told.message]).toEqual([
      'refused breaker-tripped',
      expect.stringContaining('shop/self-managed:legacy: RollbackSuccessful'),
    ]);
    expect(told.details).toEqual({ breaker: `release ${NEW}`, failed: ['shop/self-managed:legacy'] });
    expect(said(decide(seen(), among(policy, { selfManaged: { [WEB]: refreshed() } })))).toBe(
      'waiting refresh-outside-window',
    );
  });

  it('holds no proposal, and holds what is approved', () => {
    const policy = limits({ release: 1 }, { mode: 'observe' });
    const held = among(policy, { selfManaged: { [WEB]: refreshed() } });
    const proposed = decide(seen(), held);
    expect(said(proposed)).toBe('would-act would-refresh');
    const ruling = { kind: 'approved' as const, id: 'r', at: NOW, requestedBy: 'ada', why: 'seen' };
    const proposal = { target: NEW, at: NOW - HOUR, ruling };
    expect(said(decide(seen({ state: { outcomes: 1, revision: 1, proposal } }), held))).toBe('refused held-by-breaker');
  });

  it('holds no way back that an operator asked for', () => {
    const ruling = { kind: 'rejected' as const, id: 'r', at: NOW, requestedBy: 'ada', why: 'bad' };
    const proposal = { target: `undo ${NEW} ${OLD}`, at: NOW - HOUR, ruling };
    const state = { outcomes: 1, revision: 1, fingerprint: 'x', done: begun, proposal };
    const source = { kind: 'version' as const, templateId: 'lt-1', version: '4' };
    const held = among(limits({ release: 1 }), { selfManaged: { [WEB]: refreshed() } });
    const undoing = decide(seen({ state, present: image(NEW, 48 * HOUR) }, { source }), held);
    expect(said(undoing)).toBe('acted refresh-undoing');
  });
});

describe('resume', () => {
  const policy = limits({ release: 1 });
  const others = { selfManaged: { [WEB]: refreshed() } };

  it('lifts the breaker that holds a group, for all', () => {
    const answered = answer(seen(), asked('resume'), among(policy, others));
    expect(said(answered)).toBe('waiting request-granted');
    const lift = { breaker: `release ${NEW}`, at: NOW, requestedBy: 'somebody', why: 'it is bad' };
    expect(answered.memory.lifts).toEqual([lift]);
    const lifted = { ...others.selfManaged, 'shop/self-managed:legacy': saved(seen().state, answered) };
    const elsewhere = seen({ key: { cluster: 'data', nodegroup: 'self-managed:other' } });
    expect(said(decide(elsewhere, among(policy, { selfManaged: lifted })))).toBe('acted refresh-started');
  });

  it('of a group that has failed itself forgives its failures, too', () => {
    const state = refreshed();
    const answered = answer(seen({ state }), asked('resume'), among(policy, {}));
    expect([said(answered), answered.memory.setbacks]).toEqual(['waiting request-granted', undefined]);
    const goesOn = decide(seen({ state: saved(state, answered) }), among(policy, {}));
    expect([said(goesOn), goesOn.memory.refresh?.attempt]).toEqual(['acted refresh-started', 2]);
  });

  it('forgives its failures also where a breaker holds it then', () => {
    const state = refreshed();
    const two = limits({ release: 2 });
    const answered = answer(seen({ state }), asked('resume'), among(two, {}));
    expect(said(answered)).toBe('waiting request-granted');
    const both = { selfManaged: { [WEB]: refreshed(), 'data/self-managed:web': refreshed() } };
    expect(said(decide(seen({ state: saved(state, answered) }), among(two, both)))).toBe('refused held-by-breaker');
  });

  it('lifts no breaker that has tripped since it was asked for', () => {
    const later = among(policy, { selfManaged: { [WEB]: refreshed(NOW + HOUR) } });
    const answered = answer(seen(), asked('resume'), later);
    expect([said(answered), answered.memory.lifts]).toEqual(['refused request-refused', undefined]);
    expect(answered.message).toContain('has tripped since');
  });
});
