import type { EC2Client, Filter } from '@aws-sdk/client-ec2';
import type { DescribedInstance } from '../shared/fleet/described-instance.ts';
import { describeInstances, filtersOf, VALUES_PER_FILTER } from '../shared/fleet/instances.ts';
import { isIsolated } from '../shared/fleet/scope.ts';
import { AUTO_SCALING_GROUP_TAG, isBorneOut, tagsOf, type Worker, workerOf } from '../shared/fleet/worker.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import { chunks } from '../shared/runtime/chunks.ts';

/** Each node group needs two filter values: its cluster and its name. */
const NODE_GROUPS_PER_CALL = Math.floor(VALUES_PER_FILTER / 2);

/** A worker with EC2's facts about it. */
export interface FoundWorker {
  readonly instanceId: string;
  readonly imageId: string;
  /** Epoch milliseconds. */
  readonly launchedAt: number;
  readonly ownership: Worker['ownership'];
  /** Whether the worker is in quarantine. It does not represent its node group, and nothing is advised for it. */
  readonly isolated?: true;
  /** The Auto Scaling group by the tag that only Auto Scaling can set. */
  readonly autoScalingGroup?: string;
  /** The worker's node group, Auto Scaling group or node pool. */
  readonly key: NodeGroupKey;
}

/**
 * Finds the workers among these instances, with one call per two hundred. It leaves out instances that are not workers,
 * that only claim to be by tags which anybody can set, or that are gone.
 */
export async function findWorkers(ec2: EC2Client, instanceIds: Iterable<string>): Promise<Map<string, FoundWorker>> {
  return describeWorkers(
    ec2,
    filtersOf('instance-id', [...new Set(instanceIds)]).map((filter) => [filter]),
  );
}

/**
 * Lists the running workers of managed node groups, by subject. Only members of a node group's Auto Scaling groups
 * count: tags alone would let other instances speak for it.
 *
 * @param nodeGroups each with the names of its Auto Scaling groups, as EKS returns them
 */
export async function listWorkers(
  ec2: EC2Client,
  nodeGroups: ReadonlyArray<NodeGroupKey & { readonly autoScalingGroups: readonly string[] }>,
): Promise<Map<string, FoundWorker[]>> {
  // EC2 joins filters by AND and values by OR, so the answer may hold more than was asked for. The surplus is dropped.
  const filters = chunks(nodeGroups, NODE_GROUPS_PER_CALL).map((keys) => [
    { Name: 'tag:eks:cluster-name', Values: [...new Set(keys.map(({ cluster }) => cluster))] },
    { Name: 'tag:eks:nodegroup-name', Values: [...new Set(keys.map(({ nodegroup }) => nodegroup))] },
    { Name: 'instance-state-name', Values: ['running'] },
  ]);
  const wanted = new Map(nodeGroups.map((each) => [subjectOf(each), each.autoScalingGroups]));
  const workers = [...(await describeWorkers(ec2, filters)).values()].filter(
    ({ key, autoScalingGroup = '', isolated }) =>
      isolated !== true && wanted.get(subjectOf(key))?.includes(autoScalingGroup) === true,
  );
  return Map.groupBy(workers, ({ key }) => subjectOf(key));
}

async function describeWorkers(ec2: EC2Client, queries: readonly Filter[][]): Promise<Map<string, FoundWorker>> {
  return new Map((await describeInstances(ec2, queries)).flatMap((instance) => asEntry(instance)));
}

function asEntry(instance: DescribedInstance): Array<[string, FoundWorker]> {
  const { InstanceId: instanceId = '', ImageId: imageId = '', LaunchTime } = instance;
  const worker = workerOf(instance);
  if (worker === undefined || !isBorneOut(worker, instance)) return [];
  const { cluster, ownership, nodegroup = `${ownership}:*` } = worker;
  const launchedAt = LaunchTime?.getTime() ?? 0;
  const tags = tagsOf(instance);
  const autoScalingGroup = tags[AUTO_SCALING_GROUP_TAG];
  const found = { instanceId, imageId, launchedAt, ownership, key: { cluster, nodegroup } };
  const isolated = isIsolated(tags) ? ({ isolated: true } as const) : {};
  return [[instanceId, { ...found, ...isolated, ...(autoScalingGroup !== undefined && { autoScalingGroup }) }]];
}
