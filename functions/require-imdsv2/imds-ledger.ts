import * as z from 'zod';
import { type Ledger, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { outcomeMemory } from '../shared/ledger/outcome-ledger.ts';
import { proposalMemory } from '../shared/ledger/proposal.ts';
import type { Reason } from './reasons.ts';

export const PK = 'imds';

const imdsState = z.object({
  sk: z.string(),
  ...outcomeMemory<Reason>(),
  /** Whether the incident of the last outcome goes on. */
  open: z.literal(true).optional(),
  /** When this function set the metadata service to version 2, epoch milliseconds. Only that can be undone. */
  changedAt: z.number().optional(),
  /** What EC2 was about to be asked to set. It is saved before that, so that a crash loses nothing. */
  asked: z.enum(['required', 'optional']).optional(),
  ...proposalMemory(),
  /** Counts writes. A write succeeds only if nobody else has written since the read. */
  revision: z.number(),
});
export type ImdsState = Omit<z.infer<typeof imdsState>, 'sk'>;

export const NEVER_SEEN: ImdsState = { outcomes: 0, revision: 0 };

/** How long a state is kept after its last change, ms. */
const KEPT_FOR = 400 * 86_400_000;

/** Reads the states of the given instances. An instance never seen before is missing. */
export async function readStates(ledger: Ledger, instanceIds: readonly string[]): Promise<Map<string, ImdsState>> {
  const items = await readItems(ledger, PK, instanceIds, imdsState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** @returns the saved state; undefined when another reconcile was first */
export const saveState = (
  ledger: Ledger,
  instanceId: string,
  state: ImdsState,
  now: number,
  writer: string,
): Promise<ImdsState | undefined> =>
  saveUnlessWritten(ledger, { pk: PK, sk: instanceId, keptUntil: now + KEPT_FOR }, state, writer);
