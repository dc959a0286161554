import * as z from 'zod';
import { DRAIN_HOOK_PK } from '../shared/ledger/drained-groups.ts';
import { type Ledger, queryItems, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { keyOf, type NodeGroupKey } from '../shared/ledger/node-group-key.ts';
import { outcomeMemory } from '../shared/ledger/outcome-ledger.ts';
import { proposalMemory } from '../shared/ledger/proposal.ts';
import type { Reason } from './reasons.ts';

const hookState = z.object({
  sk: z.string(),
  ...outcomeMemory<Reason>(),
  open: z.literal(true).optional(),
  /**
   * When the hook was made here, epoch milliseconds, and whether the group was set to retain nodes then. Only that can
   * be undone. It is saved before AWS is called, and `unconfirmed` until a later read has shown what came of the call.
   */
  made: z.object({ at: z.number(), retains: z.boolean(), unconfirmed: z.literal(true).optional() }).optional(),
  /** Since when its cluster is not open to drains, each time that the group was looked at, epoch milliseconds. */
  closedSince: z.number().optional(),
  /** When the hook was last found to stand with nothing in the way of drains, epoch milliseconds. */
  drainableAt: z.number().optional(),
  ...proposalMemory(),
  /** Counts writes. A write succeeds only if nobody else has written since the read. */
  revision: z.number(),
});
export type HookState = Omit<z.infer<typeof hookState>, 'sk'>;

/** The key of what is told of scheduled events, which are those of the account and region. */
export const EVENTS = '*';

export const NO_HOOK: HookState = { outcomes: 0, revision: 0 };

/** How long a state is kept after its last change, ms. */
const KEPT_FOR = 400 * 86_400_000;

/** Reads the states of groups, by `subjectOf`. A group never seen before is missing. */
export async function readHookStates(ledger: Ledger, subjects: readonly string[]): Promise<Map<string, HookState>> {
  const items = await readItems(ledger, DRAIN_HOOK_PK, subjects, hookState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** The groups in which something stands that was made here, or may. */
export async function readMadeHooks(ledger: Ledger): Promise<NodeGroupKey[]> {
  const query = { FilterExpression: 'attribute_exists(made)' };
  return (await queryItems(ledger, DRAIN_HOOK_PK, hookState, query)).map(({ sk }) => keyOf(sk));
}

/** @returns the saved state; undefined when another reconcile was first */
export const saveHookState = (
  ledger: Ledger,
  subject: string,
  state: HookState,
  now: number,
  writer: string,
): Promise<HookState | undefined> =>
  saveUnlessWritten(ledger, { pk: DRAIN_HOOK_PK, sk: subject, keptUntil: now + KEPT_FOR }, state, writer);
