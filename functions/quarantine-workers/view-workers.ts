import {
  type Address,
  DescribeAddressesCommand,
  type EC2Client,
  type Filter,
  type Instance,
} from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { describeInstances, filtersByCluster, filtersOf } from '../shared/fleet/instances.ts';
import { type Worker, workerOf } from '../shared/fleet/worker.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import type { Networks } from './exposure.ts';
import type { WorkerView } from './observation.ts';
import { observeNetworks } from './observe-networks.ts';
import type { Quarantine } from './quarantine-ledger.ts';
import { elasticIpsOf, interfacesOf, viewOf } from './worker-view.ts';

/** All workers of the given clusters that are there. */
export function describeClusters(ec2: EC2Client, clusters: readonly string[]): Promise<Instance[]> {
  const present = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };
  const queries = filtersByCluster(clusters).map((filter) => [present, filter]);
  return describeInstances(ec2, queries);
}

/** The workers as they stand, by instance id, and the network around them. */
export async function viewWorkers(
  ec2: EC2Client,
  workers: ReadonlyArray<{ readonly instanceId: string; readonly instance: Instance; readonly worker: Worker }>,
): Promise<{ views: Map<string, WorkerView>; networks: Networks }> {
  const elastic = await readElasticAddresses(
    ec2,
    workers.flatMap(({ instance }) => elasticIpsOf(instance)),
  );
  const places = workers.map(({ instance }) => ({
    vpcId: instance.VpcId ?? '',
    interfaces: interfacesOf(instance, elastic),
  }));
  const networks = await observeNetworks(ec2, places);
  const views = workers.map(({ instanceId, instance, worker }, index): [string, WorkerView] => [
    instanceId,
    viewOf(instance, worker, places[index]?.interfaces ?? [], networks),
  ]);
  return { views: new Map(views), networks };
}

/**
 * One worker as it stands now; undefined when EC2 shows it no more.
 *
 * @param known whose it was when its quarantine began: it stays that, whatever becomes of its tags
 */
export async function viewAgain(
  ec2: EC2Client,
  instanceId: string,
  known: Pick<Quarantine, 'cluster' | 'nodegroup'>,
): Promise<WorkerView | undefined> {
  const [instance] = await describeInstances(ec2, [filtersOf('instance-id', [instanceId])]);
  if (instance === undefined) return undefined;
  const worker = workerIn(instance, known);
  return (await viewWorkers(ec2, [{ instanceId, instance, worker }])).views.get(instanceId);
}

/** An instance in quarantine as a worker, also when somebody has taken off the tags by which it was known as one. */
export const workerIn = (
  instance: Instance,
  { cluster, nodegroup }: Pick<Quarantine, 'cluster' | 'nodegroup'>,
): Worker =>
  workerOf(instance) ?? {
    cluster,
    ownership: 'self-managed',
    ...(nodegroup !== undefined && { nodegroup }),
    certain: false,
  };

async function readElasticAddresses(ec2: EC2Client, publicIps: readonly string[]): Promise<Map<string, Address>> {
  const read = async (filter: Filter) =>
    (await ec2.send(new DescribeAddressesCommand({ Filters: [filter] }))).Addresses;
  const pages = await pMap(filtersOf('public-ip', [...new Set(publicIps)]), read, { concurrency: READ_CONCURRENCY });
  return new Map(pages.flatMap((addresses = []) => addresses).map((address) => [address.PublicIp ?? '', address]));
}
