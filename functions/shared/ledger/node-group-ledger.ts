import * as z from 'zod';
import { fromVersion1, type Ledger, putItem, queryItems, readItems } from './ledger.ts';
import { outcomeMemory } from './outcome-ledger.ts';
import { proposal } from './proposal.ts';

const PK = 'node-group';

/** A managed node group by its names; also an Auto Scaling group or node pool, by its own name. */
export interface NodeGroupKey {
  readonly cluster: string;
  readonly nodegroup: string;
}

/** A node group as one string, for maps and ledger keys; neither name can contain a slash. */
export const subjectOf = ({ cluster, nodegroup }: NodeGroupKey): string => `${cluster}/${nodegroup}`;

/** An upgrade that was asked for and has not ended. Saved before EKS is called, so that a crash cannot lose it. */
const upgrade = z.object({
  releaseVersion: z.string(),
  /** Counts from 1 per release. */
  attempt: z.number(),
  /** Epoch milliseconds. */
  requestedAt: z.number(),
  /** EKS's update id; absent until EKS has answered. */
  updateId: z.string().optional(),
});
export type Upgrade = z.infer<typeof upgrade>;

const failures = z.object({
  releaseVersion: z.string(),
  /** Of all: attempts count on, since EKS takes the same attempt for a repetition. */
  count: z.number(),
  /** Epoch milliseconds. */
  lastAt: z.number(),
  /** How many of them an operator had forgotten. */
  forgotten: z.number().optional(),
  /** An operator had the wait after the last one lifted. */
  waitLifted: z.literal(true).optional(),
});
export type Failures = z.infer<typeof failures>;

/** The failures that count: those that no operator had forgotten. */
export const failureCount = (known: Failures | undefined): number =>
  known === undefined ? 0 : known.count - (known.forgotten ?? 0);

const nodeGroupState = z.object({
  sk: z.string(),
  ...outcomeMemory<string>(),
  reason: z.string().optional(),
  /** Since when it waits for a slot for the release of its incident, epoch milliseconds: its place on the waitlist. */
  since: z.number().optional(),
  /** The incident that the last outcome belongs to: one target release from first reconcile request to outcome. */
  incident: z.object({ releaseVersion: z.string(), correlationId: z.string() }).optional(),
  upgrade: upgrade.optional(),
  failures: failures.optional(),
  proposal: proposal.optional(),
  /** The last operator's request that was answered: it is answered once, however often it comes. */
  answered: z.string().optional(),
  /** When a wake-up is due, epoch milliseconds. */
  wakeAt: z.number().optional(),
});
export type NodeGroupState = Omit<z.infer<typeof nodeGroupState>, 'sk'>;

const ITEM = fromVersion1(nodeGroupState, { story: 'incident' });

export const NEW_NODE_GROUP: NodeGroupState = { outcomes: 0 };

/** The states of the given subjects, by {@link subjectOf}; a subject never seen before is missing. */
export async function readNodeGroups(
  ledger: Ledger,
  subjects: readonly string[],
): Promise<Map<string, NodeGroupState>> {
  return bySubject(await readItems(ledger, PK, subjects, ITEM));
}

/** Every subject whose last outcome has one of these reasons. */
export async function readByReason(ledger: Ledger, reasons: readonly string[]): Promise<Map<string, NodeGroupState>> {
  const values = reasons.map((reason, index) => [`:reason${index}`, reason] as const);
  const query = {
    FilterExpression: `#reason IN (${values.map(([name]) => name).join(', ')})`,
    ExpressionAttributeNames: { '#reason': 'reason' },
    ExpressionAttributeValues: Object.fromEntries(values),
  };
  return bySubject(await queryItems(ledger, PK, ITEM, query));
}

/** How long a state is kept after its last change, ms; a living node group changes with every release. */
const KEPT_FOR = 400 * 86_400_000;

/** @param now epoch milliseconds; the table's TTL removes the state long after the last change */
export async function saveNodeGroup(
  ledger: Ledger,
  subject: string,
  state: NodeGroupState,
  now: number,
): Promise<void> {
  await putItem(ledger, { pk: PK, sk: subject, keptUntil: now + KEPT_FOR }, state);
}

const bySubject = (items: ReadonlyArray<z.infer<typeof nodeGroupState>>): Map<string, NodeGroupState> =>
  new Map(items.map(({ sk, ...state }) => [sk, state]));
