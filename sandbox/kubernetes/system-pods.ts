import type { Json } from './json.ts';
import type { Served } from './lists.ts';
import { secondsIso, stableUid } from './pods.ts';
import type { SchedulingNode } from './scheduling.ts';

export const SYSTEM_NAMESPACE = 'kube-system';

/** The pods on every node: a DaemonSet's pod, `aws-node`, and a static one, `kube-proxy`. */
export function systemPods(node: SchedulingNode): Served[] {
  const suffix = stableUid(`aws-node ${node.instanceId}`).slice(0, 5);
  return [
    systemPod(node, `aws-node-${suffix}`, 'aws-node', {
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'DaemonSet',
          name: 'aws-node',
          uid: stableUid('daemonset aws-node'),
          controller: true,
        },
      ],
    }),
    // The kubelet runs it from a file. The API shows its mirror, which belongs to the node.
    systemPod(node, `kube-proxy-${node.name}`, 'kube-proxy', {
      annotations: { 'kubernetes.io/config.mirror': 'mirror', 'kubernetes.io/config.source': 'file' },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Node', name: node.name, uid: `node-${node.instanceId}`, controller: true },
      ],
    }),
  ];
}

function systemPod({ name: nodeName, createdAt }: SchedulingNode, name: string, app: string, more: Json): Served {
  const labels = { 'k8s-app': app };
  return {
    name,
    namespace: SYSTEM_NAMESPACE,
    labels,
    nodeName,
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace: SYSTEM_NAMESPACE,
        uid: stableUid(`${SYSTEM_NAMESPACE}/${name}`),
        labels,
        creationTimestamp: secondsIso(createdAt),
        ...more,
      },
      spec: { nodeName, containers: [{ name: app, image: `eks/${app}` }], priorityClassName: 'system-node-critical' },
      status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
    },
  };
}

/** The DaemonSet of `aws-node`, with what a client that drains a node reads; undefined for any other name. */
export const systemDaemonSet = (name: string, nodes: number): Json | undefined =>
  name !== 'aws-node'
    ? undefined
    : {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: {
          name,
          namespace: SYSTEM_NAMESPACE,
          uid: stableUid('daemonset aws-node'),
          labels: { 'k8s-app': name },
        },
        spec: { selector: { matchLabels: { 'k8s-app': name } } },
        status: { desiredNumberScheduled: nodes, currentNumberScheduled: nodes, numberReady: nodes },
      };
