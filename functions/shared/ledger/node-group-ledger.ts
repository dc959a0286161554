import * as z from 'zod';
import { type Ledger, queryItems, readItems, saveUnlessWritten, withFormerNames, writesOf } from './ledger.ts';
import { outcomeMemory } from './outcome-ledger.ts';
import { proposalMemory } from './proposal.ts';
import { kubernetesVersion, lift, progress, setback } from './rollout-memory.ts';
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
    /** The release that the node group ran; absent in items of earlier releases. */
    from: z.string().optional(),
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
    /**
     * The last upgrade that brought another release of the same Kubernetes version, and when it began, epoch milliseconds.
     * `again` is set where somebody had set the group back from an earlier one before.
     */
    brought: z
      .object({
        kubernetesVersion: z.string(),
        from: z.string(),
        to: z.string(),
        at: z.number(),
        again: z.literal(true).optional(),
      })
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
    /** Counts writes. A write succeeds only if nobody else has written since the read. Absent in items of earlier releases. */
    revision: z.number().optional(),
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

/** Another reconcile has written the state of a node group since it was read: the later one must read again. */
export class NodeGroupConflict extends Error {
  override readonly name = 'NodeGroupConflict';
}

/** Saves a state and returns it as it was saved. @throws NodeGroupConflict */
export type SaveNodeGroup = (state: NodeGroupState) => Promise<NodeGroupState>;

/**
 * Saves the states of one reconcile of a node group, one after the other, each only where nobody else has written since.
 * The queue keeps reconciles apart, but whoever may invoke the function can have two run side by side: neither may
 * undo what the other has remembered, such as an upgrade that has begun or an operator's answer.
 *
 * @param read the state as it was read
 * @param now epoch milliseconds; the table's TTL removes the state long after its last change
 * @param caller unique name of this reconcile
 */
export function savesNodeGroup(
  ledger: Ledger,
  subject: string,
  read: NodeGroupState,
  now: number,
  caller: string,
): SaveNodeGroup {
  const writer = writesOf(`${caller} ${subject}`);
  const target = { pk: PK, sk: subject, keptUntil: now + KEPT_FOR } as const;
  let { revision = 0 } = read;
  return async (state) => {
    const saved = await saveUnlessWritten(ledger, target, { ...state, revision }, writer());
    if (saved === undefined) {
      throw new NodeGroupConflict(`The state of ${subject} was changed by somebody else since it was read.`);
    }
    ({ revision } = saved);
    return saved;
  };
}

const bySubject = (items: ReadonlyArray<z.infer<ReturnType<typeof nodeGroupState>>>): Map<string, NodeGroupState> =>
  new Map(items.map(({ sk, ...state }) => [sk, state]));
