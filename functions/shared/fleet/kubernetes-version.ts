/** The minor number of a Kubernetes version such as `1.33`; NaN where there is none, with which every comparison is false. */
export const minorOf = (version: string): number => Number(/^1\.(\d+)$/.exec(version)?.[1] ?? Number.NaN);

/**
 * How many minor versions a kubelet may be older than its API server: three from 1.28 on, two before (Kubernetes version
 * skew policy).
 */
export const supportedSkew = (controlPlaneMinor: number): number => (controlPlaneMinor >= 28 ? 3 : 2);

/**
 * The Kubernetes version to which a node group follows its control plane next: one minor version at a time, but at once to the
 * oldest one that EKS supports beside the control plane. Undefined where it is not behind, or a version cannot be told.
 */
export function nextVersion(nodes: string, controlPlane: string): string | undefined {
  const [from, to] = [minorOf(nodes), minorOf(controlPlane)];
  return from < to ? `1.${Math.max(from + 1, to - supportedSkew(to))}` : undefined;
}
