import type { CoreV1Api, V1Node, V1Pod } from '@kubernetes/client-node';
import { pagesOf } from './all-pages.ts';

/** A node that is not Ready, and into which pods may still be scheduled. */
export interface UnreadyNode {
  readonly name: string;
  /** When it ceased to be Ready, epoch milliseconds; absent: nobody says. */
  readonly since?: number;
  /** When it joined, epoch milliseconds; absent: nobody says. */
  readonly createdAt?: number;
}

/** A pod that has not started. */
export interface PendingPod {
  readonly namespace: string;
  readonly name: string;
  /** Its controller, such as `ReplicaSet web-5d9`; absent: it has none. */
  readonly owner?: string;
  /** When it was created, epoch milliseconds: a pod that has started never becomes pending again. Absent: nobody says. */
  readonly since?: number;
}

/** Nodes that are not Ready. A cordoned one is left out: it is drained, or somebody has seen to it. */
export async function listUnreadyNodes(core: CoreV1Api): Promise<UnreadyNode[]> {
  const nodes: UnreadyNode[] = [];
  for await (const page of pagesOf((asked) => core.listNode(asked))) nodes.push(...page.flatMap(unreadyNode));
  return nodes;
}

/**
 * Pods that have not started, of every namespace. The API server selects them by their phase. Left out are those that are being
 * deleted, and those that wait on purpose.
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
  if (ready?.status === 'True' || spec?.unschedulable === true) return [];
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
  const controller = metadata?.ownerReferences?.find((owner) => owner.controller === true);
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
