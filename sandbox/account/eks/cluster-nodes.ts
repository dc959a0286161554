import type { Instance, Instances } from '../ec2/instances.ts';
import type { Kubelets } from './kubelets.ts';

/** A node as a cluster's Kubernetes API shows it. */
export interface ClusterNode {
  /** The private DNS name, or in EKS Auto Mode the instance id. */
  readonly name: string;
  readonly instanceId: string;
  /** A value such as `aws:///eu-central-1a/i-0123456789abcdef0`. */
  readonly providerId: string;
  /** A value such as `Amazon Linux 2023.8.20250715`. */
  readonly osImage: string;
  readonly operatingSystem: 'linux' | 'windows';
  readonly architecture: 'amd64' | 'arm64';
  /** A value such as `v1.33.0-eks-1a2b3c4`. */
  readonly kubeletVersion: string;
  readonly internalIp: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The taint that it joins with, if any. */
  readonly taint?: { readonly key: string; readonly value: string; readonly effect: string };
  readonly ready: boolean;
  /**
   * Since when the control plane has not heard from its kubelet, epoch ms, so that the node is not ready; absent: it
   * does hear from it.
   */
  readonly unheardSince?: number;
  /** Whether its instance is stopped. */
  readonly isShutDown?: true;
  /** Whether it is being drained. */
  readonly unschedulable: boolean;
  /** Epoch ms. */
  readonly createdAt: number;
}

/** The current nodes of a cluster, by name: joined, and not yet gone. */
export function clusterNodes(instances: Instances, kubelets: Kubelets, clusterName: string): ClusterNode[] {
  return instances
    .list()
    .filter(
      ({ kubernetes, node }) => kubernetes?.clusterName === clusterName && (node === 'Ready' || node === 'Draining'),
    )
    .map((instance) => clusterNode(instance, kubelets.unheardSince(instance)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function clusterNode(instance: Instance, unheardSince: number | undefined): ClusterNode {
  const { id, availabilityZone, kubernetes, operator } = instance;
  const name = operator === undefined ? instance.privateDnsName : id;
  const architecture = instance.architecture === 'arm64' ? 'arm64' : 'amd64';
  const operatingSystem = instance.windows ? 'windows' : 'linux';
  return {
    name,
    instanceId: id,
    providerId: `aws:///${availabilityZone}/${id}`,
    osImage: instance.osImage,
    operatingSystem,
    architecture,
    kubeletVersion: `v${kubernetes?.version}.0-eks-1a2b3c4`,
    internalIp: instance.privateIp,
    labels: {
      'kubernetes.io/arch': architecture,
      'kubernetes.io/hostname': name,
      'kubernetes.io/os': operatingSystem,
      'node.kubernetes.io/instance-type': instance.instanceType,
      'topology.kubernetes.io/region': availabilityZone.slice(0, -1),
      'topology.kubernetes.io/zone': availabilityZone,
      ...kubernetes?.labels,
    },
    ready: unheardSince === undefined,
    ...(unheardSince !== undefined && { unheardSince }),
    ...(instance.state === 'stopped' && { isShutDown: true as const }),
    unschedulable: instance.node === 'Draining',
    createdAt: instance.runningSince ?? instance.launchedAt,
  };
}
