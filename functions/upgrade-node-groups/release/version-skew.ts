import { exceedsSkew, minorOf, supportedSkew } from '../../shared/fleet/kubernetes-version.ts';
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
  const variant = `${cluster.version} ${version}`;
  const versions = `The control plane runs Kubernetes ${cluster.version}, the node group ${version}`;
  if (minorOf(version) > minorOf(cluster.version)) {
    const message = `${versions}. Nodes must not be newer than their control plane. Move the control plane to ${version} first.`;
    return { message, variant, kubernetesVersion: version, isAhead: true };
  }
  if (!exceedsSkew(version, cluster.version)) return undefined;
  const message = `${versions}. EKS supports a difference of ${supportedSkew(minorOf(cluster.version))} minor versions, and accepts no update of the node group at ${version}. Move the node group to Kubernetes ${cluster.version} first, or replace it.`;
  return { message, variant, kubernetesVersion: cluster.version, isAhead: false };
}
