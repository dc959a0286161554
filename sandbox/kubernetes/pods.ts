import { Random } from '../time/random.ts';
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

/** A moment (epoch ms) as Kubernetes writes it: in whole seconds. */
export const secondsIso = (moment: number): string => new Date(moment).toISOString().replace(/\.\d+Z$/, 'Z');

/** The uid of something that is always there: it follows from what it is, so it costs no chance. */
export const stableUid = (what: string): string => new Random(0).fork(what).uuid();

/** A pod as it is served, of a DaemonSet that owns it. */
export function servedPod(
  pod: Pod,
  owner: { readonly namespace: string; readonly name: string; readonly uid: string },
  spec: PodSpec,
  labels: Readonly<Record<string, string>>,
): Served {
  const { namespace } = owner;
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
        uid: stableUid(`${namespace}/${name}`),
        labels,
        creationTimestamp: secondsIso(createdAt),
        ownerReferences: [
          { apiVersion: 'apps/v1', kind: 'DaemonSet', name: owner.name, uid: owner.uid, controller: true },
        ],
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
