import type { Instance } from '@aws-sdk/client-ec2';

/** Who looks after a worker. EKS Auto Mode's instances belong to AWS: nobody may change them. */
export type Ownership = 'managed' | 'self-managed' | 'karpenter' | 'auto-mode';

/** An EC2 instance as a worker of a cluster. */
export interface Worker {
  readonly cluster: string;
  readonly ownership: Ownership;
  /** Managed node group, or `karpenter:` and the node pool, or `self-managed:` and the Auto Scaling group. */
  readonly nodegroup?: string;
  /**
   * Whether AWS itself says so, by a tag that nobody else can set. Other tags may come from anybody, or from a cluster
   * that is not one of EKS: then whoever acts must see that EKS has the cluster (`readOwners`).
   */
  readonly certain: boolean;
}

const OWNED_BY = 'kubernetes.io/cluster/';

/**
 * Whether an instance is a worker, of which cluster and of what kind, from the tags that EKS, Karpenter and the
 * self-managed bootstrap set; undefined for any other instance. A reconcile-alike (say, only `kubernetes.io/cluster/x` =
 * `shared`, as load balancers and subnets have it, or `eks:cluster-name` without a node group) is none.
 */
export function workerOf(instance: Instance): Worker | undefined {
  const tags = tagsOf(instance);
  const { Operator } = instance;
  const owned = Object.keys(tags).find((key) => key.startsWith(OWNED_BY) && tags[key] === 'owned');
  const group = tags['eks:nodegroup-name'];
  const pool = tags['karpenter.sh/nodepool'];
  const cluster =
    tags['aws:eks:cluster-name'] ??
    (group !== undefined ? tags['eks:cluster-name'] : undefined) ??
    (pool !== undefined ? tags['eks:eks-cluster-name'] : undefined) ??
    owned?.slice(OWNED_BY.length);
  if (cluster === undefined || cluster === '') return undefined;
  const certain = tags['aws:eks:cluster-name'] !== undefined;
  if (Operator?.Managed === true && Operator.Principal === 'eks.amazonaws.com')
    return { cluster, ownership: 'auto-mode', certain };
  if (group !== undefined) return { cluster, ownership: 'managed', nodegroup: group, certain };
  if (pool !== undefined) return { cluster, ownership: 'karpenter', nodegroup: `karpenter:${pool}`, certain };
  const autoScalingGroup = tags['aws:autoscaling:groupName'];
  return {
    cluster,
    ownership: 'self-managed',
    certain,
    ...(autoScalingGroup !== undefined && { nodegroup: `self-managed:${autoScalingGroup}` }),
  };
}

export const tagsOf = ({ Tags = [] }: Pick<Instance, 'Tags'>): Record<string, string> =>
  Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
