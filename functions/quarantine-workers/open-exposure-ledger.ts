import * as z from 'zod';
import { type Ledger, queryItems, saveUnlessWritten, withFormerNames } from '../shared/ledger/ledger.ts';
import { outcomeMemory } from '../shared/ledger/outcome-ledger.ts';
import type { Reason } from './reasons.ts';

const PK = 'open-exposures';

/** A worker with an exposure that nobody closes. */
const openWorker = z.object({
  /** Since when it was seen so, epoch milliseconds. */
  since: z.number(),
  /** The reason code of the decision that leaves it open. */
  reason: z.string(),
  /** Its exposures, in words. */
  exposures: z.string(),
});
export type OpenWorker = z.infer<typeof openWorker>;

const openGroup = z.object({
  /** `cluster/nodegroup`; the part behind the slash is empty for workers that belong to no group. */
  sk: z.string(),
  /** The exposed workers by the id of the instance. */
  workers: z.record(z.string(), openWorker),
  /** Since when there are any, epoch milliseconds; absent: there are none. */
  since: z.number().optional(),
  /** When the group was last looked at, epoch milliseconds: of one that is never looked at again nobody knows. */
  seenAt: z.number(),
  /** What people were notified of: how many, and why; absent: nothing. */
  notified: z.object({ workers: z.number(), why: z.string(), correlationId: z.string() }).optional(),
  ...outcomeMemory<Reason>(),
  revision: z.number(),
});
export type OpenGroup = Omit<z.infer<typeof openGroup>, 'sk'>;

const ITEM = withFormerNames(openGroup, { told: 'notified' });

export const newOpenGroup = (now: number): OpenGroup => ({ workers: {}, seenAt: now, outcomes: 0, revision: 0 });

/** How long a group without an open exposure is remembered, ms. */
const KEPT_FOR = 86_400_000;

/** All groups with workers that stay exposed, by `cluster/nodegroup`. */
export async function readOpenGroups(ledger: Ledger): Promise<Map<string, OpenGroup>> {
  const items = await queryItems(ledger, PK, ITEM);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/**
 * Saves a group's state unless somebody else has written since it was read.
 *
 * @param now epoch milliseconds
 * @returns the state as it is now; undefined when another reconcile was first
 */
export const saveOpenGroup = (
  ledger: Ledger,
  subject: string,
  state: OpenGroup,
  writer: string,
  now: number,
): Promise<OpenGroup | undefined> => {
  const isOpen = Object.keys(state.workers).length > 0 || state.unrecorded !== undefined;
  return saveUnlessWritten(
    ledger,
    { pk: PK, sk: subject, ...(!isOpen && { keptUntil: now + KEPT_FOR }) },
    state,
    writer,
  );
};
