import * as z from 'zod';
import { type Ledger, putItem, queryItems, readItems, withFormerNames } from './ledger.ts';
import { outcomeMemory } from './outcome-ledger.ts';
import { proposalMemory } from './proposal.ts';
import { LEDGER_UNREADABLE } from './unreadable-items.ts';

export const NODE_GROUP_PK = 'node-group';
const PK = NODE_GROUP_PK;

/**
 * An upgrade that has been requested and has not ended. It is saved before EKS is called, so that a crash cannot lose
 * it.
 */
const upgrade = () =>
  z.object({
    releaseVersion: z.string(),
    /** The Kubernetes version that the node group moves to; absent where the version stays. */
    kubernetesVersion: z.string().optional(),
    /** Counts from 1 per release. */
    attempt: z.number(),
    /** Epoch milliseconds. */
    requestedAt: z.number(),
    /** The version of the launch template that was made for the upgrade, with another AMI or without a key pair. */
    templateVersion: z.number().optional(),
    /** The template and the AMI that the upgrade moves the group from, where it brings another AMI. */
    former: z.object({ templateId: z.string(), imageId: z.string() }).optional(),
    /** EKS's update id; absent until EKS has answered. */
    updateId: z.string().optional(),
    /** Set where nodes that were launched before this time are replaced with the same release, epoch milliseconds. */
    replaces: z.number().optional(),
    /** Number of nodes to replace at the time of the request. */
    nodes: z.number().optional(),
    /** When the upgrade of a group of this size should have ended, epoch milliseconds. */
    dueBy: z.number().optional(),
    /** Codes of the health issues that the node group had before the upgrade. */
    issues: z.array(z.string()).optional(),
  });
export type Upgrade = z.infer<ReturnType<typeof upgrade>>;

/** The Kubernetes version of the release, where its name does not contain it. Items of earlier versions lack it. */
const kubernetesVersion = () => z.string().optional();

const failures = () =>
  z.object({
    releaseVersion: z.string(),
    kubernetesVersion: kubernetesVersion(),
    /** Number of attempts in all. Attempts are never reset, since EKS takes the same attempt for a retry. */
    count: z.number(),
    /** Epoch milliseconds. */
    lastAt: z.number(),
    /** How many of the failures an operator has forgiven. */
    forgotten: z.number().optional(),
    /** Set where an operator has lifted the wait after the last failure. */
    waitLifted: z.literal(true).optional(),
    /** Codes of health issues that the node group has had since the last attempt, but not before it. */
    broke: z.array(z.string()).optional(),
  });
export type Failures = z.infer<ReturnType<typeof failures>>;

/** The number of failures that count, without those that an operator has forgiven. */
export const failureCount = (known: Failures | undefined): number =>
  known === undefined ? 0 : known.count - (known.forgotten ?? 0);

/** What has ended a node group's attempts to move to a release, since it last reached a release. */
export const setback = () =>
  z.object({
    /** EKS's error codes. */
    cause: z.string(),
    releaseVersion: z.string(),
    kubernetesVersion: kubernetesVersion(),
    count: z.number(),
    /** Epoch milliseconds. */
    lastAt: z.number(),
  });
export type Setback = z.infer<ReturnType<typeof setback>>;

/** A breaker that an operator has lifted by a request about this node group. */
export const lift = () =>
  z.object({
    /** A value such as `cluster shop`. */
    breaker: z.string(),
    /** When the lift was requested, epoch milliseconds. Failures after that count. */
    at: z.number(),
    requestedBy: z.string(),
    why: z.string(),
  });
export type Lift = z.infer<ReturnType<typeof lift>>;

/** An obstacle to an upgrade that does not count as a failure and should pass by itself. The upgrade is tried again. */
const obstacle = () =>
  z.object({
    /** The obstacle as a stable text. Another text means another obstacle. */
    what: z.string(),
    /** How many times in a row the obstacle occurred. */
    count: z.number(),
    /** When the obstacle first occurred, epoch milliseconds. */
    since: z.number(),
    /** When to try again, epoch milliseconds. */
    until: z.number(),
    /** The words of AWS, where AWS refused something. They may differ each time, and tell no obstacles apart. */
    because: z.string().optional(),
    /**
     * The closed gate that held the group when something could not be read, and since when, epoch milliseconds: what is
     * not known does not open it.
     */
    behindGate: z.object({ what: z.string(), since: z.number() }).optional(),
  });
export type Obstacle = z.infer<ReturnType<typeof obstacle>>;

/**
 * The place of a node group in the waitlist. The node group could be upgraded, except for a slot, a window, its bake
 * time or an approval.
 */
const turn = () =>
  z.object({
    /** When the AMI that the node group runs was published, epoch milliseconds. The oldest goes first. */
    published: z.number(),
    /**
     * The Kubernetes version that the node group runs, where it follows its control plane to the next one. The oldest
     * goes first.
     */
    movesFrom: z.string().optional(),
    /** When the upgrade may start, apart from slots, epoch milliseconds. */
    mayStartAt: z.number(),
    /** Whether an attempt to move to its target has failed. Such node groups come after all that have not been tried. */
    hasFailed: z.boolean(),
    /** How many upgrades of its cluster may run at a time, where an override of the policy says so. */
    perCluster: z.number().optional(),
    /** Whether urgent findings put the node group first, by its last reconcile. */
    isHastened: z.literal(true).optional(),
    /** Its wave, and the wave's place among all waves; absent where the policy has no waves. */
    wave: z.object({ name: z.string(), place: z.number() }).optional(),
    /** The release that the node group waits for; absent in items written before waves. */
    releaseVersion: z.string().optional(),
    kubernetesVersion: kubernetesVersion(),
    /**
     * The pair of that release. It has the next Kubernetes version where the node group follows its control plane. Absent
     * in older items.
     */
    pair: z.string().optional(),
  });
export type Turn = z.infer<ReturnType<typeof turn>>;

const run = () =>
  z.object({
    releaseVersion: z.string(),
    /** Since when the node group has been seen to run the release well, epoch milliseconds. */
    since: z.number(),
  });

/** The progress of a node group in the rollouts of the fleet, by its last reconcile. Other node groups wait for it. */
export const progress = () =>
  z.object({
    /** The pair whose releases the node group takes. */
    pair: z.string(),
    /** The pair whose releases it takes next, when it follows its control plane to another Kubernetes version. */
    nextPair: z.string().optional(),
    /** From when on it takes those, epoch milliseconds; absent for at once. */
    nextFrom: z.number().optional(),
    runs: run(),
    /** The releases that the node group ran well before, and until when, oldest first. */
    ran: z.array(run().extend({ until: z.number().optional() })).optional(),
    /** The releases that it failed to move to, or left unhealthy, and has not run well since, oldest first. */
    failed: z.array(z.object({ releaseVersion: z.string(), kubernetesVersion: kubernetesVersion() })).optional(),
    /** The AMIs that come to a group with an AMI of its owner, oldest first, with the present one. */
    images: z.array(z.string()).optional(),
    /** When the last of those AMIs came to it, epoch milliseconds. An old one may have been shared now. */
    imagesSince: z.number().optional(),
    /** `mixed` means that not all nodes run the release that the node group names. */
    health: z.enum(['well', 'unhealthy', 'mixed', 'unreadable']),
    /** Set where no release comes to the node group, so that nobody waits for it. */
    isLeftAlone: z.literal(true).optional(),
    /**
     * The version of the policy that leaves it alone, or only has proposed what is due, where nothing else does: another
     * version may not.
     */
    leftUnder: z.number().optional(),
    /** Set where a refresh of a self-managed group is only proposed, so that no managed node group waits for it. */
    isProposed: z.literal(true).optional(),
    /** Its wave, where tags name one. The policy resolves the name. */
    wave: z.string().optional(),
    /** When the node group was seen, epoch milliseconds, to a day. */
    seenAt: z.number(),
  });
export type Progress = z.infer<ReturnType<typeof progress>>;

const nodeGroupState = () =>
  z.object({
    sk: z.string(),
    ...outcomeMemory<string>(),
    reason: z.string().optional(),
    /** ARN of the node group. A node group with the same name and another ARN is a different one. */
    arn: z.string().optional(),
    turn: turn().optional(),
    /** Since when the node group has been waiting for its turn, epoch milliseconds. */
    since: z.number().optional(),
    /** What keeps the node group from a release of its Kubernetes version. */
    obstacle: obstacle().optional(),
    /** What keeps it from the next version, where it follows its control plane. */
    nextObstacle: obstacle().optional(),
    /** The release that an upgrade was tried for to cure health issues. There is one try per release. */
    cureTried: z.string().optional(),
    /**
     * The last upgrade that brought another AMI by a version of the launch template: the template, the AMI before, the
     * version that was made with the AMI after, and when that began, epoch milliseconds.
     */
    moved: z
      .object({ templateId: z.string(), from: z.string(), version: z.number(), to: z.string(), at: z.number() })
      .optional(),
    /** EKS was asked to replace the nodes that were launched before this time, epoch milliseconds. It is not asked again. */
    replacementTried: z.number().optional(),
    /** Since when an upgrade to a release has waited only for a worker in quarantine, epoch milliseconds. */
    quarantineWait: z.object({ releaseVersion: z.string(), since: z.number() }).optional(),
    /** Another party's update that was running at the last reconcile, and since when, epoch milliseconds. */
    foreign: z.object({ updateId: z.string().optional(), since: z.number() }).optional(),
    /**
     * The incident of the last outcome. It covers one target release, from the first reconcile request to the outcome.
     */
    incident: z.object({ releaseVersion: z.string(), correlationId: z.string() }).optional(),
    upgrade: upgrade().optional(),
    failures: failures().optional(),
    /**
     * Failures of other releases on offer, to which the node group may come back, because waves change the release that
     * it waits for.
     */
    formerFailures: z.array(failures()).optional(),
    /** Absent in items written before breakers. */
    setbacks: z.array(setback()).optional(),
    lifts: z.array(lift()).optional(),
    ...proposalMemory(),
    /** When a wake-up is due, epoch milliseconds. */
    wakeAt: z.number().optional(),
    progress: progress().optional(),
  });
export type NodeGroupState = Omit<z.infer<ReturnType<typeof nodeGroupState>>, 'sk'>;

const ITEM = z.lazy(() => withFormerNames(nodeGroupState(), { story: 'incident' }));

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

/** Reads the states of all node groups that were ever seen, also in place of those that cannot be read. */
export async function readAllNodeGroups(ledger: Ledger): Promise<Map<string, NodeGroupState>> {
  const known = bySubject(await queryItems(ledger, PK, ITEM));
  for (const subject of ledger.unreadable?.keysOf(PK) ?? []) {
    known.set(subject, { ...NEW_NODE_GROUP, reason: LEDGER_UNREADABLE });
  }
  return known;
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

const bySubject = (items: ReadonlyArray<z.infer<ReturnType<typeof nodeGroupState>>>): Map<string, NodeGroupState> =>
  new Map(items.map(({ sk, ...state }) => [sk, state]));
