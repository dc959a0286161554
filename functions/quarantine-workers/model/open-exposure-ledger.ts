import * as z from 'zod';
import { type Ledger, queryItems, saveUnlessWritten, withFormerNames } from '../../shared/ledger/ledger.ts';
import { outcomeMemory } from '../../shared/ledger/outcome-ledger.ts';
import type { Reason } from '../reasons.ts';

export const OPEN_EXPOSURES_PK = 'open-exposures';
const PK = OPEN_EXPOSURES_PK;

/** A worker whose exposure stays open. */
const openWorker = () =>
  z.object({
    /** When the exposure was first seen, epoch milliseconds. */
    since: z.number(),
    /** The reason code of the decision that leaves the exposure open. */
    reason: z.string(),
    /** Its exposures, in words. */
    exposures: z.string(),
  });
export type OpenWorker = z.infer<ReturnType<typeof openWorker>>;

const openGroup = () =>
  z.object({
    /** `cluster/nodegroup`; the part behind the slash is empty for workers that belong to no group. */
    sk: z.string(),
    /** The exposed workers by the id of the instance. */
    workers: z.record(z.string(), openWorker()),
    /** Since when the group has exposed workers, epoch milliseconds; absent where it has none. */
    since: z.number().optional(),
    /** When the group was last observed, epoch milliseconds. It shows which states are outdated. */
    seenAt: z.number(),
    /** The number of workers and the causes of the last notification; absent where there was none. */
    notified: z.object({ workers: z.number(), why: z.string(), correlationId: z.string() }).optional(),
    ...outcomeMemory<Reason>(),
    revision: z.number(),
  });
export type OpenGroup = Omit<z.infer<ReturnType<typeof openGroup>>, 'sk'>;

const ITEM = z.lazy(() => withFormerNames(openGroup(), { told: 'notified' }));

export const newOpenGroup = (now: number): OpenGroup => ({ workers: {}, seenAt: now, outcomes: 0, revision: 0 });

/** How long the state of a group without open exposures is kept, ms. */
const KEPT_FOR = 86_400_000;

/** All groups that have workers with open exposures, by `cluster/nodegroup`. */
export async function readOpenGroups(ledger: Ledger): Promise<Map<string, OpenGroup>> {
  const items = await queryItems(ledger, PK, ITEM);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/**
 * Saves a group's state unless another reconcile has written it since it was read.
 *
 * @param now epoch milliseconds
 * @returns the new state; undefined where another reconcile was first
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
