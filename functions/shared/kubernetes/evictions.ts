import type { CoreV1Api, V1Pod } from '@kubernetes/client-node';
import { isKubernetesAccessError, type KubernetesAccessError } from './access-error.ts';
import { allPages } from './all-pages.ts';
import { controllerOf, labelsOf } from './pod-metadata.ts';
import { toleratesEverything } from './tolerations.ts';

/** A pod, with what matters for draining its node. */
export interface KubernetesPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its controller as `Kind/name`; a pod without one has itself. */
  readonly owner: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Whether a DaemonSet would start the pod again on the same node. */
  readonly ownedByDaemonSet: boolean;
  /** Whether it is the mirror pod of a static pod, which only the kubelet itself can end. */
  readonly mirror: boolean;
  /** Whether the pod has ended, successfully or not, and will not run again. */
  readonly finished: boolean;
  /** Whether the pod is being deleted. It may take its grace period. */
  readonly terminating: boolean;
  /**
   * The end of that period, epoch milliseconds; absent: nobody deletes it. Source: Kubernetes API,
   * ObjectMeta.deletionTimestamp.
   */
  readonly goneBy?: number;
  /** Whether the pod tolerates every taint, so that a drained node does not keep it away. */
  readonly toleratesEverything: boolean;
}

export type Eviction = 'evicted' | 'gone' | 'blocked';

/**
 * The prefix of the causes in a Status object when a disruption budget forbids an eviction. Newer API servers have
 * further causes for budgets in disorder (kubernetes/kubernetes#138003).
 */
const DISRUPTION_BUDGET = 'DisruptionBudget';

/**
 * The message of the 500 for a pod with several budgets, which has neither reason nor cause (Kubernetes, eviction.go).
 */
const SEVERAL_BUDGETS = 'more than one PodDisruptionBudget';

/** All pods that are bound to a node, of every namespace. */
export async function listPods(core: CoreV1Api, nodeName: string): Promise<KubernetesPod[]> {
  const fieldSelector = `spec.nodeName=${nodeName}`;
  return allPages((page) => core.listPodForAllNamespaces({ fieldSelector, ...page }), describePod);
}

/**
 * Evicts exactly this pod, and no later pod of the same name. A 429 means a disruption budget only where its cause says
 * so: an overloaded API server returns the same status.
 *
 * @throws KubernetesAccessError `denied` where a webhook, or the end of its namespace, refuses this one pod
 * @param dryRun whether the API server only checks the eviction, and the pod stays
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */
export async function evictPod(
  core: CoreV1Api,
  { namespace, name, uid }: Pick<KubernetesPod, 'namespace' | 'name' | 'uid'>,
  { dryRun = false }: { readonly dryRun?: boolean } = {},
): Promise<Eviction> {
  // The option is in the body, as kubectl sends it, because every API server heeds it there. Webhooks see it in the
  // query as well.
  const dry = dryRun ? { dryRun: ['All'] } : {};
  try {
    await core.createNamespacedPodEviction({
      namespace,
      name,
      ...(dryRun && { dryRun: 'All' }),
      body: {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { namespace, name },
        deleteOptions: { preconditions: { uid }, ...dry },
      },
    });
    return 'evicted';
  } catch (error) {
    if (!isKubernetesAccessError(error)) throw error;
    // A conflict: the name belongs to another pod by now.
    if (error.absence === 'object' || error.problem === 'conflict') return 'gone';
    if (isOfBudgets(error)) return 'blocked';
    throw error;
  }
}

function isOfBudgets({ status, causes, message }: KubernetesAccessError): boolean {
  if (status === 500) return message.includes(SEVERAL_BUDGETS);
  return (status === 429 || status === 403) && causes.some((cause) => cause.startsWith(DISRUPTION_BUDGET));
}

function describePod({ metadata, spec, status }: V1Pod): KubernetesPod {
  const controller = controllerOf(metadata);
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    labels: labelsOf(metadata),
    owner: controller === undefined ? `Pod/${metadata?.name ?? ''}` : `${controller.kind}/${controller.name}`,
    createdAt: metadata?.creationTimestamp?.getTime() ?? 0,
    ownedByDaemonSet: controller?.kind === 'DaemonSet',
    mirror: metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined,
    finished: status?.phase === 'Succeeded' || status?.phase === 'Failed',
    terminating: metadata?.deletionTimestamp !== undefined,
    ...(metadata?.deletionTimestamp !== undefined && { goneBy: metadata.deletionTimestamp.getTime() }),
    toleratesEverything: toleratesEverything(spec),
  };
}
