import * as z from 'zod';
import { type Ledger, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { outcomeMemory } from '../shared/ledger/outcome-ledger.ts';
import { TERMINATION, terminationAnswer } from '../shared/ledger/termination-order.ts';
import type { Reason } from './reasons.ts';

const terminationState = z.object({
  sk: z.string(),
  ...outcomeMemory<Reason>(),
  ...terminationAnswer,
  /** Number of writes. A write succeeds only if nobody else has written since the read. */
  revision: z.number(),
});
export type TerminationState = Omit<z.infer<typeof terminationState>, 'sk'>;

export const NEVER_ORDERED: TerminationState = { outcomes: 0, revision: 0 };

/** How long an answer is kept, ms. */
const KEPT_FOR = 400 * 86_400_000;

/** Reads the answers about the given instances. An instance without any answer is missing from the result. */
export async function readTerminations(
  ledger: Ledger,
  instanceIds: readonly string[],
): Promise<Map<string, TerminationState>> {
  const items = await readItems(ledger, TERMINATION, instanceIds, terminationState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** @returns the saved state; undefined when another reconcile was first */
export const saveTermination = (
  ledger: Ledger,
  instanceId: string,
  state: TerminationState,
  now: number,
  writer: string,
): Promise<TerminationState | undefined> =>
  saveUnlessWritten(ledger, { pk: TERMINATION, sk: instanceId, keptUntil: now + KEPT_FOR }, state, writer);
