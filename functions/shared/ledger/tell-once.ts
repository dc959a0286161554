import * as z from 'zod';
import type { DecisionKind, RecordSubject, RemediationRecord } from '../records/record.ts';
import type { Outcome, Trigger } from '../records/recorder.ts';
import { fingerprintOf } from './fingerprint.ts';
import { writesOf } from './ledger.ts';
import { outcomeMemory, recordOnce } from './outcome-ledger.ts';

/** The part of a ledger item that remembers what was told of one question. */
export const toldMemory = <Reason extends string>() => ({
  ...outcomeMemory<Reason>(),
  revision: z.number().default(0),
});

export interface Told<Reason extends string> {
  readonly fingerprint?: string | undefined;
  readonly outcomes: number;
  readonly correlationId?: string | undefined;
  readonly unrecorded?: Outcome<Reason> | undefined;
  readonly revision: number;
}

export const NOTHING_TOLD = { outcomes: 0, revision: 0 } as const;

/** What is told of a subject. */
export interface Telling<Reason extends string> {
  readonly decision: DecisionKind;
  readonly reason: Reason;
  readonly message: string;
  /** Distinguishes tellings with the same reason. Each is recorded once. */
  readonly variant: string;
  /** Values that the message speaks of. */
  readonly details?: RemediationRecord['details'];
}

export interface About {
  readonly subject: RecordSubject;
  readonly trigger: Trigger;
  /** Correlation id of the incident that a decision which is not `done` belongs to. */
  readonly incident: string;
  /** Distinguishes the records of one question from other records about the subject. */
  readonly check: string;
}

/**
 * Records a decision that has not been recorded before. A decision that nothing is wrong is recorded only after a
 * problem.
 *
 * @returns the new state; undefined when another run was first
 */
export async function tellOnce<Reason extends string, State extends Told<Reason>>(
  { recorder, caller }: { readonly recorder: { record(outcome: Outcome<Reason>): void }; readonly caller: string },
  before: State,
  { subject, trigger, incident, check }: About,
  { decision, reason, message, variant, details }: Telling<Reason>,
  write: (state: State, writer: string) => Promise<State | undefined>,
): Promise<State | undefined> {
  const isOver = decision === 'done';
  const isOpen = before.correlationId !== undefined;
  const fingerprint = isOver ? undefined : fingerprintOf({ reason, variant });
  const isNew = isOver ? isOpen : fingerprint !== before.fingerprint;
  if (!isNew && before.unrecorded === undefined) return before;
  const outcomes = before.outcomes + (isNew ? 1 : 0);
  const correlationId = isOver ? (before.correlationId ?? incident) : incident;
  const { cluster = '' } = subject;
  const writer = writesOf(`${caller} ${cluster} ${incident} ${outcomes}`);
  const { fingerprint: _, correlationId: _open, unrecorded: _told, ...rest } = before;
  const next = { ...rest, outcomes, ...(fingerprint !== undefined && { fingerprint, correlationId }) } as State;
  const outcome = { subject, decision, reason, message, trigger, correlationId, details: { check, ...details } };
  const saving = {
    save: (state: State) => write(state, writer()),
    record: (told: Outcome<Reason>) => recorder.record(told),
  };
  return recordOnce(saving, before, next, {
    ...outcome,
    fingerprint: `${outcomes} ${fingerprintOf({ reason, variant })}`,
  });
}

/**
 * Records what a run that died had saved and not recorded, where nothing else is told of the subject.
 *
 * @param key the key of the item, which tells this write from others of the run
 */
export async function recordLeft<Reason extends string, State extends Told<Reason>>(
  { recorder, caller }: { readonly recorder: { record(outcome: Outcome<Reason>): void }; readonly caller: string },
  before: State,
  key: string,
  write: (state: State, writer: string) => Promise<State | undefined>,
): Promise<void> {
  const { unrecorded, ...recorded } = before;
  if (unrecorded === undefined) return;
  recorder.record(unrecorded);
  await write(recorded as State, `${caller} ${key} left`);
}
