/**
 * The minor number of a Kubernetes version such as `1.33`. Other texts give NaN, which makes every comparison false.
 */
export const minorOf = (version: string): number => Number(/^1\.(\d+)$/.exec(version)?.[1] ?? Number.NaN);

/**
 * How many minor versions a kubelet may be older than its API server: three from 1.28 on, two before (Kubernetes
 * version skew policy).
 */
export const supportedSkew = (controlPlaneMinor: number): number => (controlPlaneMinor >= 28 ? 3 : 2);

/**
 * Whether nodes of a Kubernetes version are further behind their control plane than is supported, so that EKS accepts no
 * update of their node group at that version. False where a version cannot be read.
 */
export function exceedsSkew(nodes: string, controlPlane: string): boolean {
  const newest = minorOf(controlPlane);
  return newest - minorOf(nodes) > supportedSkew(newest);
}

/**
 * The next Kubernetes version of a node group that follows its control plane: that of the control plane, however many
 * minor versions lie between. EKS updates a node group to no other one ("Nodegroup Kubernetes version should be equal to
 * Cluster kubernetes version … or NodeGroup kubernetes version …", aws-controllers-k8s/community#2957; EKS API
 * reference, UpdateNodegroupVersion). Undefined where the node group is not behind, or a version cannot be read.
 */
export const nextVersion = (nodes: string, controlPlane: string): string | undefined =>
  minorOf(nodes) < minorOf(controlPlane) ? controlPlane : undefined;
