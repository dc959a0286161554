import type { Told } from '../records/decision.ts';
import { fingerprintOf } from './fingerprint.ts';

/** What the ledger remembers of the incident of a subject. */
export interface IncidentMemory {
  readonly fingerprint?: string | undefined;
  readonly outcomes: number;
  readonly correlationId?: string | undefined;
  /** Set while the incident lasts. */
  readonly open?: true | undefined;
  /** Id of the operator's request that was answered last. */
  readonly answered?: string | undefined;
}

/**
 * The memory once a decision is recorded. One incident lasts from the first proposal to its end, which is an outcome
 * `done` or `skipped`, and includes answers to operators.
 *
 * @param triggerId what began the reconcile: an incident that begins now is named after it
 */
export function incidentAfter(
  state: IncidentMemory,
  { decision, reason, variant, answers }: Told<string> & { readonly answers?: string },
  triggerId: string,
) {
  const fingerprint = fingerprintOf({ reason, variant });
  const isNew = fingerprint !== state.fingerprint;
  const isOver = decision === 'done' || decision === 'skipped';
  return {
    fingerprint,
    outcomes: state.outcomes + (isNew ? 1 : 0),
    correlationId: (state.open || !isNew ? state.correlationId : undefined) ?? triggerId,
    open: isOver ? undefined : (true as const),
    answered: answers ?? state.answered,
  };
}

/** The part of an outcome that says what was decided, in its incident. */
export const outcomeIn = <Reason extends string>(
  { fingerprint, outcomes, correlationId }: ReturnType<typeof incidentAfter>,
  { decision, reason, message, hint }: Told<Reason>,
) => ({
  decision,
  reason,
  message,
  fingerprint: `${outcomes} ${fingerprint}`,
  correlationId,
  ...(hint !== undefined && { hint }),
});
