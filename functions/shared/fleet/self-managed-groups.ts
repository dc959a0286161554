import {
  type AutoScalingClient,
  type AutoScalingGroup,
  type Instance as GroupMember,
  paginateDescribeAutoScalingGroups,
  paginateDescribeWarmPool,
} from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { IAMClient } from '@aws-sdk/client-iam';
import pMap from 'p-map';
import type { NodeGroupKey } from '../ledger/node-group-key.ts';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { chunks } from '../runtime/chunks.ts';
import { describeClusterInstances } from './cluster-instances.ts';
import type { DescribedInstance } from './described-instance.ts';
import { isOfEks } from './eks-group.ts';
import type { ClusterReader } from './fleet.ts';
import { type Identity, identifyWorkers } from './identity.ts';
import { describeInstances, EXISTING, filtersOf } from './instances.ts';
import { isProven, type Owner } from './owners.ts';
import { isOptedOut } from './scope.ts';
import { AUTO_SCALING_GROUP_TAG, isUnmanagedGroupName, tagsOf, unmanagedGroup } from './worker.ts';

/** DescribeAutoScalingGroups takes at most 50 names without MaxRecords. */
const GROUPS_PER_CALL = 50;

/**
 * Reads groups by name. A group that Auto Scaling does not show is missing, and so is one of a name that no group can have:
 * a call with that would fail for all others.
 */
export async function describeGroups(
  autoScaling: AutoScalingClient,
  names: readonly string[],
): Promise<AutoScalingGroup[]> {
  const describe = async (AutoScalingGroupNames: string[]) => {
    const pages = paginateDescribeAutoScalingGroups({ client: autoScaling }, { AutoScalingGroupNames });
    const found: AutoScalingGroup[] = [];
    // A page may hold less than was asked for: a group that is left out by mistake counts as gone.
    for await (const { AutoScalingGroups = [] } of pages) found.push(...AutoScalingGroups);
    return found;
  };
  const asked = names.filter((name) => isUnmanagedGroupName({ kind: 'auto-scaling-group', name }));
  return (await pMap(chunks(asked, GROUPS_PER_CALL), describe, { concurrency: READ_CONCURRENCY })).flat();
}

export interface GroupClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly iam: IAMClient;
}

/** A self-managed Auto Scaling group that has workers, with its owner. */
export interface SelfManagedGroup {
  readonly group: AutoScalingGroup;
  readonly key: NodeGroupKey;
  readonly owner: Owner;
}

export interface GroupReading {
  /** All requested groups, as Auto Scaling shows them, with the instances of their warm pools among the others. */
  readonly described: readonly AutoScalingGroup[];
  /** The errors with which warm pools could not be read, by the name of their group. */
  readonly unreadPools: ReadonlyMap<string, unknown>;
  readonly found: readonly SelfManagedGroup[];
  /** The members of self-managed groups as EC2 shows them, by id. */
  readonly instances: ReadonlyMap<string, DescribedInstance>;
  readonly identities: ReadonlyMap<string, Identity>;
}

/**
 * Reads the self-managed Auto Scaling groups of clusters, and those of the given names. The groups of managed node
 * groups are left out, because EKS operates them.
 *
 * @param groups names of Auto Scaling groups, found by their instances
 * @param more names of groups that are read even where no instance leads to them
 */
export async function readSelfManagedGroups(
  clients: GroupClients,
  readCluster: ClusterReader,
  { clusters, groups }: { readonly clusters: readonly string[]; readonly groups: readonly string[] },
  more: readonly string[] = [],
): Promise<GroupReading> {
  const byGroup = filtersOf(`tag:${AUTO_SCALING_GROUP_TAG}`, groups).map((filter) => [EXISTING, filter]);
  const [ofClusters, ofGroups] = await Promise.all([
    describeClusterInstances(clients.ec2, clusters, { states: EXISTING, operated: false }),
    describeInstances(clients.ec2, byGroup),
  ]);
  const existing = [...ofClusters, ...ofGroups];
  const names = new Set(existing.flatMap((instance) => tagsOf(instance)[AUTO_SCALING_GROUP_TAG] ?? []));
  const unreadPools = new Map<string, unknown>();
  const shown = await describeGroups(clients.autoScaling, [...new Set([...names, ...more])]);
  const described = await pMap(shown, (group) => withPool(clients.autoScaling, group, unreadPools), {
    concurrency: READ_CONCURRENCY,
  });
  const unmanaged = described.filter((group) => !isOfEks(group));
  // Members that the filters did not find count as well, because they share the group's fate.
  const ids = unmanaged.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId = '' }) => InstanceId));
  const members = await describeInstances(
    clients.ec2,
    filtersOf('instance-id', ids).map((filter) => [filter]),
  );
  const instances = new Map(members.map((instance) => [instance.InstanceId ?? '', instance]));
  const identities = await identifyWorkers({ ...clients, onTrouble: 'tell' }, readCluster, [...instances.values()]);
  const found = unmanaged.flatMap((group) => {
    const best = identityOf(group, identities);
    return best === undefined ? [] : [{ group, ...best }];
  });
  return { described, found, instances, identities, unreadPools };
}

/**
 * A group with the instances of its warm pool, which DescribeAutoScalingGroups does not show. Source: Auto Scaling API
 * reference, DescribeWarmPool.
 *
 * @param unread gets the error with which the pool could not be read: one pool stops no other group
 */
async function withPool(
  autoScaling: AutoScalingClient,
  group: AutoScalingGroup,
  unread: Map<string, unknown>,
): Promise<AutoScalingGroup> {
  const { AutoScalingGroupName = '', Instances = [], WarmPoolConfiguration } = group;
  if (WarmPoolConfiguration === undefined || isOfEks(group)) return group;
  const members = new Map<string, GroupMember>();
  try {
    for await (const page of paginateDescribeWarmPool({ client: autoScaling }, { AutoScalingGroupName })) {
      for (const member of page.Instances ?? []) members.set(member.InstanceId ?? '', member);
    }
  } catch (error) {
    unread.set(AutoScalingGroupName, error);
  }
  // An instance that goes from one to the other between the two reads is in both.
  for (const member of Instances) members.delete(member.InstanceId ?? '');
  return { ...group, Instances: [...Instances, ...members.values()] };
}

/** The identity of the group: a proven worker's, where its members' claims differ. */
function identityOf(
  { Instances = [] }: AutoScalingGroup,
  identities: ReadonlyMap<string, Identity>,
): Pick<SelfManagedGroup, 'key' | 'owner'> | undefined {
  const all = Instances.flatMap(({ InstanceId = '' }) => identities.get(InstanceId) ?? []);
  const best = all.find(({ owner }) => isProven(owner) && owner.unreadable === undefined) ?? all[0];
  if (best?.worker.ownership !== 'self-managed' || best.worker.nodegroup === undefined) return undefined;
  const { cluster, nodegroup } = best.worker;
  return { key: { cluster, nodegroup }, owner: best.owner };
}

/** The group's name in Auto Scaling. */
export const groupNameOf = ({ nodegroup }: NodeGroupKey): string => unmanagedGroup(nodegroup)?.name ?? nodegroup;

/**
 * Why a member of a group must not share what is done to the cluster's workers in it; undefined where it is one of
 * them.
 */
export function whyNotOurs(
  instance: DescribedInstance | undefined,
  identity: Identity | undefined,
  cluster: string,
): string | undefined {
  // Auto Scaling still shows an instance for a while after EC2 has stopped showing it.
  if (instance === undefined) return undefined;
  if (isOptedOut(tagsOf(instance))) return 'it opted out by its tag.';
  if (identity === undefined) return 'nothing says that it is a worker.';
  const { owner, worker } = identity;
  if (worker.cluster !== cluster) return `it is of cluster ${worker.cluster}.`;
  // A worker that has just been launched is proven only once it has joined.
  if (instance.State?.Name === 'pending') return undefined;
  return owner.notAWorker ?? owner.onlyClaims;
}
