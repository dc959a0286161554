import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../policy-document.ts';
import { nextOpening } from '../../shared/policy/change-window.ts';
import { targeting } from '../../shared/releases/target.fixture.ts';
import type { OrderedGroup } from '../../shared/rollouts/ordered-groups.ts';
import type { Circumstances } from '../model/decision.ts';
import { HOUR, imageNameOf, NOW, nodeGroup, observation } from '../model/observation.fixture.ts';
import type { NodeGroupView, Observation, UpdateView } from '../model/observation.ts';
import { nextState } from '../plan/next-state.ts';
import { decide } from './decide.ts';
import { afterRefusal } from './refusal.ts';

const RELEASE = '1.33.13-20260714';
const BEFORE = NOW - 10 * HOUR;
const order = { launchedBefore: BEFORE, why: 'They do not trust it.', until: NOW + HOUR, since: NOW - HOUR };
const node = (launchedAt: number, release = RELEASE) => ({
  instanceId: `i-${launchedAt}`,
  imageName: imageNameOf(release),
  launchedAt,
});
const OLD = [node(BEFORE - 1), node(BEFORE + 1)];
const FRESH = [node(BEFORE), node(BEFORE + 1)];

/** A group that runs the newest release, with an order that means one of its two nodes. */
const ordered = (
  view: Partial<NodeGroupView> = {},
  state: Partial<Observation['state']> = {},
  more: Partial<Observation> = {},
): Observation => ({
  ...observation(nodeGroup({ releaseVersion: RELEASE, nodes: OLD, ...view }), state),
  order,
  ...more,
});
const circumstances = (policy: object = {}, more: Partial<Circumstances> = {}): Circumstances => ({
  policy: parsePolicy(JSON.stringify(policy), 'enforce'),
  now: NOW,
  account: '111122223333',
  slots: {},
  ...more,
});
const said = (each: Observation, given = circumstances()) => {
  const { decision, reason } = decide(each, given);
  return `${decision} ${reason}`;
};
const upgrade = {
  releaseVersion: RELEASE,
  attempt: 1,
  requestedAt: NOW - HOUR,
  updateId: 'u-1',
  nodes: 1,
  replaces: BEFORE,
};
const ended = (update: UpdateView, nodes: NodeGroupView['nodes'] = OLD) =>
  ordered({ update, ...(nodes && { nodes }) }, { upgrade });

describe('a node group with the newest release, whose nodes were ordered to be replaced', () => {
  it('is moved to new nodes with the release that it runs, and no release has to bake', () => {
    const decision = decide(ordered(), circumstances());
    expect(decision).toMatchObject({
      decision: 'acted',
      reason: 'upgrade-started',
      releaseVersion: RELEASE,
      memory: { upgrade: { releaseVersion: RELEASE, replaces: BEFORE, nodes: 1 } },
      start: { version: '1.33', force: false },
    });
    expect(decision.message).toMatch(
      /^The node group is being moved from nodes that were launched before 2026-07-20T02:00:00.000Z to new ones with the same release .* They do not trust it\.$/,
    );
  });

  it.each<[string, Partial<Observation>]>([
    ['where no node is meant', { view: nodeGroup({ releaseVersion: RELEASE, nodes: FRESH }) }],
    ['without an order', { order: undefined as never }],
  ])('stays %s', (_, more) => expect(said(ordered({}, {}, more))).toBe('done up-to-date'));

  it('takes a newer release instead, and waits for one that bakes', () => {
    const newer = (firstSeenAt: number) => ordered({ target: targeting(firstSeenAt, RELEASE, '1.33.14-20260718') });
    expect(decide(newer(NOW - 48 * HOUR), circumstances()).memory.upgrade).toMatchObject({
      releaseVersion: '1.33.14-20260718',
    });
    expect(said(newer(NOW))).toBe('waiting baking');
  });

  it('waits no longer for a newer release that may never come, once it is late', () => {
    const late = { order: { ...order, lateFrom: NOW } };
    const failures = { releaseVersion: '1.33.14-20260718', count: 3, lastAt: NOW - 100 * HOUR };
    const halted = (more: Partial<Observation>, state: Partial<Observation['state']> = {}) =>
      decide(
        ordered({ target: targeting(NOW - 48 * HOUR, RELEASE, '1.33.14-20260718') }, { failures, ...state }, more),
        circumstances(),
      );
    expect(halted({}).reason).toBe('halted');
    const instead = halted(late);
    expect(instead.memory).toMatchObject({
      upgrade: { releaseVersion: RELEASE, replaces: BEFORE },
      formerFailures: [failures],
    });
    expect(halted(late, { replacementTried: BEFORE }).reason).toBe('halted');
  });

  it('is only proposed where upgrades are, and an approval of the release is none of that', () => {
    const policy = circumstances({ upgrades: { approval: 'required' } });
    const proposed = decide(ordered(), policy);
    expect([proposed.reason, proposed.proposal?.target]).toEqual(['approval-required', `${RELEASE} again`]);
    const approved = (target: string) => {
      const ruling = { kind: 'approved' as const, id: 'r-1', requestedBy: 'somebody', why: 'because' };
      return said(ordered({}, { proposal: { target, at: NOW - HOUR, ruling: { ...ruling, at: NOW } } }), policy);
    };
    expect(approved(RELEASE)).toBe('would-act approval-required');
    expect(approved(`${RELEASE} again`)).toBe('acted upgrade-started');
  });

  it('waits for the replacements of earlier waves, and for no release', () => {
    const waves = { upgrades: { waves: ['canary', 'prod'], bakeBetween: '20d' } };
    const key = { cluster: 'canary', nodegroup: 'web' };
    const others = (state: Partial<OrderedGroup['state']>) => ({
      replacements: [{ key, wave: 0, state: { isUnderWay: false, ...state } }],
    });
    const here = (more: Partial<Circumstances>) => said(ordered(), circumstances(waves, more));
    expect(here({})).toBe('waiting earlier-wave');
    expect(here({ replacements: [] })).toBe('acted upgrade-started');
    expect(here(others({ isUnderWay: true }))).toBe('waiting earlier-wave');
    expect(here(others({ reason: 'up-to-date' }))).toBe('waiting earlier-wave');
    expect(here(others({ reason: 'opted-out' }))).toBe('acted upgrade-started');
    expect(here(others({ reason: 'nodes-not-replaced' }))).toBe('acted upgrade-started');
    const failed = decide(ordered(), circumstances(waves, others({ reason: 'halted' })));
    expect(failed.message).toMatch(
      /canary\/web has failed to replace its nodes \(halted\), and holds later waves until/,
    );
    expect(failed.wakeAt).toBe(NOW + HOUR);
  });

  it('is told to be late, beside what keeps it, once', () => {
    const shut = circumstances({ upgrades: { windows: [{ cron: '0 3 * * *', duration: '1h' }] } });
    const late = decide(ordered({}, {}, { order: { ...order, lateFrom: NOW } }), shut);
    expect(late.reason).toBe('outside-change-window');
    expect(late.message).toMatch(/This keeps 1 node that was launched before .* late by now\. They do not trust it\.$/);
    expect(late.variant).toBe(`${decide(ordered(), shut).variant} late`);
  });
});

describe('an update to the release that the nodes run', () => {
  it('is followed by the launches of the nodes', () => {
    const decision = decide(ended({ kind: 'in-progress', updateId: 'u-1' }), circumstances());
    expect(decision.message).toBe(`EKS has replaced 0 of 1 node with ${RELEASE}.`);
  });

  it('is done once a fresh read shows no node from before', () => {
    const done = decide(ended({ kind: 'successful', updateId: 'u-1' }, FRESH), circumstances());
    expect([done.reason, done.message]).toEqual(['upgraded', expect.stringContaining('Every node was launched since')]);
  });

  it('that EKS calls successful is told as doubt where nodes from before still run, and is never asked for again', () => {
    const kept = decide(ended({ kind: 'successful', updateId: 'u-1' }), circumstances());
    expect([kept.decision, kept.reason, kept.replacementTried]).toEqual(['refused', 'nodes-not-replaced', BEFORE]);
    // A newer release that has come meanwhile would replace them.
    expect(kept.wakeAt).toBe(NOW);
    const state = nextState(ended({ kind: 'successful', updateId: 'u-1' }), kept, circumstances());
    const again = decide(ordered({}, state), circumstances());
    expect([again.reason, again.variant, again.start]).toEqual(['nodes-not-replaced', kept.variant, undefined]);
    // A node that was launched later and is meant as well is another try.
    const later = { order: { ...order, launchedBefore: NOW } };
    expect(said(ordered({}, state, later))).toBe('acted upgrade-started');
  });

  it.each(['InvalidParameterException: already runs it', 'InvalidParameterException: release version 1 is not valid'])(
    'that EKS refuses is told as doubt: %s',
    (text) => {
      const [name = '', message = ''] = text.split(': ');
      const view = nodeGroup({ releaseVersion: RELEASE, nodes: OLD });
      const starting = decide(ordered(), circumstances());
      const error = Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });
      const refusal = afterRefusal(error, starting, { observation: ordered(), view, circumstances: circumstances() });
      expect(refusal).toMatchObject({ reason: 'nodes-not-replaced', replacementTried: BEFORE });
      expect(refusal?.message).toContain(text);
      expect(refusal?.memory.upgrade).toBeUndefined();
    },
  );

  it('that fails is tried again as upgrades are', () => {
    const errors = [{ code: 'PodEvictionFailure', message: 'no' }];
    const failed = decide(ended({ kind: 'failed', updateId: 'u-1', errors }), circumstances());
    expect([failed.reason, failed.replacementTried]).toEqual(['upgrade-failed', undefined]);
    const state = nextState(ended({ kind: 'failed', updateId: 'u-1', errors }), failed, circumstances());
    expect(said(ordered({}, state))).toBe('waiting retry-later');
    expect(said(ordered({}, state), circumstances({}, { now: NOW + 3 * HOUR }))).toBe('acted upgrade-started');
  });
});

/** Anything that may hold a replacement back, around a group with a node that its order means. */
const situation = fc.record({
  mode: fc.constantFrom('enforce', 'enforce', 'observe', 'off'),
  killSwitch: fc.constantFrom(false, false, true),
  approval: fc.constantFrom('none', 'none', 'required'),
  windows: fc.constantFrom([], [{ cron: '0 11 * * *', duration: '2h' }], [{ cron: '0 3 * * *', duration: '1h' }]),
  isFull: fc.boolean(),
  isIgnored: fc.constantFrom(false, false, true),
  health: fc.constantFrom<NodeGroupView['healthIssues']>([], [], [{ code: 'AmiIdNotFound', message: 'gone' }]),
  failures: fc.integer({ min: 0, max: 3 }),
  tried: fc.constantFrom(undefined, BEFORE - 1, BEFORE, BEFORE + 1),
  wave: fc.constantFrom(undefined, { reason: 'retry-later' }, { reason: 'mode-off' }),
  isLate: fc.boolean(),
});

describe('an order to replace nodes, in any situation', () => {
  it('starts them, or leaves a record of what keeps them; in windows, waves and limits, and never twice', () => {
    fc.assert(
      fc.property(situation, (given) => {
        const tags = given.isIgnored ? { 'eks-host-remediator:ignore': 'true' } : {};
        const seen = ordered(
          { tags, healthIssues: given.health, status: given.health.length > 0 ? 'DEGRADED' : 'ACTIVE' },
          {
            ...(given.failures > 0 && {
              failures: { releaseVersion: RELEASE, count: given.failures, lastAt: NOW - 100 * HOUR },
            }),
            ...(given.tried !== undefined && { replacementTried: given.tried }),
          },
          { order: { ...order, lateFrom: given.isLate ? NOW : NOW + 1 } },
        );
        const { mode, approval, windows, killSwitch, wave } = given;
        const policy = { killSwitch, upgrades: { mode, approval, windows, ...(wave && { waves: ['a', 'b'] }) } };
        const key = { cluster: 'canary', nodegroup: 'web' };
        const decision = decide(
          seen,
          circumstances(policy, {
            slots: given.isFull ? { 'shop/other': { cluster: 'shop', expiresAt: NOW + HOUR } } : {},
            replacements: wave === undefined ? [] : [{ key, wave: 0, state: { isUnderWay: false, ...wave } }],
          }),
        );
        expect(decision.message).not.toBe('');
        expect(decision.isSilent).toBeUndefined();
        if (decision.start === undefined) {
          expect(decision.reason).not.toMatch(/up-to-date|upgraded/);
          expect(decision.message.includes('late by now')).toBe(given.isLate);
          return;
        }
        const { upgrades } = parsePolicy(JSON.stringify(policy), 'enforce') as Extract<
          Circumstances['policy'],
          { upgrades: unknown }
        >;
        expect([mode, approval, killSwitch, given.isFull, given.isIgnored, given.failures < 3]).toEqual([
          'enforce',
          'none',
          false,
          false,
          false,
          true,
        ]);
        expect(nextOpening(upgrades.windows, NOW)).toBe(NOW);
        expect(given.tried ?? 0).toBeLessThan(BEFORE);
        expect(wave?.reason).not.toBe('retry-later');
      }),
      { numRuns: 300 },
    );
  });
});
