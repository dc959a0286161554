import type { NodeGroupView } from './observation.ts';

/**
 * How many minor versions a kubelet may be older than its API server: three from 1.28 on, two before (version skew
 * policy).
 */
const supportedSkew = (controlPlane: number): number => (controlPlane >= 28 ? 3 : 2);

export interface SkewFault {
  readonly message: string;
  readonly variant: string;
  /** The Kubernetes version that whoever is to be moved must have at least. */
  readonly kubernetesVersion: string;
}

/** Why EKS accepts no update of a node group at its Kubernetes version, and what to do; undefined where it does. */
export function skewFault({ cluster, version }: NodeGroupView): SkewFault | undefined {
  const [controlPlane, nodes] = [minorOf(cluster.version), minorOf(version)];
  const behind = controlPlane - nodes;
  const variant = `${cluster.version} ${version}`;
  const versions = `The control plane runs Kubernetes ${cluster.version}, the node group ${version}`;
  if (behind < 0) {
    const message = `${versions}. Nodes must not be newer than their control plane. Move the control plane to ${version} first.`;
    return { message, variant, kubernetesVersion: version };
  }
  const supported = supportedSkew(controlPlane);
  if (!(behind > supported)) return undefined;
  const kubernetesVersion = `1.${controlPlane - supported}`;
  const message = `${versions}. EKS supports a difference of ${supported} minor versions, and accepts no update of the node group at ${version}. Move the node group to Kubernetes ${kubernetesVersion} or newer first, or replace it.`;
  return { message, variant, kubernetesVersion };
}

/** NaN where there is none, with which every comparison is false. */
const minorOf = (version: string): number => Number(/^1\.(\d+)$/.exec(version)?.[1] ?? Number.NaN);
