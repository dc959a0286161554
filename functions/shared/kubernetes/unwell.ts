import type { CoreV1Api, V1Node, V1Pod } from '@kubernetes/client-node';
import { pagesOf } from './all-pages.ts';
import { controllerOf } from './pod-metadata.ts';

/** A node that is not Ready, and into which pods may still be scheduled. */
export interface UnreadyNode {
  readonly name: string;
  /** When the node ceased to be Ready, epoch milliseconds; absent where the status does not say. */
  readonly since?: number;
  /** When the node joined, epoch milliseconds; absent where the API does not say. */
  readonly createdAt?: number;
}

/** A pod that has not started. */
export interface PendingPod {
  readonly namespace: string;
  readonly name: string;
  /** The controller of the pod, such as `ReplicaSet web-5d9`; absent where it has none. */
  readonly owner?: string;
  /** When the pod was created, epoch milliseconds. A pod that has started never becomes pending again. */
  readonly since?: number;
}

/**
 * The taint of a node that is not Ready because its instance is stopped, as in a warm pool. Source: Kubernetes,
 * cloud-provider, TaintNodeShutdown.
 */
const SHUT_DOWN = 'node.cloudprovider.kubernetes.io/shutdown';

/**
 * Lists the nodes that are not Ready. A cordoned node is left out: it is being drained, or somebody knows about it. So
 * is one whose instance was stopped.
 */
export async function listUnreadyNodes(core: CoreV1Api): Promise<UnreadyNode[]> {
  const nodes: UnreadyNode[] = [];
  for await (const page of pagesOf((asked) => core.listNode(asked))) nodes.push(...page.flatMap(unreadyNode));
  return nodes;
}

/**
 * Lists the pods of every namespace that have not started. The API server selects them by their phase. Pods that are
 * being deleted, or that wait on purpose, are left out.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/ pods have `status.phase`
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/ reason `SchedulingGated`
 */
export async function listPendingPods(core: CoreV1Api): Promise<PendingPod[]> {
  const pods: PendingPod[] = [];
  const fieldSelector = 'status.phase=Pending';
  for await (const page of pagesOf((asked) => core.listPodForAllNamespaces({ fieldSelector, ...asked }))) {
    pods.push(...page.flatMap(pendingPod));
  }
  return pods;
}

function unreadyNode({ metadata, spec, status }: V1Node): UnreadyNode[] {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const isShutDown = spec?.taints?.some(({ key }) => key === SHUT_DOWN) === true;
  if (ready?.status === 'True' || spec?.unschedulable === true || isShutDown) return [];
  const since = ready?.lastTransitionTime?.getTime();
  const createdAt = metadata?.creationTimestamp?.getTime();
  return [
    {
      name: metadata?.name ?? '',
      ...(since !== undefined && { since }),
      ...(createdAt !== undefined && { createdAt }),
    },
  ];
}

function pendingPod({ metadata, status }: V1Pod): PendingPod[] {
  const isHeldBack = status?.conditions?.some(({ reason }) => reason === 'SchedulingGated') === true;
  if (status?.phase !== 'Pending' || metadata?.deletionTimestamp !== undefined || isHeldBack) return [];
  const controller = controllerOf(metadata);
  const since = metadata?.creationTimestamp?.getTime();
  return [
    {
      namespace: metadata?.namespace ?? '',
      name: metadata?.name ?? '',
      ...(controller !== undefined && { owner: `${controller.kind} ${controller.name}` }),
      ...(since !== undefined && { since }),
    },
  ];
}
