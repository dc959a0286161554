import type { ClusterReader } from '../shared/fleet/fleet.ts';
import { isKubernetesAccessError } from '../shared/kubernetes/access-error.ts';
import type { WantedAccess } from '../shared/kubernetes/access-reviews.ts';
import type { KubernetesClient } from '../shared/kubernetes/client.ts';
import { selects } from '../shared/kubernetes/disruptions.ts';
import { canLeave, EXCLUDE_LABEL } from '../shared/kubernetes/evictable.ts';
import type { KubernetesPod } from '../shared/kubernetes/evictions.ts';
import { once } from '../shared/runtime/once.ts';
import { DRAIN_TAINT } from './hook.ts';
import type { NodeView } from './observation.ts';

export type OpenCluster = (name: string) => Promise<KubernetesClient | { readonly refused: string }>;
export type OpenClusterBy = (readCluster: ClusterReader) => OpenCluster;

/** What a drain asks of a cluster: `npm run -s rbac -- --drains` grants it. */
export const NEEDED: readonly WantedAccess[] = [
  { verb: 'get', group: '', resource: 'nodes' },
  { verb: 'list', group: '', resource: 'nodes' },
  { verb: 'patch', group: '', resource: 'nodes' },
  { verb: 'list', group: '', resource: 'pods' },
  { verb: 'create', group: '', resource: 'pods', subresource: 'eviction' },
  { verb: 'list', group: 'policy', resource: 'poddisruptionbudgets' },
];

/** What a reconcile sees of clusters, each opened and asked once. */
export interface ClusterViews {
  /** Why a cluster does not let its nodes be drained; undefined: it does. */
  readonly whyNoAccess: (cluster: string) => Promise<string | undefined>;
  readonly viewNode: (cluster: string, instanceId: string, privateDnsName?: string) => Promise<NodeView>;
}

/** @param now epoch ms */
export function createClusterViews(openCluster: OpenCluster, now: number): ClusterViews {
  const opened = once(openCluster);
  const budgetsOf = once(async (cluster: string) => {
    const kubernetes = await opened(cluster);
    return 'refused' in kubernetes ? [] : kubernetes.listBudgets();
  });
  const whyNoAccess = once(async (cluster: string): Promise<string | undefined> => {
    try {
      const kubernetes = await opened(cluster);
      if ('refused' in kubernetes) return kubernetes.refused;
      const lacking = await kubernetes.lackingAccess(NEEDED);
      if (lacking.length === 0) return undefined;
      return `The cluster does not allow this: ${lacking.join(', ')}. Apply the rights: npm run -s rbac -- --drains | kubectl apply -f -`;
    } catch (error) {
      if (!isKubernetesAccessError(error)) throw error;
      return error.message;
    }
  });
  return {
    whyNoAccess,
    async viewNode(cluster, instanceId, privateDnsName) {
      try {
        const kubernetes = await opened(cluster);
        if ('refused' in kubernetes) return { kind: 'unreadable', why: kubernetes.refused };
        const node = await kubernetes.findNode(instanceId, privateDnsName);
        if (node === undefined) return { kind: 'absent' };
        const pods = (await kubernetes.listPods(node.name)).filter((pod) => isToLeave(pod, now));
        const budgets = pods.length === 0 ? [] : await budgetsOf(cluster);
        const label = node.labels[EXCLUDE_LABEL.key];
        return {
          kind: 'found',
          name: node.name,
          unschedulable: node.unschedulable,
          isOurs: node.taints.some(({ key }) => key === DRAIN_TAINT.key),
          ...(label !== undefined && { label }),
          pods: pods.map(({ namespace, name, uid, labels, terminating }) => ({
            namespace,
            name,
            uid,
            terminating,
            budgets: budgets
              .filter((budget) => budget.namespace === namespace && selects(budget.selector, labels))
              .map((budget) => budget.name),
          })),
        };
      } catch (error) {
        if (!isKubernetesAccessError(error)) throw error;
        return { kind: 'unreadable', why: error.message };
      }
    },
  };
}

/**
 * Whether a drain waits for the pod. A pod that tolerates every taint comes straight back. One whose grace period is over has
 * nobody who ends it, as on a node whose kubelet is dead: it would hold a dead node for ever.
 */
const isToLeave = (pod: KubernetesPod, now: number): boolean =>
  canLeave(pod) && !pod.toleratesEverything && (pod.goneBy === undefined || now <= pod.goneBy + SLACK);

/** How long after its grace period a kubelet may take to confirm that a pod is gone, ms. */
const SLACK = 2 * 60_000;
