import { type Budget, type EvictablePod, selects } from '../shared/kubernetes/disruptions.ts';
import { counted } from '../shared/text/counted.ts';
import { listed } from '../shared/text/listed.ts';
import type { Preflight } from './preflight.ts';

/**
 * What keeps the pods of some nodes from being evicted, in the order of the eviction API's own checks; a pure function. EKS gives
 * up an update when a pod has not left within 15 minutes (`PodEvictionFailure`).
 *
 * @param pods of the whole cluster: replicas count wherever they run
 * @param nodeNames the nodes of the node group
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */
export function evictionsFrom(
  nodeNames: ReadonlySet<string>,
  pods: readonly EvictablePod[],
  budgets: readonly Budget[],
): Preflight {
  const inNamespace = Map.groupBy(budgets, ({ namespace }) => namespace);
  const replicas = Map.groupBy(pods.filter(isAlive), ownerOf);
  const leaving = pods.filter((pod) => nodeNames.has(pod.nodeName) && !pod.staysOnNode && isAlive(pod));

  const blocked = new Map<string, EvictablePod[]>();
  const unsure = new Map<string, EvictablePod[]>();
  const put = (into: Map<string, EvictablePod[]>, what: string, pod: EvictablePod) =>
    into.set(what, [...(into.get(what) ?? []), pod]);
  for (const pod of leaving) {
    // Whoever has not started yet is evicted whatever budgets say.
    if (pod.phase === 'Pending') continue;
    const own = (inNamespace.get(pod.namespace) ?? []).filter(({ selector }) => selects(selector, pod.labels));
    const [budget, ...others] = own;
    if (budget === undefined) continue;
    const names = listed(own.map(({ namespace, name }) => `${namespace}/${name}`));
    // "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
    if (others.length > 0) put(blocked, `the disruption budgets ${names} together never allow an eviction of`, pod);
    else if (!pod.ready && isLetGoUnready(budget)) continue;
    else if (!budget.isObserved) put(unsure, `the status of the disruption budget ${names} is not up to date for`, pod);
    else if (budget.disruptionsAllowed < 1)
      put(blocked, `the disruption budget ${names} now allows no eviction of`, pod);
  }
  return {
    blockers: [...blocked].map(([what, pods]) => ({ kind: 'eviction', why: sentenceOf(what, pods), which: what })),
    warnings: [...[...unsure].map(([what, pods]) => sentenceOf(what, pods)), ...losses(leaving, replicas)],
  };
}

const isAlive = ({ phase, terminating }: EvictablePod): boolean =>
  phase !== 'Succeeded' && phase !== 'Failed' && !terminating;

/** What brings it back, or the pod itself. */
const ownerOf = ({ namespace, name, owner = `Pod ${name}` }: EvictablePod): string => `${namespace} ${owner}`;

/** A pod that is not Ready may go where enough others are, or its budget always lets it. */
const isLetGoUnready = ({ evictsUnready, currentHealthy, desiredHealthy }: Budget): boolean =>
  evictsUnready || (desiredHealthy > 0 && currentHealthy >= desiredHealthy);

const sentenceOf = (what: string, pods: readonly EvictablePod[]): string => `${what} ${listed(pods.map(inWords))}`;

const inWords = ({ namespace, name, owner }: EvictablePod): string =>
  `${namespace}/${name}${owner === undefined ? '' : ` (${owner})`}`;

/** What an eviction costs, though it goes through. */
function losses(leaving: readonly EvictablePod[], replicas: ReadonlyMap<string, readonly EvictablePod[]>): string[] {
  const kinds: ReadonlyArray<[string, (pod: EvictablePod) => boolean]> = [
    ['without a controller, which nothing creates again', ({ owner }) => owner === undefined],
    [
      'without another pod of the same controller',
      (pod) => pod.owner !== undefined && replicas.get(ownerOf(pod))?.length === 1,
    ],
    ['with local data, which is lost', ({ hasLocalData }) => hasLocalData],
    ['with a toleration of every taint, which may come back to a drained node', (pod) => pod.toleratesEverything],
  ];
  return kinds.flatMap(([what, isMeant]) => {
    const meant = leaving.filter(isMeant);
    return meant.length === 0
      ? []
      : [
          `there ${meant.length === 1 ? 'is' : 'are'} ${counted(meant.length, 'pod')} ${what}: ${listed(meant.map(inWords))}`,
        ];
  });
}
