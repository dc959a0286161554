import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REASONS } from '../../remediations.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import {
  arbitraryObservation,
  arbitraryPolicy,
  circumstances,
  group,
  HOUR,
  isolatedWorker,
  NOW,
  observation,
  quarantine,
  requested,
  worker,
} from '../model/observation.fixture.ts';
import { plan, withSlot } from './plan.ts';

const waiting = (instanceId: string, since: number) =>
  observation(worker(), { reason: 'quarantine-budget', since }, { instanceId });
const slotOf = (expiresAt: number, nodegroup = 'web') => ({ cluster: 'shop', nodegroup, expiresAt });

describe('plan', () => {
  it('gives the slot of a worker that is gone to the one that has waited longest', () => {
    const observations = [
      waiting('i-2', NOW - HOUR),
      waiting('i-3', NOW - 2 * HOUR),
      observation(undefined, { quarantine: quarantine() }),
    ];
    const { decided, slots } = plan({ observations, groups: [] }, circumstances({}, { slots: { 'i-1': slotOf(NOW) } }));
    expect(decided.map(({ observation: { instanceId }, decision }) => [instanceId, decision.reason])).toEqual([
      ['i-1', 'quarantine-ended'],
      ['i-3', 'quarantine-started'],
      ['i-2', 'quarantine-budget'],
    ]);
    expect(Object.keys(slots)).toEqual(['i-3']);
  });

  it('lets a worker that only keeps the mark against Karpenter hold no slot: an exposed one would wait for it', () => {
    const releasing = { phase: 'releasing' as const, request: { id: 'request-1', requestedBy: 'ann', why: 'clean' } };
    const seen = observation(isolatedWorker(), { quarantine: quarantine(releasing) });
    const slotsAfter = (more: object) =>
      withSlot(
        { 'i-1': slotOf(NOW + HOUR) },
        {
          observation: seen,
          decision: {
            decision: 'waiting',
            reason: 'release-in-progress',
            message: '',
            variant: '',
            quarantine: quarantine({ ...releasing, ...more }),
          },
        },
        NOW,
      );
    expect(slotsAfter({})).toHaveProperty('i-1');
    expect(slotsAfter({ givenBack: { at: NOW, accepted: [] } })).toEqual({});
  });

  it('gives back a slot whose holder is gone before its quarantine was saved, but not one that was just taken', () => {
    const seen = observation();
    const { decided } = plan({ observations: [seen], groups: [] }, circumstances());
    expect(decided[0]?.decision.silent).toBeUndefined();
    const slotsAfter = (expiresAt: number) =>
      withSlot({ 'i-1': slotOf(expiresAt) }, { observation: seen, decision: decided[0]!.decision }, NOW);
    expect(slotsAfter(NOW)).toEqual({});
    expect(slotsAfter(NOW + 1)).toHaveProperty('i-1');
  });

  it.each([
    ['hands out public addresses', group({ publicSubnets: ['subnet-1'] })],
    ['is exposed for the most part', group({ exposed: ['i-1', 'i-2', 'i-3'] })],
    [
      'was closed and is to be opened again',
      group({ state: { outcomes: 1, closed: { ingress: [], subnets: [] } }, request: requested() }),
    ],
    ['is public when a request about it is refused', group({ publicSubnets: ['subnet-1'], request: requested() })],
  ])('quarantines no worker of a group that %s', (_what, seen) => {
    const { decided, groups, slots } = plan({ observations: [observation(worker())], groups: [seen] }, circumstances());
    expect(decided[0]?.decision).toMatchObject({ decision: 'skipped', reason: 'public-by-design' });
    expect(groups[0]?.decision.silent).toBeUndefined();
    expect(slots).toEqual({});
  });

  it('never takes more slots than each limit allows, whatever arrives, and whoever holds some already', () => {
    const holders = fc.uniqueArray(fc.constantFrom('i-0', 'i-1', 'i-7', 'i-20', 'i-21'), { maxLength: 5 });
    const seen = fc.uniqueArray(arbitraryObservation, { selector: ({ instanceId }) => instanceId, maxLength: 10 });
    fc.assert(
      fc.property(seen, arbitraryPolicy, holders, (observations, policy, held) => {
        const slots = Object.fromEntries(held.map((id) => [id, slotOf(NOW + HOUR)]));
        const given = circumstances({}, { policy, slots });
        const { decided, slots: after } = plan({ observations, groups: [] }, given);
        const begun = decided.filter(({ decision }) => decision.reason === 'quarantine-started');
        if (isInvalid(policy)) {
          expect(begun).toEqual([]);
          return;
        }
        const { perAccount, perCluster, perGroup } = policy.quarantine.concurrency;
        for (const { observation: seenOne } of begun) {
          expect(after).toHaveProperty(seenOne.instanceId);
          if (held.some((id) => id === seenOne.instanceId)) continue;
          const ofCluster = Object.values(after).filter(({ cluster }) => cluster === seenOne.view?.cluster);
          const ofGroup = ofCluster.filter(({ nodegroup }) => nodegroup === seenOne.view?.nodegroup);
          expect(Object.keys(after).length).toBeLessThanOrEqual(perAccount);
          expect(ofCluster.length).toBeLessThanOrEqual(perCluster);
          expect(ofGroup.length).toBeLessThanOrEqual(perGroup);
        }
        // The result is the same in whatever order they arrive.
        expect(plan({ observations: observations.toReversed(), groups: [] }, given).decided).toEqual(decided);
      }),
      { numRuns: 500 },
    );
  });

  it('acts only where no guard says no, but for a request to release and a worker between two groups', () => {
    fc.assert(
      fc.property(arbitraryObservation, arbitraryPolicy, (seen, policy) => {
        const given = circumstances({}, { policy });
        const before = JSON.stringify(seen);
        const [made] = plan({ observations: [seen], groups: [] }, given).decided;
        expect(plan({ observations: [structuredClone(seen)], groups: [] }, given).decided[0]).toEqual(made);
        expect(JSON.stringify(seen)).toBe(before);
        expect(REASONS).toHaveProperty(made!.decision.reason);
        const { act } = made!.decision;
        const { view, owner, state } = seen;
        const goesOn = state.quarantine?.phase === 'terminating' && act?.kind === 'terminate';
        if (act === undefined || act.kind === 'release' || goesOn) return;
        if (isInvalid(policy)) throw new Error(`${act.kind} without a policy`);
        expect([policy.killSwitch, policy.quarantine.mode]).toEqual([false, 'enforce']);
        expect(policy.scope.clusters ?? [view?.cluster]).toContain(view?.cluster);
        expect(view?.tags).not.toHaveProperty('eks-host-remediator:ignore');
        expect(owner?.tags).not.toHaveProperty('eks-host-remediator:ignore');
        expect(owner?.unreadable).toBeUndefined();
        expect(state.lease).toBeUndefined();
        if (state.quarantine !== undefined) return;
        expect(view?.ownership).not.toBe('auto-mode');
        expect(['running', 'pending']).toContain(view?.instanceState);
      }),
      { numRuns: 1500 },
    );
  });

  it('looks at open quarantines before it begins others', () => {
    const open = observation(isolatedWorker(), { quarantine: quarantine() }, { instanceId: 'i-9' });
    const { decided } = plan({ observations: [waiting('i-2', 0), open], groups: [] }, circumstances());
    expect(decided.map(({ decision }) => decision.reason)).toEqual(['quarantined', 'quarantine-budget']);
  });
});
