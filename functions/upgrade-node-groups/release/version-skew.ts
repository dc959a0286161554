import { minorOf, supportedSkew } from '../../shared/fleet/kubernetes-version.ts';
import type { NodeGroupView } from '../model/observation.ts';

export interface SkewFault {
  readonly message: string;
  readonly variant: string;
  /** The Kubernetes version to which the node group, or its control plane, must move. */
  readonly kubernetesVersion: string;
  /** Whether the node group is newer than its control plane. */
  readonly isAhead: boolean;
}

/**
 * Why EKS accepts no update of a node group at its Kubernetes version, and what to do; undefined where EKS accepts one.
 */
export function skewFault({ cluster, version }: NodeGroupView): SkewFault | undefined {
  const [controlPlane, nodes] = [minorOf(cluster.version), minorOf(version)];
  const behind = controlPlane - nodes;
  const variant = `${cluster.version} ${version}`;
  const versions = `The control plane runs Kubernetes ${cluster.version}, the node group ${version}`;
  if (behind < 0) {
    const message = `${versions}. Nodes must not be newer than their control plane. Move the control plane to ${version} first.`;
    return { message, variant, kubernetesVersion: version, isAhead: true };
  }
  const supported = supportedSkew(controlPlane);
  if (!(behind > supported)) return undefined;
  const message = `${versions}. EKS supports a difference of ${supported} minor versions, and accepts no update of the node group at ${version}. Move the node group to Kubernetes ${cluster.version} first, or replace it.`;
  return { message, variant, kubernetesVersion: cluster.version, isAhead: false };
}
