import * as z from 'zod';
import { type Ledger, readItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { storedOutcome } from '../shared/ledger/outcome-ledger.ts';
import { GROUP_STATES, lookedAt } from '../shared/posture/group-states.ts';
import type { Reason } from './reasons.ts';

const CLUSTER = 'posture';

/** A worker that was chosen, and the command that gathers it. */
export interface Sample {
  readonly instanceId: string;
  readonly nodegroup: string;
  /** Absent: the agent would not take it. */
  readonly commandId?: string;
}

/**
 * Workers of a group that one command gathers. Together they take little more than their ids, so that a cluster of which
 * all are looked at fits into an item: 400 KB (DynamoDB developer guide, "Constraints").
 */
const batch = z.object({
  nodegroup: z.string(),
  commandId: z.string().optional(),
  instanceIds: z.array(z.string()),
});
export type Batch = z.infer<typeof batch>;

/** As it was written until each worker took an entry. */
const single = z
  .object({ instanceId: z.string(), nodegroup: z.string(), commandId: z.string().optional() })
  .transform(({ instanceId, ...rest }): Batch => ({ ...rest, instanceIds: [instanceId] }));

export const samplesIn = (batches: readonly Batch[]): Sample[] =>
  batches.flatMap(({ nodegroup, commandId, instanceIds }) =>
    instanceIds.map((instanceId) => ({ instanceId, nodegroup, ...(commandId !== undefined && { commandId }) })),
  );

export const batchesOf = (samples: readonly Sample[]): Batch[] =>
  [...Map.groupBy(samples, ({ nodegroup, commandId }) => JSON.stringify([nodegroup, commandId])).values()].flatMap(
    (alike) => {
      const [first] = alike;
      if (first === undefined) return [];
      const { instanceId: _, ...rest } = first;
      return [{ ...rest, instanceIds: alike.map(({ instanceId }) => instanceId) }];
    },
  );

/** As `RemoteAccess`. */
const remoteAccess = z.union([
  z.literal('none'),
  z.object({ key: z.string(), sourceGroups: z.array(z.string()).readonly() }),
]);

const trigger = z.object({ id: z.string(), type: z.string(), time: z.number() });

/** A request that was answered: by the id of its event, and the groups that were looked at. */
const answer = z.object({ id: z.string(), at: z.number(), groups: z.array(z.string()) });
/** So many answers are remembered. */
const ANSWERS_KEPT = 20;

const clusterState = z.object({
  sk: z.string(),
  /** When it is to be checked next, epoch milliseconds; absent: at once. */
  dueAt: z.number().optional(),
  /** A check under way: saved before the command is sent, so that a crash cannot lose it. */
  pending: z
    .object({
      sentAt: z.number(),
      polls: z.number(),
      isSent: z.boolean(),
      samples: z.array(z.union([batch, single])),
      trigger,
      /** Only these groups are looked at; absent: all. */
      nodegroups: z.array(z.string()).optional(),
      /** The ids of the requests that this answers. */
      asks: z.array(z.string()).optional(),
      /** How the cluster's Kubernetes API is reached. */
      access: z.object({ endpoint: z.string(), certificateAuthority: z.string() }).optional(),
      /** How EKS lets somebody in to each group. */
      remoteAccess: z.record(z.string(), remoteAccess).optional(),
      /** Other groups could not be read: they are looked at sooner. */
      isPartial: z.boolean().optional(),
    })
    .optional(),
  /** The requests that were answered last. */
  answers: z.array(answer).optional(),
  revision: z.number(),
});
export type ClusterState = Omit<z.infer<typeof clusterState>, 'sk'>;

const groupState = lookedAt.extend({
  /** News that were about to be recorded when this was saved. */
  unrecorded: z.array(storedOutcome<Reason>()).optional(),
});
export type GroupState = Omit<z.infer<typeof groupState>, 'sk'>;

export const NEW_CLUSTER: ClusterState = { revision: 0 };
export const NEW_GROUP: GroupState = { verdicts: {}, findings: {}, revision: 0 };

/** Remembers that these requests were answered, and by a look at which groups. */
export function answered(
  { answers = [] }: Pick<ClusterState, 'answers'>,
  ids: readonly string[],
  groups: readonly string[],
  at: number,
): Pick<ClusterState, 'answers'> {
  const all = [...answers, ...ids.map((id) => ({ id, at, groups: [...groups] }))];
  return all.length === 0 ? {} : { answers: all.slice(-ANSWERS_KEPT) };
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

/** @param subjects by `subjectOf` */
export async function readGroupStates(ledger: Ledger, subjects: readonly string[]): Promise<Map<string, GroupState>> {
  const items = await readItems(ledger, GROUP_STATES, subjects, groupState);
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** @returns the state as it stands now; undefined when somebody else has written meanwhile */
export const saveClusterState = (ledger: Ledger, cluster: string, state: ClusterState, now: number, writer: string) =>
  saveUnlessWritten(ledger, { pk: CLUSTER, sk: cluster, keptUntil: now + KEPT_FOR }, state, writer);

/** @returns the state as it stands now; undefined when somebody else has written meanwhile */
export const saveGroupState = (ledger: Ledger, subject: string, state: GroupState, now: number, writer: string) =>
  saveUnlessWritten(ledger, { pk: GROUP_STATES, sk: subject, keptUntil: now + KEPT_FOR }, state, writer);
