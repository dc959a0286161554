import * as z from 'zod';
import { type Ledger, putItem, queryItems, readItems, withFormerNames } from './ledger.ts';
import { outcomeMemory } from './outcome-ledger.ts';
import { proposalMemory } from './proposal.ts';

const PK = 'node-group';

/** A managed node group by its names, or an Auto Scaling group or node pool by its own name. */
export interface NodeGroupKey {
  readonly cluster: string;
  readonly nodegroup: string;
}

/** A node group as one string, for maps and ledger keys. The name of a cluster has no slash. */
export const subjectOf = ({ cluster, nodegroup }: NodeGroupKey): string => `${cluster}/${nodegroup}`;

/** The node group of a `subjectOf`: the name of a cluster has no slash. */
export function keyOf(subject: string): NodeGroupKey {
  const [cluster = '', ...name] = subject.split('/');
  return { cluster, nodegroup: name.join('/') };
}

/**
 * An upgrade that was requested and has not ended. It is saved before EKS is called, so that a crash cannot lose it.
 */
const upgrade = z.object({
  releaseVersion: z.string(),
  /** The Kubernetes version that the node group moves to; absent where that stays as it is. */
  kubernetesVersion: z.string().optional(),
  /** Counts from 1 per release. */
  attempt: z.number(),
  /** Epoch milliseconds. */
  requestedAt: z.number(),
  /** The version of the launch template that was made for it: with another AMI, or without a key pair. */
  templateVersion: z.number().optional(),
  /** EKS's update id; absent until EKS has answered. */
  updateId: z.string().optional(),
  /** Number of nodes to replace at the time of the request. */
  nodes: z.number().optional(),
  /** When the upgrade of a group of this size should have ended, epoch milliseconds. */
  dueBy: z.number().optional(),
  /** Codes of the health issues that the node group had before the upgrade. */
  issues: z.array(z.string()).optional(),
});
export type Upgrade = z.infer<typeof upgrade>;

/** The Kubernetes version that a release is for, where its name does not tell. Items of former versions do not know it. */
const kubernetesVersion = z.string().optional();

const failures = z.object({
  releaseVersion: z.string(),
  kubernetesVersion,
  /** Number of attempts in all. Attempts are never reset, since EKS takes the same attempt for a retry. */
  count: z.number(),
  /** Epoch milliseconds. */
  lastAt: z.number(),
  /** How many of them an operator has had forgotten. */
  forgotten: z.number().optional(),
  /** An operator has lifted the wait after the last failure. */
  waitLifted: z.literal(true).optional(),
  /** Codes of health issues that the node group has had since the last attempt, but not before it. */
  broke: z.array(z.string()).optional(),
});
export type Failures = z.infer<typeof failures>;

/** The number of failures that count, without those that an operator has had forgotten. */
export const failureCount = (known: Failures | undefined): number =>
  known === undefined ? 0 : known.count - (known.forgotten ?? 0);

/** What has ended attempts of a node group to move to a release, since it last reached one. */
const setback = z.object({
  /** EKS's error codes. */
  cause: z.string(),
  releaseVersion: z.string(),
  kubernetesVersion,
  count: z.number(),
  /** Epoch milliseconds. */
  lastAt: z.number(),
});
export type Setback = z.infer<typeof setback>;

/** A breaker that an operator has lifted by a request about this node group. */
const lift = z.object({
  /** Such as `cluster shop`. */
  breaker: z.string(),
  /** When it was asked for, epoch milliseconds: what has failed later counts. */
  at: z.number(),
  requestedBy: z.string(),
  why: z.string(),
});
export type Lift = z.infer<typeof lift>;

/**
 * Something that blocks an upgrade, does not count as a failure, and should pass by itself. The upgrade is tried again.
 */
const obstacle = z.object({
  /** What it is, as a stable text: a change means another obstacle. */
  what: z.string(),
  /** How many times in a row it occurred. */
  count: z.number(),
  /** When it first occurred, epoch milliseconds. */
  since: z.number(),
  /** When to try again, epoch milliseconds. */
  until: z.number(),
});
export type Obstacle = z.infer<typeof obstacle>;

/** The place in the line of a node group that could be upgraded, except for a slot, a window, its bake time or an approval. */
const turn = z.object({
  /** When the AMI that it runs was published, epoch milliseconds. The oldest goes first. */
  published: z.number(),
  /** The Kubernetes version that it runs, where it follows its control plane to the next one. The oldest goes first. */
  movesFrom: z.string().optional(),
  /** When it may start, apart from slots, epoch milliseconds. */
  mayStartAt: z.number(),
  /** Whether an attempt to move to its target has failed. Such node groups come after all that have not been tried. */
  hasFailed: z.boolean(),
  /** How many of its cluster may be under way at a time, where an override of the policy says so. */
  perCluster: z.number().optional(),
  /** Whether urgent findings put it first, as it was last looked at. */
  isHastened: z.literal(true).optional(),
  /** Its wave, and its place among the waves; absent: the policy has none. */
  wave: z.object({ name: z.string(), place: z.number() }).optional(),
  /** The release that it waits for; absent in items written before waves. */
  releaseVersion: z.string().optional(),
  kubernetesVersion,
  /** The pair of that release: of the next Kubernetes version, where it follows its control plane; absent in older items. */
  pair: z.string().optional(),
});
export type Turn = z.infer<typeof turn>;

/** Since when an upgrade to a release has been waiting only for a worker in quarantine, epoch milliseconds. */
const quarantineWait = z.object({ releaseVersion: z.string(), since: z.number() });

const run = z.object({
  releaseVersion: z.string(),
  /** Since when it was seen to run it well, epoch milliseconds. */
  since: z.number(),
});

/** How a node group stands in the rollouts of the fleet, as it was last seen. Others wait for it. */
const progress = z.object({
  /** Whose releases it takes. */
  pair: z.string(),
  /** Whose releases it takes next, following its control plane to another Kubernetes version. */
  nextPair: z.string().optional(),
  /** From when on it takes them, epoch milliseconds; absent: at once. */
  nextFrom: z.number().optional(),
  runs: run,
  /** The releases that it ran well before, and until when, oldest first. */
  ran: z.array(run.extend({ until: z.number().optional() })).optional(),
  /** `mixed`: not all of its nodes run the release that it names. */
  health: z.enum(['well', 'unhealthy', 'mixed', 'unreadable']),
  /** No release comes to it, so nobody waits for it. */
  isLeftAlone: z.literal(true).optional(),
  /** Its wave where tags say so; names are looked up in the policy. */
  wave: z.string().optional(),
  /** When it was seen, epoch milliseconds, to a day. */
  seenAt: z.number(),
});
export type Progress = z.infer<typeof progress>;

const nodeGroupState = z.object({
  sk: z.string(),
  ...outcomeMemory<string>(),
  reason: z.string().optional(),
  /** ARN of the node group. A node group with the same name and another ARN is a different one. */
  arn: z.string().optional(),
  turn: turn.optional(),
  /** Since when it has been waiting for its turn, epoch milliseconds. */
  since: z.number().optional(),
  obstacle: obstacle.optional(),
  /** The release that an upgrade was tried for to cure health issues: once per release. */
  cureTried: z.string().optional(),
  quarantineWait: quarantineWait.optional(),
  /** Somebody else's update that was running at the last reconcile, and since when, epoch milliseconds. */
  foreign: z.object({ updateId: z.string().optional(), since: z.number() }).optional(),
  /**
   * The incident of the last outcome. It covers one target release, from the first reconcile request to the outcome.
   */
  incident: z.object({ releaseVersion: z.string(), correlationId: z.string() }).optional(),
  upgrade: upgrade.optional(),
  failures: failures.optional(),
  /** Those of other releases on offer, to which it may come back: waves change which one it waits for. */
  formerFailures: z.array(failures).optional(),
  /** Absent in items written before breakers. */
  setbacks: z.array(setback).optional(),
  lifts: z.array(lift).optional(),
  ...proposalMemory,
  /** When a wake-up is due, epoch milliseconds. */
  wakeAt: z.number().optional(),
  progress: progress.optional(),
});
export type NodeGroupState = Omit<z.infer<typeof nodeGroupState>, 'sk'>;

const ITEM = withFormerNames(nodeGroupState, { story: 'incident' });

export const NEW_NODE_GROUP: NodeGroupState = { outcomes: 0 };

/** Reads the states of the given subjects, by {@link subjectOf}. A subject never seen before is missing. */
export async function readNodeGroups(
  ledger: Ledger,
  subjects: readonly string[],
): Promise<Map<string, NodeGroupState>> {
  return bySubject(await readItems(ledger, PK, subjects, ITEM));
}

/** Reads the waitlist: every subject that could be upgraded, except for a slot, a window or its bake time. */
export async function readWaitlist(ledger: Ledger): Promise<Map<string, NodeGroupState>> {
  const query = { FilterExpression: 'attribute_exists(#turn)', ExpressionAttributeNames: { '#turn': 'turn' } };
  return bySubject(await queryItems(ledger, PK, ITEM, query));
}

/** Reads the states of all node groups that were ever seen. */
export async function readAllNodeGroups(ledger: Ledger): Promise<Map<string, NodeGroupState>> {
  return bySubject(await queryItems(ledger, PK, ITEM));
}

/** How long a state is kept after its last change, ms. An active node group changes with every release. */
const KEPT_FOR = 400 * 86_400_000;

/** @param now epoch milliseconds; the table's TTL removes the state long after its last change */
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
