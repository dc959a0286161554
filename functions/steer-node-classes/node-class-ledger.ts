import * as z from 'zod';
import { type Ledger, queryItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { outcomeMemory } from '../shared/ledger/outcome-ledger.ts';
import { proposalMemory } from '../shared/ledger/proposal.ts';
import type { Reason } from './reasons.ts';

const PK = 'node-class';

const nodeClassState = z.object({
  sk: z.string(),
  ...outcomeMemory<Reason>(),
  open: z.literal(true).optional(),
  /**
   * The alias that the class was pinned to here, its former AMI terms, and when, epoch milliseconds. It is saved before
   * the cluster is called. Only that can be undone.
   */
  made: z.object({ alias: z.string(), from: z.array(z.json()), at: z.number() }).optional(),
  ...proposalMemory,
  /** Counts writes. A write succeeds only if nobody else has written since the read. */
  revision: z.number(),
});
export type NodeClassState = Omit<z.infer<typeof nodeClassState>, 'sk'>;

export const NEVER_SEEN: NodeClassState = { outcomes: 0, revision: 0 };

/** How long a state is kept after its last change, ms. */
const KEPT_FOR = 400 * 86_400_000;

/** Reads the states of all node classes, by `subjectOf`: also of those that their clusters do not have any more. */
export async function readStates(ledger: Ledger): Promise<Map<string, NodeClassState>> {
  const items = await queryItems(ledger, PK, nodeClassState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** @returns the saved state; undefined when another reconcile was first */
export const saveState = (
  ledger: Ledger,
  subject: string,
  state: NodeClassState,
  now: number,
  writer: string,
): Promise<NodeClassState | undefined> =>
  saveUnlessWritten(ledger, { pk: PK, sk: subject, keptUntil: now + KEPT_FOR }, state, writer);
