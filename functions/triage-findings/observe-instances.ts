import type { EC2Client, Filter, Instance } from '@aws-sdk/client-ec2';
import { describeInstances, filtersOf, VALUES_PER_FILTER } from '../shared/fleet/instances.ts';
import { type Worker, workerOf } from '../shared/fleet/worker.ts';
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
  /** Its node group, Auto Scaling group or node pool. */
  readonly key: NodeGroupKey;
}

/** The workers among these instances: one call for two hundred. What is no worker, or is gone, is left out. */
export async function findWorkers(ec2: EC2Client, instanceIds: Iterable<string>): Promise<Map<string, FoundWorker>> {
  return describeWorkers(
    ec2,
    filtersOf('instance-id', [...new Set(instanceIds)]).map((filter) => [filter]),
  );
}

/** The running workers of managed node groups, by subject. */
export async function listWorkers(
  ec2: EC2Client,
  nodeGroups: readonly NodeGroupKey[],
): Promise<Map<string, FoundWorker[]>> {
  // Two filters are joined by AND, their values by OR: more than asked for may come, and is left out.
  const filters = chunks(nodeGroups, NODE_GROUPS_PER_CALL).map((keys) => [
    { Name: 'tag:eks:cluster-name', Values: [...new Set(keys.map(({ cluster }) => cluster))] },
    { Name: 'tag:eks:nodegroup-name', Values: [...new Set(keys.map(({ nodegroup }) => nodegroup))] },
    { Name: 'instance-state-name', Values: ['running'] },
  ]);
  const wanted = new Set(nodeGroups.map(subjectOf));
  const workers = [...(await describeWorkers(ec2, filters)).values()].filter(({ key }) => wanted.has(subjectOf(key)));
  return Map.groupBy(workers, ({ key }) => subjectOf(key));
}

async function describeWorkers(ec2: EC2Client, queries: readonly Filter[][]): Promise<Map<string, FoundWorker>> {
  return new Map((await describeInstances(ec2, queries)).flatMap((instance) => asEntry(instance)));
}

function asEntry(instance: Instance): Array<[string, FoundWorker]> {
  const { InstanceId: instanceId = '', ImageId: imageId = '', LaunchTime } = instance;
  const worker = workerOf(instance);
  if (worker === undefined) return [];
  const { cluster, ownership, nodegroup = `${ownership}:*` } = worker;
  const launchedAt = LaunchTime?.getTime() ?? 0;
  return [[instanceId, { instanceId, imageId, launchedAt, ownership, key: { cluster, nodegroup } }]];
}
