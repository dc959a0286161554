import { Random } from '../time/random.ts';
import type { PodSpec } from './daemon-set.ts';
import { isSame, type Json } from './json.ts';
import type { Served } from './lists.ts';
import type { SchedulingNode } from './scheduling.ts';

/** A pod that a DaemonSet runs on a node. */
export interface Pod {
  readonly name: string;
  readonly node: SchedulingNode;
  /** The template that it was created from. */
  readonly template: Json;
  /** Epoch ms. */
  readonly createdAt: number;
  ready: boolean;
  /** Why it never becomes ready. */
  readonly stuck: string | undefined;
}

/** Host directories that Bottlerocket lacks, or has read-only on its verified root file system. */
const CLOSED_ON_BOTTLEROCKET = /^\/($|(bin|boot|etc|lib|lib64|sbin|usr)(\/|$))/;

/** Why a pod can never become ready on a node; undefined when it can. */
export function obstacle(
  { volumes, hostPID }: PodSpec,
  { operatingSystem, osImage }: SchedulingNode,
): string | undefined {
  if (operatingSystem === 'windows') return 'ErrImagePull';
  if (!osImage.startsWith('Bottlerocket')) return undefined;
  if (volumes.some(({ hostPath }) => CLOSED_ON_BOTTLEROCKET.test(hostPath?.path ?? '-'))) return 'FailedMount';
  // Bottlerocket's host has neither a shell nor a package manager for a pod that enters its namespaces.
  return hostPID ? 'CrashLoopBackOff' : undefined;
}

/** Whether a pod may change its host: it is privileged, and sees the host's files or processes. */
export function reachesHost({ containers, initContainers, volumes, hostPID }: PodSpec): boolean {
  const privileged = [...initContainers, ...containers].some(({ securityContext }) => securityContext.privileged);
  return privileged && (hostPID || volumes.some(({ hostPath }) => hostPath !== undefined));
}

export const isCurrent = (pod: Pod, template: Json): boolean => isSame(pod.template, template);

/** A time (epoch ms) in Kubernetes' format, with whole seconds. */
export const secondsIso = (moment: number): string => new Date(moment).toISOString().replace(/\.\d+Z$/, 'Z');

/** The uid of a permanent object. It is derived from the object, so it draws no random number. */
export const stableUid = (what: string): string => new Random(0).fork(what).uuid();

/** A pod as it is served, owned by a DaemonSet. */
export function servedPod(
  pod: Pod,
  owner: { readonly namespace: string; readonly name: string; readonly uid: string },
  spec: PodSpec,
  labels: Readonly<Record<string, string>>,
): Served {
  const { namespace } = owner;
  const { name, node, template, createdAt, ready } = pod;
  const reason = ready ? undefined : (pod.stuck ?? 'ContainerCreating');
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
