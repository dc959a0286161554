import { writesOf } from '../shared/ledger/ledger.ts';
import { recordOnce } from '../shared/ledger/outcome-ledger.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import type { Decision } from './decide.ts';
import type { Recorder } from './remediation.ts';
import type { Told } from './support-ledger.ts';

interface About {
  readonly cluster: string;
  readonly trigger: Trigger;
  /** Correlation id of the incident that a decision which is not `done` belongs to. */
  readonly incident: string;
  /** Distinguishes the records of one question from other records about the cluster. */
  readonly check: string;
}

/**
 * Records a decision that has not been recorded before. A decision that nothing is wrong is recorded only after a
 * problem.
 *
 * @returns the new state; undefined when another run was first
 */
export async function tellOnce(
  { recorder, caller }: { readonly recorder: Recorder; readonly caller: string },
  before: Told,
  { cluster, trigger, incident, check }: About,
  { decision, reason, message, variant }: Decision,
  write: (state: Told, writer: string) => Promise<Told | undefined>,
): Promise<Told | undefined> {
  const isOver = decision === 'done';
  const isOpen = before.correlationId !== undefined;
  const fingerprint = isOver ? undefined : `${reason} ${variant}`;
  const isNew = isOver ? isOpen : fingerprint !== before.fingerprint;
  if (!isNew && before.unrecorded === undefined) return before;
  const outcomes = before.outcomes + (isNew ? 1 : 0);
  const correlationId = isOver ? (before.correlationId ?? incident) : incident;
  const writer = writesOf(`${caller} ${cluster} ${incident} ${outcomes}`);
  const { fingerprint: _, correlationId: _open, unrecorded: _told, ...rest } = before;
  const next: Told = { ...rest, outcomes, ...(fingerprint !== undefined && { fingerprint, correlationId }) };
  const outcome = { subject: { cluster }, decision, reason, message, trigger, correlationId, details: { check } };
  return recordOnce({ save: (state: Told) => write(state, writer()), record: recorder.record }, before, next, {
    ...outcome,
    fingerprint: `${outcomes} ${reason} ${variant}`,
  });
}
