import type { BlastBudget } from '../../shared/ledger/blast-budget.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { isOperatorRequest } from '../batch.ts';
import { answer } from '../decide/answer.ts';
import { decide, isLeased } from '../decide/decide.ts';
import { decideGroup } from '../decide/decide-group.ts';
import type { Circumstances, Decision, GroupDecision } from '../model/decision.ts';
import type { GroupObservation, Observation } from '../model/observation.ts';
import { holdsSlot, SLOT_RESERVED_FOR } from '../model/quarantine-ledger.ts';
import type { Sight } from '../observe/observe.ts';

export interface Decided {
  readonly observation: Observation;
  readonly decision: Decision;
}

export interface DecidedGroup {
  readonly observation: GroupObservation;
  readonly decision: GroupDecision;
}

/** All decisions of one reconcile, and the slots once the decisions apply. */
export interface Plan {
  readonly decided: readonly Decided[];
  readonly groups: readonly DecidedGroup[];
  readonly slots: BlastBudget['slots'];
}

/**
 * Decides about everything that a reconcile has observed, one subject after another: each worker sees the slots that
 * earlier ones took or released. Open quarantines come first, because they may release slots, then the workers that
 * have waited longest.
 */
export function plan(
  { observations, groups }: Pick<Sight, 'observations' | 'groups'>,
  circumstances: Omit<Circumstances, 'publicGroups'>,
): Plan {
  const decidedGroups = groups.map((observation) => ({
    observation,
    decision: decideGroup(observation, circumstances),
  }));
  const publicGroups = new Set(
    decidedGroups
      .filter(({ decision }) => decision.publicByDesign)
      .map(({ observation }) => subjectOf(observation.key)),
  );
  let slots = circumstances.slots;
  const decided = observations.toSorted(byTurn).map((observation) => {
    const decision = decideOrAnswer(observation, { ...circumstances, slots, publicGroups });
    slots = withSlot(slots, { observation, decision }, circumstances.now);
    return { observation, decision };
  });
  return { decided, groups: decidedGroups, slots };
}

function decideOrAnswer(observation: Observation, circumstances: Circumstances): Decision {
  const { request, state } = observation;
  const isFree = state.quarantine === undefined && !isLeased(state, circumstances);
  return isFree && request !== undefined && isOperatorRequest(request)
    ? answer(observation, request, circumstances)
    : decide(observation, circumstances);
}

/**
 * The slots after one decision: a worker in quarantine holds one, any other releases its own. A slot of a reconcile
 * that died is renewed by the next one that begins the quarantine, so that it does not look abandoned meanwhile.
 */
export function withSlot(
  slots: BlastBudget['slots'],
  { observation: { instanceId, state }, decision }: Decided,
  now: number,
): BlastBudget['slots'] {
  const held = slots[instanceId];
  const isOpen = state.quarantine !== undefined;
  if (decision.silent !== true && holdsSlot(decision.quarantine)) {
    if (held !== undefined && (isOpen || held.expiresAt > now)) return slots;
    const { cluster, nodegroup } = decision.quarantine;
    const slot = { cluster, ...(nodegroup !== undefined && { nodegroup }), expiresAt: now + SLOT_RESERVED_FOR };
    return { ...slots, [instanceId]: slot };
  }
  // Another reconcile may just have taken this slot, without having saved the quarantine yet.
  if (held === undefined || (isOpen ? decision.silent === true : held.expiresAt > now)) return slots;
  return Object.fromEntries(Object.entries(slots).filter(([holder]) => holder !== instanceId));
}

function byTurn(a: Observation, b: Observation): number {
  return (
    Number(b.state.quarantine !== undefined) - Number(a.state.quarantine !== undefined) ||
    waitingSince(a) - waitingSince(b) ||
    (a.view?.launchedAt ?? 0) - (b.view?.launchedAt ?? 0) ||
    (a.instanceId < b.instanceId ? -1 : 1)
  );
}

const waitingSince = ({ state }: Observation): number =>
  state.reason === 'quarantine-budget' ? (state.since ?? 0) : Number.MAX_SAFE_INTEGER;
