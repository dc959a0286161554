import type { DescribedInstance } from './described-instance.ts';

/** Who manages a worker. Instances of EKS Auto Mode belong to AWS: nobody else may change them. */
export type Ownership = 'managed' | 'self-managed' | 'karpenter' | 'auto-mode';

/** Who owns a worker: who manages it, or nobody. A `stray` is in no Auto Scaling group and in no node pool. */
export type Owner = Ownership | 'stray';

/** An EC2 instance as a worker of a cluster, by the claims of its tags. */
export interface Worker {
  readonly cluster: string;
  readonly ownership: Ownership;
  /** Managed node group, or `karpenter:` and the node pool, or `self-managed:` and the Auto Scaling group. */
  readonly nodegroup?: string;
  /**
   * Whether a tag that only AWS can set names the cluster. Anybody may set other tags, so a claim must be proven
   * (`identifyWorkers`) before anything is done.
   */
  readonly certain: boolean;
}

/** A worker with its instance, as EC2 describes it. */
export interface DescribedWorker extends Worker {
  /** EC2's instance state, such as `running`. */
  readonly instanceState: string;
  /** Epoch milliseconds. */
  readonly launchedAt: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** Tag keys of instances that may be workers. */
export const WORKER_TAGS: readonly string[] = [
  'aws:eks:cluster-name',
  'eks:cluster-name',
  'eks:eks-cluster-name',
  'kubernetes.io/cluster/*',
];

/** Only EKS sets this tag, on instances that have joined a cluster. */
export const MEMBER_OF = 'aws:eks:cluster-name';
/** Only Auto Scaling sets this tag, on the instances of a group. */
export const AUTO_SCALING_GROUP_TAG = 'aws:autoscaling:groupName';
/** Followed by the name of a cluster: the key of the tag that node groups, Karpenter and bootstraps set. */
export const OWNED_BY = 'kubernetes.io/cluster/';
const SELF_MANAGED = 'self-managed:';
const KARPENTER = 'karpenter:';

/**
 * The worker that an instance claims to be, by the tags that EKS, Karpenter and the self-managed bootstrap set;
 * undefined for other instances. Similar tags do not count, such as `kubernetes.io/cluster/x` = `shared`, which load
 * balancers and subnets have, or `eks:cluster-name` without a node group.
 */
export function workerOf(instance: DescribedInstance): Worker | undefined {
  const tags = tagsOf(instance);
  const [cluster] = claimedClusters(tags);
  return cluster === undefined ? undefined : workerIn(cluster, instance, tags);
}

/**
 * Who owns an instance as a worker; undefined for an instance that is none. Instances of managed node groups, too, are
 * in an Auto Scaling group. An instance that is detached from its group loses Auto Scaling's tag and keeps all others
 * (EC2 Auto Scaling user guide, "Tag Auto Scaling groups and instances").
 */
export function ownerOf(instance: DescribedInstance): Owner | undefined {
  const ownership = workerOf(instance)?.ownership;
  const isInGroup = tagsOf(instance)[AUTO_SCALING_GROUP_TAG] !== undefined;
  return (ownership === 'managed' || ownership === 'self-managed') && !isInGroup ? 'stray' : ownership;
}

/**
 * Every worker that an instance claims to be: one for each cluster that its tags name. AWS's own tag leaves only one.
 */
export function claimsOf(instance: DescribedInstance): Worker[] {
  const tags = tagsOf(instance);
  return claimedClusters(tags).map((cluster) => workerIn(cluster, instance, tags));
}

/** The clusters that the tags name, the strongest claim first. */
function claimedClusters(tags: Readonly<Record<string, string>>): string[] {
  const certain = tags[MEMBER_OF];
  if (certain !== undefined && certain !== '') return [certain];
  const owners = Object.keys(tags).filter((key) => key.startsWith(OWNED_BY) && tags[key] === 'owned');
  const named = [
    tags['eks:nodegroup-name'] === undefined ? undefined : tags['eks:cluster-name'],
    tags['karpenter.sh/nodepool'] === undefined ? undefined : tags['eks:eks-cluster-name'],
    ...owners.map((key) => key.slice(OWNED_BY.length)),
  ];
  return [...new Set(named.filter((name) => name !== undefined && name !== ''))] as string[];
}

function workerIn(cluster: string, { Operator }: DescribedInstance, tags: Readonly<Record<string, string>>): Worker {
  const certain = tags[MEMBER_OF] === cluster;
  if (Operator?.Managed === true && Operator.Principal === 'eks.amazonaws.com')
    return { cluster, ownership: 'auto-mode', certain };
  const group = certain ? managedGroupIn(tags) : tags['eks:nodegroup-name'];
  if (group !== undefined && isNodeGroupName(group))
    return { cluster, ownership: 'managed', nodegroup: group, certain };
  return { cluster, ...groupOf(tags), certain };
}

/**
 * The managed node group of a worker that has joined. Auto Scaling's own tag takes precedence over EKS's, which anybody
 * may set or remove: the worker would count for another group, and be missing in its own. EKS names the Auto Scaling
 * groups of older node groups `eks-UUID`, without their names (aws/containers-roadmap, issue 1304).
 */
function managedGroupIn(tags: Readonly<Record<string, string>>): string | undefined {
  const autoScalingGroup = tags[AUTO_SCALING_GROUP_TAG];
  const mayBeManaged = autoScalingGroup === undefined || autoScalingGroup.startsWith('eks-');
  return nodeGroupOf(autoScalingGroup) ?? (mayBeManaged ? tags['eks:nodegroup-name'] : undefined);
}

/**
 * The format of EKS's names for the Auto Scaling groups of its node groups, with a UUID at the end. A match only says
 * where to look; the node group itself is the proof.
 */
const EKS_GROUP = /^eks-(.+)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The managed node group that the name of an Auto Scaling group suggests. */
export const nodeGroupOf = (autoScalingGroup: string | undefined): string | undefined =>
  EKS_GROUP.exec(autoScalingGroup ?? '')?.[1];

/**
 * Whether AWS's own tags support that an instance is the worker it claims to be: it has joined the cluster, or its Auto
 * Scaling group is named like those of its node group. This suffices for reading and counting. Before anything is done,
 * `identifyWorkers` must prove the claim.
 */
export function isBorneOut(
  { certain, ownership, nodegroup }: Worker,
  instance: Pick<DescribedInstance, 'Tags'>,
): boolean {
  if (certain || ownership === 'auto-mode') return true;
  return ownership === 'managed' && nodeGroupOf(tagsOf(instance)[AUTO_SCALING_GROUP_TAG]) === nodegroup;
}

/**
 * The group of a worker outside of managed node groups. Auto Scaling's own tag, which nobody can forge, takes
 * precedence over Karpenter's.
 */
export function groupOf(tags: Readonly<Record<string, string>>): Pick<Worker, 'ownership' | 'nodegroup'> {
  const autoScalingGroup = tags[AUTO_SCALING_GROUP_TAG];
  if (autoScalingGroup !== undefined) {
    return { ownership: 'self-managed', nodegroup: `${SELF_MANAGED}${autoScalingGroup}` };
  }
  const pool = tags['karpenter.sh/nodepool'];
  if (pool === undefined) return { ownership: 'self-managed' };
  return { ownership: 'karpenter', ...(isObjectName(pool) && { nodegroup: `${KARPENTER}${pool}` }) };
}

/**
 * A name that a node pool may have: a DNS subdomain name that is the value of a label as well, of 63 characters at most
 * (Kubernetes, "Object Names and IDs" and "Labels and Selectors"). Another one is not from Karpenter: whoever may set tags
 * would have records, commands and keys of the ledger say anything, at any length.
 */
const OBJECT_NAME = /^[a-z0-9][a-z0-9.-]{0,62}$/;

/** Whether a node pool, or an EC2NodeClass, whose name is the value of a label as well, may have this name. */
export const isObjectName = (name: string): boolean => OBJECT_NAME.test(name);

/** The group of a node pool's nodes. */
export const groupOfPool = (name: string): string => `${KARPENTER}${name}`;

/** The format of names that EKS accepts for node groups. Another name is never sent to EKS, and is no node group's. */
export const isNodeGroupName = (name: string): boolean => /^[0-9A-Za-z][0-9A-Za-z_-]{0,62}$/.test(name);

/** An Auto Scaling group or a node pool. */
export interface UnmanagedGroup {
  readonly kind: 'auto-scaling-group' | 'node-pool';
  readonly name: string;
}

/**
 * Whether such a group may have this name. Auto Scaling refuses a call with a name that is too long, together with all
 * other groups that are asked for. Source: Auto Scaling API reference, DescribeAutoScalingGroups, `AutoScalingGroupNames`.
 */
export const isUnmanagedGroupName = ({ kind, name }: UnmanagedGroup): boolean =>
  kind === 'node-pool' ? isObjectName(name) : name.length >= 1 && name.length <= 255;

/** The Auto Scaling group or node pool that a group's name stands for; undefined for a managed node group. */
export function unmanagedGroup(nodegroup: string): UnmanagedGroup | undefined {
  if (nodegroup.startsWith(SELF_MANAGED)) {
    return { kind: 'auto-scaling-group', name: nodegroup.slice(SELF_MANAGED.length) };
  }
  return nodegroup.startsWith(KARPENTER) ? { kind: 'node-pool', name: nodegroup.slice(KARPENTER.length) } : undefined;
}

export const tagsOf = ({ Tags = [] }: Pick<DescribedInstance, 'Tags'>): Record<string, string> =>
  Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
