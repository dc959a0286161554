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
import type { NodeGroupKey } from '../ledger/node-group-ledger.ts';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';

/** The names of all clusters of the account and region. */
export async function listClusters(eks: EKSClient): Promise<string[]> {
  const names: string[] = [];
  for await (const page of paginateListClusters({ client: eks }, {})) names.push(...(page.clusters ?? []));
  return names;
}

/** The managed node groups of some clusters, and why AWS would not tell those of others: by cluster, `Code: message`. */
export interface NodeGroupList {
  readonly nodeGroups: readonly NodeGroupKey[];
  readonly unreadable: ReadonlyMap<string, string>;
}

/** The managed node groups of the given clusters; a cluster that has just been deleted has none. */
export async function listNodeGroups(eks: EKSClient, clusters: readonly string[]): Promise<NodeGroupList> {
  const list = async (cluster: string): Promise<[string, Reading<NodeGroupKey[]>]> => [
    cluster,
    await read(() => listOfCluster(eks, cluster)),
  ];
  const perCluster = await pMap(clusters, list, { concurrency: READ_CONCURRENCY });
  return {
    nodeGroups: perCluster.flatMap(([, reading]) => (reading.kind === 'found' ? reading.found : [])),
    unreadable: new Map(
      perCluster.flatMap(([cluster, reading]) => (reading.kind === 'unreadable' ? [[cluster, reading.error]] : [])),
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

/** What a read of one cluster or node group gave: the thing, that it is gone, or why AWS would not tell. */
export type Reading<T> =
  | { readonly kind: 'found'; readonly found: T }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly error: string };

export const describeNodeGroup = (eks: EKSClient, { cluster, nodegroup }: NodeGroupKey): Promise<Reading<Nodegroup>> =>
  read(async () => {
    const input = { clusterName: cluster, nodegroupName: nodegroup };
    return (await eks.send(new DescribeNodegroupCommand(input))).nodegroup;
  });

/** Reads clusters, each once: make one for each reconcile, so that a reconcile sees one state and pays for it once. */
export type ClusterReader = (name: string) => Promise<Reading<Cluster>>;

export function createClusterReader(eks: EKSClient): ClusterReader {
  const readings = new Map<string, Promise<Reading<Cluster>>>();
  return (name) => {
    const known = readings.get(name);
    if (known !== undefined) return known;
    const reading = read(async () => (await eks.send(new DescribeClusterCommand({ name }))).cluster);
    readings.set(name, reading);
    return reading;
  };
}

/** Errors of the caller about one subject are part of the picture; everything else (throttling, 5xx) is thrown. */
async function read<T>(describe: () => Promise<T | undefined>): Promise<Reading<T>> {
  try {
    const found = await describe();
    return found === undefined ? { kind: 'gone' } : { kind: 'found', found };
  } catch (error) {
    if (isGone(error)) return { kind: 'gone' };
    if (isNamed(error) && REFUSALS.has(error.name)) {
      return { kind: 'unreadable', error: `${error.name}: ${error.message}` };
    }
    throw error;
  }
}

const REFUSALS = new Set(['AccessDeniedException', 'ClientException', 'InvalidParameterException']);

const isNamed = (error: unknown): error is Error => error instanceof Error;

const isGone = (error: unknown): boolean => isNamed(error) && error.name === 'ResourceNotFoundException';
