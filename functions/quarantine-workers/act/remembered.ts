import { fingerprintOf } from '../../shared/ledger/fingerprint.ts';
import { asStored } from '../../shared/ledger/outcome-ledger.ts';
import { planIn } from '../../shared/ledger/proposal.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { overridesIn } from '../../shared/policy/policy-at.ts';
import type { AwsCall } from '../../shared/records/record.ts';
import { workerSubject } from '../../shared/records/record-subject.ts';
import type { Outcome } from '../../shared/records/recorder.ts';
import { meansQuarantine } from '../../shared/records/status.ts';
import { iso } from '../../shared/runtime/clock.ts';
import type { Circumstances, Decision } from '../model/decision.ts';
import { circumstancesOf } from '../model/guards.ts';
import type { Observation } from '../model/observation.ts';
import type { QuarantineState } from '../model/quarantine-ledger.ts';
import type { Reason } from '../reasons.ts';

/** How much later than wanted a reconcile may be that was requested before, ms. */
const LATE_BY = 60_000;

/** Whether a reconcile was requested before that serves as well as the one a decision wants, so that they never multiply. */
export const isAskedFor = (
  { lookAt }: Pick<QuarantineState, 'lookAt'>,
  wanted: Pick<Decision, 'lookAt'>,
  now: number,
): boolean => lookAt !== undefined && lookAt > now && lookAt <= (wanted.lookAt ?? Infinity) + LATE_BY;

/** When the next reconcile is due: the one that was requested before, where none is requested for this decision. */
export const dueReconcile = (
  state: Pick<QuarantineState, 'lookAt'>,
  decision: Pick<Decision, 'lookAt'>,
  now: number,
): number | undefined => (isAskedFor(state, decision, now) ? state.lookAt : decision.lookAt);

/** The state of the worker once the decision holds. */
export function nextState(
  { state, trigger }: Observation,
  decision: Decision,
  { now }: Circumstances,
): QuarantineState {
  const { reason, variant, quarantine, accepted } = decision;
  const fingerprint = fingerprintOf({ reason, variant });
  const isNew = fingerprint !== state.fingerprint;
  // A quarantine is one incident from the first event to its end.
  const goesOn = state.quarantine !== undefined;
  return asStored<QuarantineState>({
    fingerprint,
    outcomes: state.outcomes + (isNew ? 1 : 0),
    correlationId: goesOn || !isNew ? (state.correlationId ?? trigger.id) : trigger.id,
    reason,
    since: state.reason === reason ? (state.since ?? now) : now,
    quarantine,
    accepted: accepted === undefined ? state.accepted : [...accepted],
    proposal: decision.proposal,
    answered: decision.answers ?? state.answered,
    granted: quarantine === undefined ? (state.quarantine?.request?.id ?? state.granted) : state.granted,
    lookAt: dueReconcile(state, decision, now),
    revision: state.revision,
  });
}

export function outcomeOf(
  observation: Observation,
  { decision, reason, message, quarantine = observation.state.quarantine, ...decided }: Decision,
  next: QuarantineState,
  circumstances: Circumstances,
  calls: readonly AwsCall[],
): Outcome<Reason> {
  const { instanceId, view, trigger } = observation;
  const { policy } = circumstancesOf(observation, circumstances);
  const cluster = view?.cluster ?? quarantine?.cluster;
  const nodegroup = view?.nodegroup ?? quarantine?.nodegroup;
  // Each record names the end of the quarantine, so that the last record alone is enough.
  const ends =
    quarantine !== undefined && meansQuarantine(reason) ? { expiresAt: iso(quarantine.expiresAt) } : undefined;
  const plan = planIn('quarantine-workers', { instance: instanceId }, { decision, proposal: next.proposal });
  const details = { ...ends, ...decided.details, ...plan, ...overridesIn(policy) };
  return {
    subject: workerSubject(instanceId, { cluster, nodegroup }),
    decision,
    reason,
    message,
    ...(!isInvalid(policy) && { mode: policy.quarantine.mode }),
    trigger,
    fingerprint: `${next.outcomes} ${next.fingerprint}`,
    correlationId: next.correlationId ?? trigger.id,
    calls,
    ...(Object.keys(details).length > 0 && { details }),
  };
}

export const withoutLease = ({ lease: _, ...state }: QuarantineState): QuarantineState => state;

export const withoutUnrecorded = ({ unrecorded: _, ...state }: QuarantineState): QuarantineState => state;
