import {
  type Cluster,
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  type EKSClient,
  type Nodegroup,
  paginateListClusters,
  paginateListNodegroups,
} from '@aws-sdk/client-eks';
import pMap from 'p-map';
import type { NodeGroupKey } from '../ledger/node-group-key.ts';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { once } from '../runtime/once.ts';
import { type OnTrouble, type Reading, read, type Unreadable } from './reading.ts';

export type { Reading, Unreadable } from './reading.ts';

/** The names of all clusters of the account and region. */
export async function listClusters(eks: EKSClient): Promise<string[]> {
  const names: string[] = [];
  for await (const page of paginateListClusters({ client: eks }, {})) names.push(...(page.clusters ?? []));
  return names;
}

/** The managed node groups of some clusters, and why those of other clusters could not be read, by cluster. */
export interface NodeGroupList {
  readonly nodeGroups: readonly NodeGroupKey[];
  readonly unreadable: ReadonlyMap<string, Unreadable>;
}

/** Lists the managed node groups of the given clusters. A cluster that has just been deleted has none. */
export async function listNodeGroups(eks: EKSClient, clusters: readonly string[]): Promise<NodeGroupList> {
  const list = async (cluster: string): Promise<[string, Reading<NodeGroupKey[]>]> => [
    cluster,
    await read(() => listOfCluster(eks, cluster), 'tell'),
  ];
  const perCluster = await pMap(clusters, list, { concurrency: READ_CONCURRENCY });
  return {
    nodeGroups: perCluster.flatMap(([, reading]) => (reading.kind === 'found' ? reading.found : [])),
    unreadable: new Map(
      perCluster.flatMap(([cluster, reading]) => (reading.kind === 'unreadable' ? [[cluster, reading]] : [])),
    ),
  };
}

async function listOfCluster(eks: EKSClient, cluster: string): Promise<NodeGroupKey[]> {
  const keys: NodeGroupKey[] = [];
  for await (const page of paginateListNodegroups({ client: eks }, { clusterName: cluster })) {
    keys.push(...(page.nodegroups ?? []).map((nodegroup) => ({ cluster, nodegroup })));
  }
  return keys;
}

/** @param onTrouble what to do with a failure that may pass by itself */
export const describeNodeGroup = (
  eks: EKSClient,
  { cluster, nodegroup }: NodeGroupKey,
  onTrouble: OnTrouble = 'throw',
): Promise<Reading<Nodegroup>> =>
  read(async () => {
    const input = { clusterName: cluster, nodegroupName: nodegroup };
    return (await eks.send(new DescribeNodegroupCommand(input))).nodegroup;
  }, onTrouble);

/**
 * Reads clusters, each once. Each reconcile creates its own reader, so that it sees one consistent state and pays for
 * each read once.
 */
export type ClusterReader = (name: string) => Promise<Reading<Cluster>>;

export const createClusterReader = (eks: EKSClient, onTrouble: OnTrouble = 'throw'): ClusterReader =>
  once((name: string) => read(async () => (await eks.send(new DescribeClusterCommand({ name }))).cluster, onTrouble));
