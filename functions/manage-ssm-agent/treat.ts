import { inWords, rulingOn } from '../shared/ledger/proposal.ts';
import { iso } from '../shared/runtime/clock.ts';
import type { Cause, OUTDATED } from './agent-cause.ts';
import { undoing } from './agent-policy.ts';
import { type Decision, type Memory, RECONCILE_EVERY, remembered, say } from './decision.ts';
import { afterFailure } from './follow.ts';
import type { Observation } from './observation.ts';
import type { Policy } from './policy.ts';
import { BEGUN, deedOf, modeOfRemedy, type Remedy } from './remedy-choice.ts';
import type { IntendedRemedy, StartedRemedy } from './worker-ledger.ts';

/** A cause with the remedy that is due. */
export interface Case {
  readonly cause: Cause | typeof OUTDATED;
  readonly remedy: Remedy;
  /** The problem, in sentences. */
  readonly message: string;
}

/** The target that a proposal of this remedy names. */
export const targetOf = ({ cause, remedy }: Pick<Case, 'cause' | 'remedy'>): string => `${cause} ${remedy}`;

/**
 * Begins a remedy, or proposes it, or says why it waits. All remedies pass through here, so that mode `observe` shows
 * what `enforce` would do.
 */
export function treat(
  { cause, remedy, message }: Case,
  observation: Observation,
  ssmAgent: Policy['ssmAgent'],
  now: number,
): Decision {
  const { state } = observation;
  const deed = deedOf(remedy, observation, ssmAgent);
  const failures = state.failures?.cause === cause ? state.failures : undefined;
  const known = remembered(failures);
  const target = targetOf({ cause, remedy });
  const about = { details: { cause, remedy }, target };
  const ruling = rulingOn(state.proposal, target);
  if (ruling?.kind === 'rejected') {
    const rejected = `${message} To ${deed} was rejected by ${inWords(ruling)}`;
    return { ...say('skipped', 'proposal-rejected', rejected, known, `${target} ${ruling.id}`), ...about };
  }
  const observed = modeOfRemedy(ssmAgent, remedy, cause) === 'observe';
  if (observed && ruling === undefined) {
    return { ...say('would-act', 'would-remedy', `${message} Would ${deed}.`, known, target), ...about };
  }
  if (failures !== undefined) {
    const waiting = afterFailure(failures, ssmAgent, cause, message, now);
    if (waiting !== undefined) return { ...waiting, target };
  }
  const approved = observed && ruling !== undefined ? ` Approved by ${inWords(ruling)}` : '';
  const role = observation.view.findings?.profile?.role;
  const undo = remedy === 'attach-policy' && role !== undefined ? undoing(role, ssmAgent.agentPolicy) : undefined;
  return { ...begin({ cause, remedy, message: `${message}${approved}` }, deed, undo, failures, now), target };
}

function begin(
  { cause, remedy: kind, message }: Case,
  deed: string,
  undo: string | undefined,
  failures: Memory['failures'],
  now: number,
): Decision {
  const attempt = (failures?.count ?? 0) + 1;
  const remedy: StartedRemedy = { kind, cause, startedAt: now, attempt };
  return { ...begun({ remedy, undo }, `${message} Attempt ${attempt}: ${deed}.`, failures, now), begin: kind };
}

/** Tells of a remedy that a run was about to begin which ended before it could tell. It is followed as if it had begun. */
export function toldLate({ remedy, undo }: IntendedRemedy, failures: Memory['failures'], now: number): Decision {
  const message = `Attempt ${remedy.attempt} (${remedy.kind}) against ${remedy.cause} was about to begin at ${iso(remedy.startedAt)}, in a run that ended early. It may have been done.`;
  return { ...begun({ remedy, undo }, message, failures, now), target: targetOf({ ...remedy, remedy: remedy.kind }) };
}

function begun({ remedy, undo }: IntendedRemedy, message: string, failures: Memory['failures'], now: number): Decision {
  const { kind, cause, attempt } = remedy;
  const memory = { ...remembered(failures), remedy };
  const undone = undo === undefined ? '' : ` To undo it: ${undo}`;
  return {
    ...say('acted', BEGUN[kind], `${message}${undone}`, memory, `${cause} ${attempt}`),
    details: { cause, remedy: kind, attempt, ...(undo !== undefined && { undo }) },
    lookAt: now + RECONCILE_EVERY,
  };
}
