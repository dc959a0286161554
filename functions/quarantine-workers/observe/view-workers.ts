import type { EC2Client, Filter } from '@aws-sdk/client-ec2';
import { describeClusterInstances } from '../../shared/fleet/cluster-instances.ts';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import { describeInstances, EXISTING, filtersOf } from '../../shared/fleet/instances.ts';
import { type Worker, workerOf } from '../../shared/fleet/worker.ts';
import type { Networks } from '../exposure/exposure.ts';
import type { WorkerView } from '../model/observation.ts';
import type { Quarantine } from '../model/quarantine-ledger.ts';
import { interfacesOf, isTrunk, viewOf } from '../model/worker-view.ts';
import { type NetworkReader, networkReader } from './network-reader.ts';
import { type Interfaces, observeInterfaces } from './observe-interfaces.ts';
import { observeNetworks } from './observe-networks.ts';

/** All existing workers of the given clusters. */
export const describeClusters = (ec2: EC2Client, clusters: readonly string[]): Promise<DescribedInstance[]> =>
  describeClusterInstances(ec2, clusters, { states: EXISTING, operated: true });

/** All existing instances that match any of the filters. */
export function describePresent(ec2: EC2Client, filters: readonly Filter[]): Promise<DescribedInstance[]> {
  return describeInstances(
    ec2,
    filters.map((filter) => [EXISTING, filter]),
  );
}

/**
 * The workers by instance id, and the network around them.
 *
 * @param read the reader of the reconcile; by default everything is read anew
 */
export async function viewWorkers(
  ec2: EC2Client,
  workers: ReadonlyArray<{
    readonly instanceId: string;
    readonly instance: DescribedInstance;
    readonly worker: Worker;
    readonly inQuarantine?: boolean;
  }>,
  read: NetworkReader = networkReader(ec2),
): Promise<{ views: Map<string, WorkerView>; networks: Networks }> {
  const instances = workers.map(({ instance }) => instance);
  const placesOf = ({ details, branches }: Partial<Interfaces>) =>
    workers.map(({ instance, inQuarantine = false }) => ({
      vpcId: instance.VpcId ?? '',
      inQuarantine,
      interfaces: interfacesOf(instance, details, branches?.get(instance.InstanceId ?? '')),
    }));
  const reading = observeInterfaces(ec2, instances);
  // Subnets and groups are those of the interfaces, so only pod interfaces must be read before.
  const hasTrunk = instances.some(({ NetworkInterfaces = [] }) => NetworkInterfaces.some(isTrunk));
  const [interfaces, networks] = await Promise.all([
    reading,
    observeNetworks(read, placesOf(hasTrunk ? await reading : {})),
  ]);
  const places = placesOf(interfaces);
  const views = workers.map(({ instanceId, instance, worker }, index): [string, WorkerView] => [
    instanceId,
    viewOf(instance, worker, places[index]?.interfaces ?? [], networks),
  ]);
  return { views: new Map(views), networks };
}

/**
 * Reads one worker again.
 *
 * @param known its cluster and node group when the quarantine began, which hold whatever becomes of its tags
 * @returns undefined when EC2 no longer shows the worker
 */
export async function viewAgain(
  ec2: EC2Client,
  instanceId: string,
  known: Pick<Quarantine, 'cluster' | 'nodegroup'>,
): Promise<WorkerView | undefined> {
  const [instance] = await describeInstances(ec2, [filtersOf('instance-id', [instanceId])]);
  if (instance === undefined) return undefined;
  const worker = workerIn(instance, known);
  return (await viewWorkers(ec2, [{ instanceId, instance, worker, inQuarantine: true }])).views.get(instanceId);
}

/** An instance in quarantine as a worker of the cluster and node group at the beginning, whatever its tags say now. */
export const workerIn = (
  instance: DescribedInstance,
  { cluster, nodegroup }: Pick<Quarantine, 'cluster' | 'nodegroup'>,
): Worker => ({
  cluster,
  ownership: workerOf(instance)?.ownership ?? 'self-managed',
  ...(nodegroup !== undefined && { nodegroup }),
  certain: true,
});
