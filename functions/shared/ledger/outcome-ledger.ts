import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { Outcome } from '../records/recorder.ts';
import type { Ledger } from './ledger.ts';

/** An outcome as it was written. A later version accepts it unchanged. */
export const storedOutcome = <Reason extends string>() =>
  z.custom<Outcome<Reason>>((value) => typeof value === 'object' && value !== null);

/** The part of a subject's ledger item that remembers outcomes, whatever else the item holds. */
export const outcomeMemory = <Reason extends string>() => ({
  /** The last recorded outcome, so that an unchanged one is not recorded again. */
  fingerprint: z.string().optional(),
  /** Number of recorded outcomes, so that an outcome that recurs after another one counts as new. */
  outcomes: z.number().default(0),
  /** Correlation id of the last recorded outcome's incident. */
  correlationId: z.string().optional(),
  /**
   * An outcome that was about to be recorded when this item was saved. It is accepted as it was written: rejecting one
   * of another version would block every later reconcile of the subject.
   */
  unrecorded: storedOutcome<Reason>().optional(),
});

interface Remembered<Reason extends string> {
  readonly outcomes: number;
  readonly unrecorded?: Outcome<Reason> | undefined;
}

interface Recording<State, Reason extends string> {
  /** Saves a state and returns it; undefined when somebody else has written since it was read. */
  readonly save: (state: State) => Promise<State | undefined>;
  readonly record: (outcome: Outcome<Reason>) => void;
  /**
   * Set where the caller saves the subject again in any case. That write removes the outcome, so no write is spent on
   * it alone.
   */
  readonly isFollowed?: boolean;
}

/** What the step that acts saves and records outcomes with. */
export interface OutcomeDeps<Recorder> {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  /** Unique name of this reconcile: the Lambda request id. */
  readonly caller: string;
}

/**
 * Saves the state of a subject, and records its outcome if it is new. The outcome is saved within the state, recorded,
 * then removed from the state. After a crash in between, the next reconcile of the subject, whatever its trigger,
 * records it first. So no outcome is lost, an outcome that is recorded twice has the same id, and of two concurrent
 * reconciles the one that saves first records.
 *
 * @param before the state as it was read
 * @param next counts one more outcome where there is a new one
 * @returns the saved state; undefined when another reconcile was first: then nothing of this outcome was recorded
 */
export async function recordOnce<Reason extends string, State extends Remembered<Reason>>(
  { save, record, isFollowed }: Recording<State, Reason>,
  before: State,
  next: State,
  outcome: Outcome<Reason>,
): Promise<State | undefined> {
  if (before.unrecorded !== undefined) record(before.unrecorded);
  const isNew = next.outcomes !== before.outcomes;
  if (!isNew) return isDeepStrictEqual(next, before) ? before : save(next);
  const recording = { save, record, ...(isFollowed === true && { isFollowed }) };
  return saveThenRecord(recording, { ...next, unrecorded: asStored(outcome) }, [outcome]);
}

/**
 * Like {@link recordOnce}, for several outcomes of one subject, such as many checks of a node group.
 *
 * @param next without `unrecorded`
 */
export async function recordAllOnce<
  Reason extends string,
  State extends { readonly unrecorded?: readonly Outcome<Reason>[] | undefined },
>(
  { save, record }: Recording<State, Reason>,
  before: State,
  next: State,
  outcomes: readonly Outcome<Reason>[],
): Promise<State | undefined> {
  for (const known of before.unrecorded ?? []) record(known);
  if (outcomes.length === 0) return isDeepStrictEqual(next, before) ? before : save(next);
  const unrecorded = outcomes.map((outcome) => asStored<Outcome<Reason>>(outcome));
  return saveThenRecord({ save, record }, { ...next, unrecorded }, outcomes);
}

/** @param pending the state with its outcomes, as they are about to be recorded */
async function saveThenRecord<Reason extends string, State extends { readonly unrecorded?: unknown }>(
  { save, record, isFollowed }: Recording<State, Reason>,
  pending: State,
  outcomes: readonly Outcome<Reason>[],
): Promise<State | undefined> {
  const saved = await save(pending);
  if (saved === undefined) return undefined;
  for (const outcome of outcomes) record(outcome);
  const { unrecorded: _, ...recorded } = saved;
  if (isFollowed === true) return recorded as State;
  // If another reconcile was quicker, it has found the outcomes in the state and recorded them too.
  return (await save(recorded as State)) ?? saved;
}

/** Converts a value to the form in which the ledger returns it, without undefined members. */
export const asStored = <Value>(value: { readonly [Key in keyof Value]: Value[Key] | undefined }): Value =>
  JSON.parse(JSON.stringify(value));
