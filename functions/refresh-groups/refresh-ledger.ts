import * as z from 'zod';
import { type Ledger, queryItems, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { keyOf, type NodeGroupKey } from '../shared/ledger/node-group-ledger.ts';
import { outcomeMemory } from '../shared/ledger/outcome-ledger.ts';
import { proposalMemory } from '../shared/ledger/proposal.ts';
import type { Reason } from './reasons.ts';

const PK = 'refresh';

/** A refresh that was begun and has not ended. It is saved before Auto Scaling is called, so that a crash loses nothing. */
const refresh = z.object({
  /** The AMI that the group goes to. */
  target: z.string(),
  /** The launch template and its version that the group comes from, and its AMI. Items of before name no template. */
  from: z.object({ templateId: z.string().optional(), version: z.string(), imageId: z.string() }),
  /** Epoch milliseconds. */
  at: z.number(),
  /** Counts from 1 per AMI, so that the outcome of each attempt is news. */
  attempt: z.number(),
  /** The version that is desired, and Auto Scaling's id; absent until AWS has answered. */
  version: z.string().optional(),
  refreshId: z.string().optional(),
  /** When AWS answered with that id, epoch milliseconds. */
  takenAt: z.number().optional(),
  /** It undoes an earlier one: the version is that of before. */
  undoes: z.literal(true).optional(),
  /** When AWS took it that it is rolled back, since an operator rejected it, epoch milliseconds. */
  rolledBackAt: z.number().optional(),
});
export type Refresh = z.infer<typeof refresh>;

const refreshState = z.object({
  sk: z.string(),
  ...outcomeMemory<Reason>(),
  open: z.literal(true).optional(),
  refresh: refresh.optional(),
  /** The last refresh that ended as wanted: only that can be undone. */
  done: refresh.optional(),
  /** Attempts to move to an AMI that have failed; `resumed`: how many of them an operator has had forgotten. */
  failures: z.object({ target: z.string(), count: z.number(), resumed: z.number() }).optional(),
  /** The version of its launch template that the group was pinned to, and when, epoch milliseconds. */
  pinned: z.object({ version: z.string(), at: z.number() }).optional(),
  /** Since when a refresh to an AMI has been waiting only for a worker in quarantine, epoch milliseconds. */
  quarantineWait: z.object({ target: z.string(), since: z.number() }).optional(),
  /** Since when Auto Scaling has not shown the group while its refresh was under way, epoch milliseconds. */
  goneSince: z.number().optional(),
  ...proposalMemory,
  /** Counts writes. A write succeeds only if nobody else has written since the read. */
  revision: z.number(),
});
export type RefreshState = Omit<z.infer<typeof refreshState>, 'sk'>;

export const NEVER_SEEN: RefreshState = { outcomes: 0, revision: 0 };

/** How long a state is kept after its last change, ms. */
const KEPT_FOR = 400 * 86_400_000;

/** Reads the states of groups, by `subjectOf`. A group never seen before is missing. */
export async function readStates(ledger: Ledger, subjects: readonly string[]): Promise<Map<string, RefreshState>> {
  const items = await readItems(ledger, PK, subjects, refreshState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** A refresh that nobody looked at for so long holds no slot any more, ms: Auto Scaling ends each after 14 days. */
const HOLDS_FOR = 15 * 86_400_000;

/**
 * The groups that are being refreshed. The states themselves are the blast budget: there is
 * one writer, and what is begun is saved before.
 */
export async function readUnderWay(ledger: Ledger, now: number): Promise<NodeGroupKey[]> {
  const query = { FilterExpression: 'attribute_exists(#refresh)', ExpressionAttributeNames: { '#refresh': 'refresh' } };
  const items = await queryItems(ledger, PK, refreshState, query);
  return items
    .filter(({ refresh: begun }) => begun !== undefined && now - begun.at < HOLDS_FOR)
    .map(({ sk }) => keyOf(sk));
}

/** @returns the saved state; undefined when another reconcile was first */
export const saveState = (
  ledger: Ledger,
  subject: string,
  state: RefreshState,
  now: number,
  writer: string,
): Promise<RefreshState | undefined> =>
  saveUnlessWritten(ledger, { pk: PK, sk: subject, keptUntil: now + KEPT_FOR }, state, writer);
