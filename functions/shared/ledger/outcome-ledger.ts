import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import type { Outcome } from '../records/recorder.ts';

/** An outcome as it was written: a later version takes it as it is. */
export const storedOutcome = <Reason extends string>() =>
  z.custom<Outcome<Reason>>((value) => typeof value === 'object' && value !== null);

/** What the ledger keeps of the outcomes of a subject, whatever else it keeps of it: part of each such item. */
export const outcomeMemory = <Reason extends string>() => ({
  /** The last outcome that was recorded: an unchanged one is not recorded again. */
  fingerprint: z.string().optional(),
  /** How many outcomes have been recorded: the same outcome after another one is a new one. */
  outcomes: z.number().default(0),
  /** The incident that the last recorded outcome belongs to. */
  correlationId: z.string().optional(),
  /**
   * An outcome that was about to be recorded when this was saved. It is taken as it was written: refusing one of another
   * version would keep the subject from ever being reconciled again.
   */
  unrecorded: storedOutcome<Reason>().optional(),
});

interface Remembered<Reason extends string> {
  readonly outcomes: number;
  readonly unrecorded?: Outcome<Reason> | undefined;
}

interface Recording<State, Reason extends string> {
  /** Saves a state and answers it as it stands now; undefined: somebody else has written since it was read. */
  readonly save: (state: State) => Promise<State | undefined>;
  readonly record: (outcome: Outcome<Reason>) => void;
}

/**
 * Remembers how a subject stands, and records its outcome if it is a new one: saved with the state, recorded, then taken
 * off it. Whoever dies on the way leaves it there, and whoever comes next, for whatever event, records it first. So no
 * outcome is ever lost, one that is recorded twice has the same id, and of two reconciles the one that saves first records.
 *
 * @param before as it was read
 * @param next counts one outcome more where there is a new one
 * @returns the state as it stands now; undefined when another reconcile was first: nothing of this outcome was recorded
 */
export async function recordOnce<Reason extends string, State extends Remembered<Reason>>(
  { save, record }: Recording<State, Reason>,
  before: State,
  next: State,
  outcome: Outcome<Reason>,
): Promise<State | undefined> {
  if (before.unrecorded !== undefined) record(before.unrecorded);
  const isNew = next.outcomes !== before.outcomes;
  if (!isNew) return isDeepStrictEqual(next, before) ? before : save(next);
  return saveThenRecord({ save, record }, { ...next, unrecorded: asStored(outcome) }, [outcome]);
}

/**
 * The same for several outcomes of one subject at once, as of a node group of which many checks are told of.
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
  { save, record }: Recording<State, Reason>,
  pending: State,
  outcomes: readonly Outcome<Reason>[],
): Promise<State | undefined> {
  const saved = await save(pending);
  if (saved === undefined) return undefined;
  for (const outcome of outcomes) record(outcome);
  const { unrecorded: _, ...recorded } = saved;
  // Where another reconcile was quicker, it has found the outcomes and recorded them, too.
  return (await save(recorded as State)) ?? saved;
}

/** A value as the ledger gives it back, without undefined members. */
export const asStored = <Value>(value: { readonly [Key in keyof Value]: Value[Key] | undefined }): Value =>
  JSON.parse(JSON.stringify(value));
