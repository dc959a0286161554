import type { PodSpec } from './daemon-set.ts';
import { isSame, type Json } from './json.ts';
import type { Served } from './lists.ts';
import type { SchedulingNode } from './scheduling.ts';

/** A pod that a DaemonSet runs on a node. */
export interface Pod {
  readonly name: string;
  readonly node: SchedulingNode;
  /** What it was made of. */
  readonly template: Json;
  /** Epoch ms. */
  readonly createdAt: number;
  ready: boolean;
}

/** Directories of the host that Bottlerocket lacks, or has only to be read from its verified root file system. */
const CLOSED_ON_BOTTLEROCKET = /^\/($|(bin|boot|etc|lib|lib64|sbin|usr)(\/|$))/;

/** Why a pod can never become ready on a node; undefined when it will. */
export function obstacle(
  { volumes, hostPID }: PodSpec,
  { operatingSystem, osImage }: SchedulingNode,
): string | undefined {
  if (operatingSystem === 'windows') return 'ErrImagePull';
  if (!osImage.startsWith('Bottlerocket')) return undefined;
  if (volumes.some(({ hostPath }) => CLOSED_ON_BOTTLEROCKET.test(hostPath?.path ?? '-'))) return 'FailedMount';
  // Its host has no shell, and no package manager, for anyone who enters its namespaces.
  return hostPID ? 'CrashLoopBackOff' : undefined;
}

/** Whether a pod may change its host: runs privileged, and sees the host's files or processes. */
export function reachesHost({ containers, initContainers, volumes, hostPID }: PodSpec): boolean {
  const privileged = [...initContainers, ...containers].some(({ securityContext }) => securityContext.privileged);
  return privileged && (hostPID || volumes.some(({ hostPath }) => hostPath !== undefined));
}

export const isCurrent = (pod: Pod, template: Json): boolean => isSame(pod.template, template);

/** A pod as it is served. */
export function servedPod(
  pod: Pod,
  namespace: string,
  spec: PodSpec,
  labels: Readonly<Record<string, string>>,
): Served {
  const { name, node, template, createdAt, ready } = pod;
  const reason = ready ? undefined : (obstacle(spec, node) ?? 'ContainerCreating');
  const containers = spec.containers.map((container) => ({
    name: container.name,
    image: container.image,
    ready,
    restartCount: 0,
    state: ready ? { running: {} } : { waiting: { reason: reason === 'FailedMount' ? 'ContainerCreating' : reason } },
  }));
  return {
    name,
    namespace,
    labels,
    nodeName: node.name,
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name,
        namespace,
        labels,
        creationTimestamp: new Date(createdAt).toISOString().replace(/\.\d+Z$/, 'Z'),
      },
      spec: { ...(typeof template.spec === 'object' ? template.spec : {}), nodeName: node.name },
      status: {
        phase: ready ? 'Running' : 'Pending',
        conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
        containerStatuses: containers,
      },
    },
  };
}
