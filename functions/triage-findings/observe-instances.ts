import { type EC2Client, type Filter, type Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../shared/aws-client.ts';
import { chunks } from '../shared/chunks.ts';
import { type NodeGroupKey, subjectOf } from '../shared/node-group-ledger.ts';
import { type Worker, workerOf } from '../shared/worker.ts';

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

/** A filter takes at most 200 values. */
const VALUES_PER_FILTER = 200;

/** The workers among these instances: one call for two hundred. What is no worker, or is gone, is left out. */
export async function findWorkers(ec2: EC2Client, instanceIds: Iterable<string>): Promise<Map<string, FoundWorker>> {
  const filters = chunks([...new Set(instanceIds)], VALUES_PER_FILTER).map((Values) => [
    { Name: 'instance-id', Values },
  ]);
  return describeWorkers(ec2, filters);
}

/** The running workers of managed node groups, by subject. */
export async function listWorkers(
  ec2: EC2Client,
  nodeGroups: readonly NodeGroupKey[],
): Promise<Map<string, FoundWorker[]>> {
  // Two filters are joined by AND, their values by OR: more than asked for may come, and is left out.
  const filters = chunks(nodeGroups, VALUES_PER_FILTER).map((keys) => [
    { Name: 'tag:eks:cluster-name', Values: [...new Set(keys.map(({ cluster }) => cluster))] },
    { Name: 'tag:eks:nodegroup-name', Values: [...new Set(keys.map(({ nodegroup }) => nodegroup))] },
    { Name: 'instance-state-name', Values: ['running'] },
  ]);
  const wanted = new Set(nodeGroups.map(subjectOf));
  const workers = [...(await describeWorkers(ec2, filters)).values()].filter(({ key }) => wanted.has(subjectOf(key)));
  return Map.groupBy(workers, ({ key }) => subjectOf(key));
}

async function describeWorkers(ec2: EC2Client, filters: readonly Filter[][]): Promise<Map<string, FoundWorker>> {
  const described = await pMap(filters, (Filters) => describeInstances(ec2, Filters), {
    concurrency: READ_CONCURRENCY,
  });
  return new Map(described.flat().flatMap((instance) => asEntry(instance)));
}

async function describeInstances(ec2: EC2Client, Filters: Filter[]): Promise<Instance[]> {
  const instances: Instance[] = [];
  const pages = paginateDescribeInstances({ client: ec2, pageSize: 1000 }, { Filters, IncludeManagedResources: true });
  for await (const page of pages) instances.push(...(page.Reservations ?? []).flatMap((each) => each.Instances ?? []));
  return instances;
}

function asEntry(instance: Instance): Array<[string, FoundWorker]> {
  const { InstanceId: instanceId = '', ImageId: imageId = '', LaunchTime } = instance;
  const worker = workerOf(instance);
  if (worker === undefined) return [];
  const { cluster, ownership, nodegroup = `${ownership}:*` } = worker;
  const launchedAt = LaunchTime?.getTime() ?? 0;
  return [[instanceId, { instanceId, imageId, launchedAt, ownership, key: { cluster, nodegroup } }]];
}
