import * as z from 'zod';
import { type Ledger, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { storedOutcome } from '../shared/ledger/outcome-ledger.ts';
import { GROUP_STATES, lookedAt } from '../shared/posture/group-states.ts';
import type { Reason } from './reasons.ts';

export const CLUSTER = 'posture';

/** A chosen worker, and the command that gathers its data. */
export interface Sample {
  readonly instanceId: string;
  readonly nodegroup: string;
  /** Absent where the agent did not accept it. */
  readonly commandId?: string;
  /** Why a policy keeps the function from gathering it. */
  readonly refused?: string;
}

/**
 * Workers of a group that one command gathers. The format adds little to their ids, so that a large cluster of which
 * all workers are checked fits into an item of 400 KB (DynamoDB developer guide, "Constraints").
 */
const batch = () =>
  z.object({
    nodegroup: z.string(),
    commandId: z.string().optional(),
    refused: z.string().optional(),
    instanceIds: z.array(z.string()),
  });
export type Batch = z.infer<ReturnType<typeof batch>>;

/** The format of earlier versions, with an entry for each worker. */
const single = () =>
  z
    .object({ instanceId: z.string(), nodegroup: z.string(), commandId: z.string().optional() })
    .transform(({ instanceId, ...rest }): Batch => ({ ...rest, instanceIds: [instanceId] }));

export const samplesIn = (batches: readonly Batch[]): Sample[] =>
  batches.flatMap(({ nodegroup, commandId, refused, instanceIds }) =>
    instanceIds.map((instanceId) => ({
      instanceId,
      nodegroup,
      ...(commandId !== undefined && { commandId }),
      ...(refused !== undefined && { refused }),
    })),
  );

export const batchesOf = (samples: readonly Sample[]): Batch[] =>
  [...Map.groupBy(samples, ({ instanceId: _, ...rest }) => JSON.stringify(rest)).values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const { instanceId: _, ...rest } = first;
    return [{ ...rest, instanceIds: alike.map(({ instanceId }) => instanceId) }];
  });

/** The stored form of `RemoteAccess`. */
const remoteAccess = () =>
  z.union([z.literal('none'), z.object({ key: z.string(), sourceGroups: z.array(z.string()).readonly() })]);

const trigger = () => z.object({ id: z.string(), type: z.string(), time: z.number() });

/** An answered request: the id of its event, and the groups that were checked. */
const answer = () => z.object({ id: z.string(), at: z.number(), groups: z.array(z.string()) });
/** How many answers a state keeps. */
const ANSWERS_KEPT = 20;
/**
 * How long the names of groups in the answers may be together, characters; older ones then name none. Tags name node
 * pools, and an item has room for 400 KB: without it nothing of the cluster could be checked any more.
 */
const LONGEST_ANSWERS = 50_000;

const clusterState = z.lazy(() =>
  z.object({
    sk: z.string(),
    /** When its next check is due, epoch milliseconds; absent: at once. */
    dueAt: z.number().optional(),
    /** A check under way. It is saved before the command is sent, so that a crash cannot lose it. */
    pending: z
      .object({
        sentAt: z.number(),
        polls: z.number(),
        isSent: z.boolean(),
        samples: z.array(z.union([batch(), single()])),
        trigger: trigger(),
        /** Limits the check to these groups; absent: all groups. */
        nodegroups: z.array(z.string()).optional(),
        /** Ids of the requests that this check answers. */
        asks: z.array(z.string()).optional(),
        /** The endpoint of the cluster's Kubernetes API. */
        access: z.object({ endpoint: z.string(), certificateAuthority: z.string() }).optional(),
        /** How EKS gives remote access to each group. */
        remoteAccess: z.record(z.string(), remoteAccess()).optional(),
        /** Whether other groups could not be read. They are checked sooner. */
        isPartial: z.boolean().optional(),
      })
      .optional(),
    /** Ids of workers that failed when they were looked at last, some of each group. The next check looks at them first. */
    failed: z.record(z.string(), z.array(z.string())).optional(),
    /** The last answered requests. */
    answers: z.array(answer()).optional(),
    revision: z.number(),
  }),
);
export type ClusterState = Omit<z.infer<typeof clusterState>, 'sk'>;

const groupState = z.lazy(() =>
  lookedAt().extend({
    /** News that were about to be recorded at the time of the write. */
    unrecorded: z.array(storedOutcome<Reason>()).optional(),
  }),
);
export type GroupState = Omit<z.infer<typeof groupState>, 'sk'>;

export const NEW_CLUSTER: ClusterState = { revision: 0 };
export const NEW_GROUP: GroupState = { verdicts: {}, findings: {}, revision: 0 };

/** Adds the answered requests, with the groups that were checked for them. */
export function answered(
  { answers = [] }: Pick<ClusterState, 'answers'>,
  ids: readonly string[],
  groups: readonly string[],
  at: number,
): Pick<ClusterState, 'answers'> {
  const all = [...answers, ...ids.map((id) => ({ id, at, groups: [...groups] }))];
  if (all.length === 0) return {};
  const kept: typeof all = [];
  let room = LONGEST_ANSWERS;
  for (const answer of all.slice(-ANSWERS_KEPT).toReversed()) {
    room -= answer.groups.join(' ').length;
    kept.unshift(room >= 0 || kept.length === 0 ? answer : { ...answer, groups: [] });
  }
  return { answers: kept };
}

/** How many groups with workers that failed a state keeps, for the same reason. */
const FAILED_GROUPS_KEPT = 300;

/**
 * The workers that failed after a check, by group: those of the groups that it looked at, and what is known of the others.
 * A group of which no worker could be asked stays as it was.
 *
 * @param looked the groups that were looked at
 * @param failed the workers of these that fail
 */
export function failedAfter(
  { failed: before = {} }: Pick<ClusterState, 'failed'>,
  looked: ReadonlySet<string>,
  failed: Readonly<Record<string, string[]>>,
): Record<string, string[]> {
  const others = Object.entries(before).filter(([group]) => !looked.has(group));
  return Object.fromEntries([...others, ...Object.entries(failed)].slice(-FAILED_GROUPS_KEPT));
}

/** How long a state is kept after its last change, ms. */
const KEPT_FOR = 400 * 86_400_000;

export async function readClusterStates(
  ledger: Ledger,
  clusters: readonly string[],
): Promise<Map<string, ClusterState>> {
  const items = await readItems(ledger, CLUSTER, clusters, clusterState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** @param subjects in the form of `subjectOf` */
export async function readGroupStates(ledger: Ledger, subjects: readonly string[]): Promise<Map<string, GroupState>> {
  const items = await readItems(ledger, GROUP_STATES, subjects, groupState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** @returns the state as saved; undefined when another reconcile was first */
export const saveClusterState = (ledger: Ledger, cluster: string, state: ClusterState, now: number, writer: string) =>
  saveUnlessWritten(ledger, { pk: CLUSTER, sk: cluster, keptUntil: now + KEPT_FOR }, state, writer);

/** @returns the state as saved; undefined when another reconcile was first */
export const saveGroupState = (ledger: Ledger, subject: string, state: GroupState, now: number, writer: string) =>
  saveUnlessWritten(ledger, { pk: GROUP_STATES, sk: subject, keptUntil: now + KEPT_FOR }, state, writer);
