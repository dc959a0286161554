import * as z from 'zod';
import { type Ledger, putItem, queryItems, readItems, withFormerNames } from './ledger.ts';
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
  /** How many nodes were to be replaced when it was asked for. */
  nodes: z.number().optional(),
  /** When such a group should have been through, epoch milliseconds. */
  dueBy: z.number().optional(),
  /** The health issues that the node group had before it, by their codes. */
  issues: z.array(z.string()).optional(),
});
export type Upgrade = z.infer<typeof upgrade>;

const failures = z.object({
  releaseVersion: z.string(),
  /** How many attempts there have been in all. Attempts count on, since EKS takes the same attempt for a repetition. */
  count: z.number(),
  /** Epoch milliseconds. */
  lastAt: z.number(),
  /** How many of them an operator had forgotten. */
  forgotten: z.number().optional(),
  /** An operator had the wait after the last one lifted. */
  waitLifted: z.literal(true).optional(),
  /** Health issues that the node group has had since the last one, by their codes: not before it. */
  broke: z.array(z.string()).optional(),
});
export type Failures = z.infer<typeof failures>;

/** The failures that count: those that no operator had forgotten. */
export const failureCount = (known: Failures | undefined): number =>
  known === undefined ? 0 : known.count - (known.forgotten ?? 0);

/** What stands in the way, does not count as a failure, and is expected to pass by itself: it is tried again. */
const obstacle = z.object({
  /** What it is, as a stable text: it is another one when this changes. */
  what: z.string(),
  /** How often it was met in a row. */
  count: z.number(),
  /** When it was first met, epoch milliseconds. */
  since: z.number(),
  /** When it is tried again, epoch milliseconds. */
  until: z.number(),
});
export type Obstacle = z.infer<typeof obstacle>;

/** The place on the waitlist of a node group that could be upgraded, but for a slot, a window or its bake time. */
const turn = z.object({
  /** When the AMI that it runs was published, epoch milliseconds: the oldest goes first. */
  published: z.number(),
  /** When it may start, but for slots, epoch milliseconds. */
  mayStartAt: z.number(),
  /** An attempt to move to its target has failed: it comes after all that have not been tried. */
  hasFailed: z.boolean(),
});
export type Turn = z.infer<typeof turn>;

/** Since when an upgrade to a release has been ready but for a worker in quarantine, epoch milliseconds. */
const quarantineWait = z.object({ releaseVersion: z.string(), since: z.number() });

const nodeGroupState = z.object({
  sk: z.string(),
  ...outcomeMemory<string>(),
  reason: z.string().optional(),
  /** The ARN of the node group that is remembered. A node group of the same name with another ARN is another one. */
  arn: z.string().optional(),
  turn: turn.optional(),
  /** Since when it waits for its turn, epoch milliseconds. */
  since: z.number().optional(),
  obstacle: obstacle.optional(),
  /** The release for which an upgrade was tried as a cure of health issues: once each. */
  cureTried: z.string().optional(),
  quarantineWait: quarantineWait.optional(),
  /** The update of somebody else that was running at the last look, and since when, epoch milliseconds. */
  foreign: z.object({ updateId: z.string().optional(), since: z.number() }).optional(),
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

const ITEM = withFormerNames(nodeGroupState, { story: 'incident' });

export const NEW_NODE_GROUP: NodeGroupState = { outcomes: 0 };

/** The states of the given subjects, by {@link subjectOf}; a subject never seen before is missing. */
export async function readNodeGroups(
  ledger: Ledger,
  subjects: readonly string[],
): Promise<Map<string, NodeGroupState>> {
  return bySubject(await readItems(ledger, PK, subjects, ITEM));
}

/** The line: every subject that could be upgraded, but for a slot, a window or its bake time. */
export async function readWaitlist(ledger: Ledger): Promise<Map<string, NodeGroupState>> {
  const query = { FilterExpression: 'attribute_exists(#turn)', ExpressionAttributeNames: { '#turn': 'turn' } };
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
