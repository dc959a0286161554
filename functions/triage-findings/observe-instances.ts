import type { EC2Client, Filter, Instance } from '@aws-sdk/client-ec2';
import { describeInstances, filtersOf, VALUES_PER_FILTER } from '../shared/fleet/instances.ts';
import { isIsolated } from '../shared/fleet/scope.ts';
import { AUTO_SCALING_GROUP_TAG, isBorneOut, tagsOf, type Worker, workerOf } from '../shared/fleet/worker.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { chunks } from '../shared/runtime/chunks.ts';

/** Each names a cluster and a node group. */
const NODE_GROUPS_PER_CALL = Math.floor(VALUES_PER_FILTER / 2);

/** A worker as EC2 describes it. */
export interface FoundWorker {
  readonly instanceId: string;
  readonly imageId: string;
  /** Epoch milliseconds. */
  readonly launchedAt: number;
  readonly ownership: Worker['ownership'];
  /** In quarantine: it speaks for nobody, and nothing is advised for it. */
  readonly isolated?: true;
  /** As Auto Scaling alone can set it. */
  readonly autoScalingGroup?: string;
  /** Its node group, Auto Scaling group or node pool. */
  readonly key: NodeGroupKey;
}

/**
 * The workers among these instances: one call for two hundred. What is no worker, only claims to be one by tags that anybody
 * can set, or is gone, is left out.
 */
export async function findWorkers(ec2: EC2Client, instanceIds: Iterable<string>): Promise<Map<string, FoundWorker>> {
  return describeWorkers(
    ec2,
    filtersOf('instance-id', [...new Set(instanceIds)]).map((filter) => [filter]),
  );
}

/**
 * The running workers of managed node groups, by subject: the members of their Auto Scaling groups, since tags alone would
 * let others speak for a group.
 *
 * @param nodeGroups each with the names of its Auto Scaling groups, as EKS tells them
 */
export async function listWorkers(
  ec2: EC2Client,
  nodeGroups: ReadonlyArray<NodeGroupKey & { readonly autoScalingGroups: readonly string[] }>,
): Promise<Map<string, FoundWorker[]>> {
  // Two filters are joined by AND, their values by OR: more than asked for may come, and is left out.
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

function asEntry(instance: Instance): Array<[string, FoundWorker]> {
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
