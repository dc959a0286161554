import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Cluster, EKSClient } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { type ClusterReader, createClusterReader, listClusters } from '../shared/fleet/fleet.ts';
import { readHosts } from '../shared/fleet/hosts.ts';
import { describeInstances, LIVE } from '../shared/fleet/instances.ts';
import { isInScope, isOptedOut } from '../shared/fleet/scope.ts';
import { WORKER_TAGS } from '../shared/fleet/worker.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { groupsOf, type HostGroup, memberOf, otherGroupsOf } from './group-hosts.ts';
import {
  mayHaveOtherNodes,
  NO_OTHER_NODES,
  type OpenCluster,
  type OtherNodes,
  observeOtherNodes,
} from './observe-other-nodes.ts';
import { type FargateProfiles, readFargateProfiles } from './other-hosts.ts';
import type { Policy } from './policy.ts';

export interface ObserveClients {
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly openClusterBy: (readCluster: ClusterReader) => OpenCluster;
}

export interface Observation {
  /** The clusters that could be read, and that are not left alone. */
  readonly watched: ReadonlyArray<Cluster & { readonly name: string }>;
  /** Clusters that could not be read: nothing is known of them for now. */
  readonly unread: ReadonlySet<string>;
  /** The Fargate profiles of the watched clusters. */
  readonly profiles: ReadonlyMap<string, FargateProfiles>;
  /** The nodes of the watched clusters that are no EC2 instances. A cluster is missing while nobody knows of any. */
  readonly otherNodes: ReadonlyMap<string, OtherNodes>;
  /** What the groups of the watched clusters run, by `keyOf`. */
  readonly groups: ReadonlyMap<string, HostGroup>;
  readonly readCluster: ClusterReader;
}

/**
 * Reads all clusters, and what their hosts run: for ten thousand hosts ten pages of instances and ten of AMIs. A
 * cluster that cannot be read is left out: other functions report it, and the next run reads it again.
 *
 * @param now epoch milliseconds
 * @param onTrouble gets what was not expected of one cluster
 */
export async function observe(
  { ec2, eks, openClusterBy }: ObserveClients,
  { policy, account, now }: { readonly policy: Policy; readonly account: string; readonly now: number },
  onTrouble: (error: unknown) => void,
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
  const profiles = await readFargateProfiles(
    eks,
    watched.map(({ name }) => name),
  );
  const answers = watched.map(
    (cluster) => [cluster.name, mayHaveOtherNodes(cluster, profiles.get(cluster.name))] as const,
  );
  const asked = answers.flatMap(([name, may]) => (may === true ? [name] : []));
  const none = answers.flatMap(([name, may]) => (may === false ? [[name, NO_OTHER_NODES] as const] : []));
  const otherNodes = new Map([...none, ...(await observeOtherNodes(openClusterBy(readCluster), asked, onTrouble))]);
  for (const [cluster, reading] of otherNodes)
    if (reading.kind === 'found')
      for (const [key, group] of otherGroupsOf(cluster, reading.nodes)) groups.set(key, group);
  return { watched, unread: new Set(unread), profiles, otherNodes, groups, readCluster };
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
