import type { ClusterReader } from '../shared/fleet/fleet.ts';
import {
  isKubernetesAccessError,
  type KubernetesAccessError,
  PASSING_PROBLEMS,
} from '../shared/kubernetes/access-error.ts';
import type { WantedAccess } from '../shared/kubernetes/access-reviews.ts';
import type { KubernetesClient } from '../shared/kubernetes/client.ts';
import { selects } from '../shared/kubernetes/disruptions.ts';
import { EXCLUDE_LABEL } from '../shared/kubernetes/evictable.ts';
import type { KubernetesPod } from '../shared/kubernetes/evictions.ts';
import type { NotOpened } from '../shared/kubernetes/open-cluster.ts';
import { once } from '../shared/runtime/once.ts';
import { counted } from '../shared/text/counted.ts';
import type { DrainState } from './drain-ledger.ts';
import { DRAIN_TAINT } from './hook.ts';
import type { NoAccess, NodeView } from './observation.ts';

export type OpenCluster = (name: string) => Promise<KubernetesClient | NotOpened>;
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
  readonly whyNoAccess: (cluster: string) => Promise<NoAccess | undefined>;
  readonly viewNode: (
    cluster: string,
    instanceId: string,
    privateDnsName?: string,
    drain?: Pick<DrainState, 'node' | 'comebacks'>,
  ) => Promise<NodeView>;
}

/**
 * @param isPrivate whether only a private endpoint of the cluster is enabled
 * @param now epoch ms
 */
export function createClusterViews(
  openCluster: OpenCluster,
  isPrivate: (cluster: string) => Promise<boolean>,
  now: number,
): ClusterViews {
  const opened = once(openCluster);
  const budgetsOf = once(async (cluster: string) => {
    const kubernetes = await opened(cluster);
    return 'refused' in kubernetes ? [] : kubernetes.listBudgets();
  });
  const whyNoAccess = once(async (cluster: string): Promise<NoAccess | undefined> => {
    try {
      const kubernetes = await opened(cluster);
      if ('refused' in kubernetes) return notOpened(kubernetes);
      const lacking = await kubernetes.lackingAccess(NEEDED);
      if (lacking.length === 0) return undefined;
      const why = `The cluster does not allow this: ${lacking.join(', ')}. Apply the rights: npm run -s rbac -- --drains | kubectl apply -f -`;
      return { why, mayPass: false };
    } catch (error) {
      if (!isKubernetesAccessError(error)) throw error;
      const mayBeOutside = error.problem === 'unreachable' && (await isPrivate(cluster));
      return { ...troubleOf(error), ...(mayBeOutside && { mayBeOutside: true as const }) };
    }
  });
  return {
    whyNoAccess,
    async viewNode(cluster, instanceId, privateDnsName, drain = {}) {
      try {
        const kubernetes = await opened(cluster);
        if ('refused' in kubernetes) return { kind: 'unreadable', ...notOpened(kubernetes) };
        const node = await kubernetes.findNode(instanceId, privateDnsName);
        if (node === undefined) return { kind: 'absent' };
        const all = (await kubernetes.listPods(node.name)).filter(({ finished }) => !finished);
        const judged = all.map((pod) => ({ pod, why: whyLeftOut(pod, drain, now) }));
        const pods = judged.flatMap(({ pod, why }) => (why === undefined ? pod : []));
        const budgets = pods.length === 0 ? [] : await budgetsOf(cluster);
        const label = node.labels[EXCLUDE_LABEL.key];
        return {
          kind: 'found',
          name: node.name,
          unschedulable: node.unschedulable,
          isOurs: node.taints.some(({ key }) => key === DRAIN_TAINT.key),
          ...(label !== undefined && { label }),
          pods: pods.map(({ namespace, name, uid, labels, terminating, createdAt, owner }) => ({
            namespace,
            name,
            uid,
            terminating,
            owner: `${namespace}/${owner}`,
            cameBack: isSinceCordon(createdAt, drain),
            budgets: budgets
              .filter((budget) => budget.namespace === namespace && selects(budget.selector, labels))
              .map((budget) => budget.name),
          })),
          leftOut: judged.flatMap(({ pod: { namespace, name }, why }) =>
            why === undefined ? [] : { namespace, name, why },
          ),
        };
      } catch (error) {
        if (!isKubernetesAccessError(error)) throw error;
        return { kind: 'unreadable', ...troubleOf(error) };
      }
    },
  };
}

/** What a failed call to a cluster says of it. */
export const troubleOf = ({ message, problem }: KubernetesAccessError): NoAccess => ({
  why: message,
  mayPass: PASSING_PROBLEMS.has(problem),
});

/** What a cluster that could not be opened says of it. */
export const notOpened = ({ refused, mayPass }: NotOpened): NoAccess => ({
  why: refused,
  mayPass: mayPass === true,
});

/**
 * Why a drain does not wait for a pod; undefined: it does. A pod that tolerates every taint comes straight back. One
 * whose grace period is over has nobody who ends it, as on a node whose kubelet is dead: it would hold a dead node for
 * ever. One whose owner binds it to the node itself passes by every taint: who it is shows once it has come back.
 */
function whyLeftOut(
  { namespace, owner, createdAt, ownedByDaemonSet, mirror, toleratesEverything, goneBy }: KubernetesPod,
  drain: Pick<DrainState, 'node' | 'comebacks'>,
  now: number,
): string | undefined {
  if (ownedByDaemonSet) return 'of a DaemonSet';
  if (mirror) return 'static';
  if (toleratesEverything) return 'tolerates every taint';
  if (goneBy !== undefined && now > goneBy + SLACK) return 'nobody confirms its end';
  const comebacks = drain.comebacks?.[`${namespace}/${owner}`] ?? 0;
  const comesBack = comebacks >= MOST_COMEBACKS && isSinceCordon(createdAt, drain);
  return comesBack ? `${owner} has put it back ${counted(comebacks, 'time')}` : undefined;
}

const isSinceCordon = (createdAt: number, { node }: Pick<DrainState, 'node'>): boolean =>
  node?.at !== undefined && createdAt > node.at;

/** How many pods of one owner that come back to the cordoned node are evicted. */
const MOST_COMEBACKS = 3;

/** How long after its grace period a kubelet may take to confirm that a pod is gone, ms. */
const SLACK = 2 * 60_000;
