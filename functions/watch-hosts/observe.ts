import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Cluster, EKSClient } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { type ClusterReader, createClusterReader, listClusters } from '../shared/fleet/fleet.ts';
import { readHosts } from '../shared/fleet/hosts.ts';
import { describeInstances, LIVE } from '../shared/fleet/instances.ts';
import { isInScope, isOptedOut } from '../shared/fleet/scope.ts';
import { WORKER_TAGS } from '../shared/fleet/worker.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { groupsOf, type HostGroup, memberOf } from './group-hosts.ts';
import type { Policy } from './policy.ts';

export interface ObserveClients {
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
}

export interface Observation {
  /** The names of all clusters. */
  readonly names: ReadonlySet<string>;
  /** The clusters that could be read, and that are not left alone. */
  readonly watched: ReadonlyArray<Cluster & { readonly name: string }>;
  /** Clusters that could not be read: nothing is known of them for now. */
  readonly unread: ReadonlySet<string>;
  /** What the groups of the watched clusters run, by `keyOf`. */
  readonly groups: ReadonlyMap<string, HostGroup>;
  readonly readCluster: ClusterReader;
}

/**
 * Reads all clusters, and what their hosts run: for ten thousand hosts ten pages of instances and ten of AMIs. A
 * cluster that cannot be read is left out: other functions report it, and the next run reads it again.
 *
 * @param now epoch milliseconds
 */
export async function observe(
  { ec2, eks }: ObserveClients,
  { policy, account, now }: { readonly policy: Policy; readonly account: string; readonly now: number },
): Promise<Observation> {
  const names = await listClusters(eks);
  const readCluster = createClusterReader(eks, 'tell');
  const readings = await pMap(names, readCluster, { concurrency: READ_CONCURRENCY });
  const unread = names.filter((_, index) => readings[index]?.kind === 'unreadable');
  const watched = readings.flatMap((reading) => {
    const { name = '', tags = {} } = reading.kind === 'found' ? reading.found : {};
    const isWatched = name !== '' && !isOptedOut(tags) && isInScope(policy.scope, account, name);
    return reading.kind === 'found' && isWatched ? [{ ...reading.found, name }] : [];
  });
  const groups = watched.length === 0 ? new Map<string, HostGroup>() : await readGroups(ec2, watched, now);
  return { names: new Set(names), watched, unread: new Set(unread), groups, readCluster };
}

async function readGroups(
  ec2: EC2Client,
  watched: Observation['watched'],
  now: number,
): Promise<Map<string, HostGroup>> {
  const instances = await describeInstances(ec2, [[LIVE, { Name: 'tag-key', Values: [...WORKER_TAGS] }]]);
  const hosts = await readHosts(ec2, instances, now);
  const clusters = new Set(watched.map(({ name }) => name));
  const members = instances.flatMap((instance) => memberOf(instance, hosts.get(instance.InstanceId ?? '')) ?? []);
  return groupsOf(members.filter(({ cluster }) => clusters.has(cluster)));
}
