import type { ClusterNode } from '../account/eks/cluster-nodes.ts';
import { type DisruptionBudget, desiredHealthy, servedBudget } from './disruption-budget.ts';
import type { Served } from './lists.ts';
import { secondsIso, stableUid } from './pods.ts';
import { replicaSetName } from './workload-pods.ts';

/** A Deployment on Fargate, as its pods run now. */
export interface FargateWorkload {
  readonly profile: string;
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  readonly kubeletVersion: string;
  /** Since when its pods run, epoch ms. */
  readonly startedAt: number;
  readonly disruptionBudget?: DisruptionBudget | undefined;
}

export interface HybridHost {
  readonly name: string;
  readonly osImage: string;
  readonly kubeletVersion: string;
  /** Epoch ms. */
  readonly joinedAt: number;
}

/** Hosts of a cluster that are no EC2 instances. */
export interface OtherHosts {
  readonly clusterName: string;
  readonly region: string;
  readonly fargate: readonly FargateWorkload[];
  readonly hybrid: readonly HybridHost[];
}

export const COMPUTE_TYPE = 'eks.amazonaws.com/compute-type';

/** The nodes of these hosts. Neither has an instance: their names stand in its place. */
export const otherNodes = (hosts: OtherHosts): ClusterNode[] => [
  ...hosts.fargate.flatMap((workload) => fargatePodsOf(workload).map((pod) => fargateNode(hosts, workload, pod))),
  ...hosts.hybrid.map((host) => hybridNode(hosts, host)),
];

/** The pods on Fargate. EKS's admission webhook gives each the label of its profile, and the scheduler of Fargate. */
export const fargatePods = (hosts: OtherHosts, namespace: string | undefined): Served[] =>
  hosts.fargate
    .filter((workload) => namespace === undefined || workload.namespace === namespace)
    .flatMap((workload) => fargatePodsOf(workload).map((pod) => servedPod(hosts, workload, pod)));

export const fargateBudgets = (hosts: OtherHosts, namespace: string | undefined): Served[] =>
  hosts.fargate
    .filter((workload) => namespace === undefined || workload.namespace === namespace)
    .flatMap((workload) => {
      const { disruptionBudget, replicas } = workload;
      if (disruptionBudget === undefined) return [];
      const healthy = { currentHealthy: replicas, desiredHealthy: desiredHealthy(disruptionBudget, replicas) };
      return [servedBudget({ ...workload, index: 0 }, disruptionBudget, { ...healthy, expectedPods: replicas })];
    });

interface FargatePod {
  readonly name: string;
  readonly uid: string;
  readonly hash: string;
  readonly ip: string;
}

/** The pods of a Deployment. Those that were started anew are others. */
function fargatePodsOf({ namespace, name, replicas, startedAt }: FargateWorkload): FargatePod[] {
  const replicaSet = replicaSetName({
    nodeGroup: String(startedAt),
    namespace,
    name,
    replicas,
    terminationSeconds: 30,
  });
  return Array.from({ length: replicas }, (_, index) => {
    const uid = stableUid(`fargate ${namespace} ${replicaSet} ${index}`);
    const [third = 0, fourth = 0] = Buffer.from(uid.replaceAll('-', ''), 'hex');
    return {
      name: `${replicaSet}-${uid.slice(0, 5)}`,
      uid,
      hash: replicaSet.slice(name.length + 1),
      ip: `10.0.${third}.${fourth}`,
    };
  });
}

const nodeNameOf = ({ region }: OtherHosts, { ip }: FargatePod): string =>
  `fargate-ip-${ip.replaceAll('.', '-')}.${region}.compute.internal`;

function fargateNode(hosts: OtherHosts, workload: FargateWorkload, pod: FargatePod): ClusterNode {
  const name = nodeNameOf(hosts, pod);
  const zone = `${hosts.region}a`;
  return {
    name,
    instanceId: name,
    providerId: `aws:///${zone}/${pod.uid.replaceAll('-', '')}/${name}`,
    osImage: 'Amazon Linux 2',
    operatingSystem: 'linux',
    architecture: 'amd64',
    kubeletVersion: workload.kubeletVersion,
    internalIp: pod.ip,
    labels: {
      [COMPUTE_TYPE]: 'fargate',
      'kubernetes.io/arch': 'amd64',
      'kubernetes.io/hostname': name.slice('fargate-'.length),
      'kubernetes.io/os': 'linux',
      'topology.kubernetes.io/region': hosts.region,
      'topology.kubernetes.io/zone': zone,
    },
    taint: { key: COMPUTE_TYPE, value: 'fargate', effect: 'NoSchedule' },
    ready: true,
    unschedulable: false,
    createdAt: workload.startedAt,
  };
}

/** Source: aws/eks-hybrid, internal/kubelet: the provider id, and the label of hybrid nodes. */
const hybridNode = (
  { region, clusterName }: OtherHosts,
  { name, osImage, kubeletVersion, joinedAt }: HybridHost,
): ClusterNode => ({
  name,
  instanceId: name,
  providerId: `eks-hybrid:///${region}/${clusterName}/${name}`,
  osImage,
  operatingSystem: 'linux',
  architecture: 'amd64',
  kubeletVersion,
  internalIp: '10.200.0.10',
  labels: {
    [COMPUTE_TYPE]: 'hybrid',
    'eks.amazonaws.com/hybrid-credential-provider': 'ssm',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
  },
  ready: true,
  unschedulable: false,
  createdAt: joinedAt,
});

function servedPod(hosts: OtherHosts, workload: FargateWorkload, pod: FargatePod): Served {
  const { profile, namespace, name, startedAt } = workload;
  const labels = { app: name, 'pod-template-hash': pod.hash, 'eks.amazonaws.com/fargate-profile': profile };
  const nodeName = nodeNameOf(hosts, pod);
  const replicaSet = `${name}-${pod.hash}`;
  return {
    name: pod.name,
    namespace,
    labels,
    nodeName,
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: pod.name,
        namespace,
        uid: pod.uid,
        labels,
        creationTimestamp: secondsIso(startedAt),
        ownerReferences: [
          {
            apiVersion: 'apps/v1',
            kind: 'ReplicaSet',
            name: replicaSet,
            uid: stableUid(`replicaset ${namespace}/${replicaSet}`),
            controller: true,
            blockOwnerDeletion: true,
          },
        ],
      },
      spec: {
        containers: [{ name, image: `registry/${name}:1` }],
        schedulerName: 'fargate-scheduler',
        priorityClassName: 'system-node-critical',
        nodeName,
      },
      status: {
        phase: 'Running',
        conditions: [
          { type: 'PodScheduled', status: 'True' },
          { type: 'Ready', status: 'True' },
        ],
      },
    },
  };
}

/** Fargate runs no DaemonSets, and hybrid nodes have a network of their own. Source: EKS user guide. */
export const hasSystemPods = ({ [COMPUTE_TYPE]: type }: Readonly<Record<string, string>>): boolean =>
  type !== 'fargate' && type !== 'hybrid';
