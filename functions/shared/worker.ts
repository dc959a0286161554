import type { Instance } from '@aws-sdk/client-ec2';

/** Who looks after a worker. EKS Auto Mode's instances belong to AWS: nobody may change them. */
export type Ownership = 'managed' | 'self-managed' | 'karpenter' | 'auto-mode';

/** An EC2 instance as a worker of a cluster. */
export interface Worker {
  readonly cluster: string;
  readonly ownership: Ownership;
  /** Managed node group, or `karpenter:` and the node pool, or `self-managed:` and the Auto Scaling group. */
  readonly nodegroup?: string;
}

const OWNED_BY = 'kubernetes.io/cluster/';

/**
 * Whether an instance is a worker, of which cluster and of what kind, from the tags that EKS, Karpenter and the
 * self-managed bootstrap set; undefined for any other instance. A look-alike (say, only `kubernetes.io/cluster/x` =
 * `shared`, as load balancers and subnets have it) is none.
 */
export function workerOf(instance: Instance): Worker | undefined {
  const tags = tagsOf(instance);
  const { Operator } = instance;
  const owned = Object.keys(tags).find((key) => key.startsWith(OWNED_BY) && tags[key] === 'owned');
  const cluster =
    tags['aws:eks:cluster-name'] ??
    tags['eks:cluster-name'] ??
    tags['eks:eks-cluster-name'] ??
    owned?.slice(OWNED_BY.length);
  if (cluster === undefined || cluster === '') return undefined;
  if (Operator?.Managed === true && Operator.Principal === 'eks.amazonaws.com')
    return { cluster, ownership: 'auto-mode' };
  const group = tags['eks:nodegroup-name'];
  if (group !== undefined) return { cluster, ownership: 'managed', nodegroup: group };
  const pool = tags['karpenter.sh/nodepool'];
  if (pool !== undefined) return { cluster, ownership: 'karpenter', nodegroup: `karpenter:${pool}` };
  const autoScalingGroup = tags['aws:autoscaling:groupName'];
  return {
    cluster,
    ownership: 'self-managed',
    ...(autoScalingGroup !== undefined && { nodegroup: `self-managed:${autoScalingGroup}` }),
  };
}

export const tagsOf = ({ Tags = [] }: Pick<Instance, 'Tags'>): Record<string, string> =>
  Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
