import * as z from 'zod';
import { type Ledger, queryItems, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import type { NodeGroupKey } from '../shared/ledger/node-group-key.ts';
import { outcomeMemory } from '../shared/ledger/outcome-ledger.ts';
import type { Told } from '../shared/records/decision.ts';
import type { Reason } from './reasons.ts';

export const PK = 'drain';

const drainState = z.object({
  sk: z.string(),
  ...outcomeMemory<Reason>(),
  cluster: z.string(),
  /** The group as records name it. */
  nodegroup: z.string(),
  /** Set until the drain has ended. */
  open: z.literal(true).optional(),
  /** Set while it is in service, and only an event that EC2 has scheduled is known of it. */
  ahead: z.literal(true).optional(),
  /** When its termination was first seen, or that event, epoch milliseconds. */
  startedAt: z.number(),
  /** When Auto Scaling was told to go on, epoch milliseconds. */
  letGoAt: z.number().optional(),
  /**
   * What is told once Auto Scaling goes on, or ends the instance. It is saved before Auto Scaling is called: where the
   * function dies then, the instance is gone at the next look, and nothing else says why.
   */
  ending: z.custom<Told<Reason>>((value) => typeof value === 'object' && value !== null).optional(),
  /** When it was first seen to be retained, epoch milliseconds. */
  retainedAt: z.number().optional(),
  /** Since when its cluster has been troubled, each time that the node was looked at, epoch milliseconds. */
  doubtSince: z.number().optional(),
  /**
   * The node before it was cordoned here; `label`: the value of that which excludes it from load balancers; `at`: when
   * it was cordoned, epoch milliseconds.
   */
  node: z
    .object({ name: z.string(), unschedulable: z.boolean(), label: z.string().optional(), at: z.number().optional() })
    .optional(),
  /** Whose evictions admission refused at the last look, and in which words. */
  denied: z.string().optional(),
  /** How many pods that came back to the cordoned node have been evicted, by owner. */
  comebacks: z.record(z.string(), z.number()).optional(),
  /** Counts writes. A write succeeds only if nobody else has written since the read. */
  revision: z.number(),
});
export type DrainState = Omit<z.infer<typeof drainState>, 'sk'>;

/** How long a drain is kept after its last change, ms. */
const KEPT_FOR = 400 * 86_400_000;
/** How long one that has ended is kept: each look reads past all that are there. */
const ENDED_KEPT_FOR = 2 * 86_400_000;

/** The drains that have not ended, by instance id. */
export async function readOpenDrains(ledger: Ledger): Promise<Map<string, DrainState>> {
  const query = { FilterExpression: 'attribute_exists(#open)', ExpressionAttributeNames: { '#open': 'open' } };
  const items = await queryItems(ledger, PK, drainState, query);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** The drains of instances, ended ones included, by id. An instance never seen before is missing. */
export async function readDrains(ledger: Ledger, instanceIds: readonly string[]): Promise<Map<string, DrainState>> {
  const items = await readItems(ledger, PK, instanceIds, drainState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/**
 * The state of a drain that begins now. One of the same instance that has ended leaves its count of outcomes.
 *
 * @param isAhead whether the instance is still in service
 */
export const newDrain = (
  { cluster, nodegroup }: NodeGroupKey,
  startedAt: number,
  former: DrainState | undefined,
  isAhead = false,
): DrainState => ({
  ...(former?.unrecorded !== undefined && { unrecorded: former.unrecorded }),
  outcomes: former?.outcomes ?? 0,
  cluster,
  nodegroup,
  open: true,
  ...(isAhead && { ahead: true as const }),
  startedAt,
  revision: former?.revision ?? 0,
});

/** @returns the saved state; undefined when another reconcile was first */
export const saveDrainState = (
  ledger: Ledger,
  instanceId: string,
  state: DrainState,
  now: number,
  writer: string,
): Promise<DrainState | undefined> =>
  saveUnlessWritten(
    ledger,
    { pk: PK, sk: instanceId, keptUntil: now + (state.open === true ? KEPT_FOR : ENDED_KEPT_FOR) },
    state,
    writer,
  );
