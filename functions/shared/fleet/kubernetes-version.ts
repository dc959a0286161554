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
 * The next Kubernetes version of a node group that follows its control plane. It is one minor version up, or the oldest
 * one that EKS supports beside the control plane where that is newer. Undefined where the node group is not behind, or
 * a version cannot be read.
 */
export function nextVersion(nodes: string, controlPlane: string): string | undefined {
  const [from, to] = [minorOf(nodes), minorOf(controlPlane)];
  return from < to ? `1.${Math.max(from + 1, to - supportedSkew(to))}` : undefined;
}
