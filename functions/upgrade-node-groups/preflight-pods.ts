import { type Budget, type EvictablePod, selects } from '../shared/kubernetes/disruptions.ts';
import type { KubernetesNode } from '../shared/kubernetes/nodes.ts';
import { counted } from '../shared/text/counted.ts';
import { listed } from '../shared/text/listed.ts';
import type { Preflight } from './preflight.ts';

/** Nodes, pods and disruption budgets of a cluster, or why they could not be read. */
export type ClusterPods =
  | { readonly kind: 'unreadable'; readonly why: string }
  | {
      readonly kind: 'found';
      readonly nodes: readonly KubernetesNode[];
      readonly pods: readonly EvictablePod[];
      readonly budgets: readonly Budget[];
    };

/** The label that EKS sets on the nodes of a managed node group (EKS user guide, "Managed node groups"). */
const NODE_GROUP = 'eks.amazonaws.com/nodegroup';

/** The nodes of a managed node group among those of its cluster. */
export const nodesOfGroup = (nodes: readonly KubernetesNode[], nodegroup: string): KubernetesNode[] =>
  nodes.filter(({ labels }) => labels[NODE_GROUP] === nodegroup);

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
  const replicas = Map.groupBy(pods.filter(isAlive), ownerOf);
  const leaving = leavingFrom(nodeNames, pods);
  const { blocked, unsure } = budgetsOf(leaving, budgets);
  return {
    blockers: [...blocked].map(([what, held]) => ({ kind: 'eviction', why: sentenceOf(what, held), which: what })),
    warnings: [...inSentences(unsure), ...losses(leaving, replicas)],
  };
}

/**
 * What may hold pods on some nodes: their disruption budgets, an end that takes long, a toleration that brings them back. As
 * beginnings of sentences, the most certain first.
 */
export function heldPods(
  nodeNames: ReadonlySet<string>,
  pods: readonly EvictablePod[],
  budgets: readonly Budget[],
): string[] {
  const leaving = leavingFrom(nodeNames, pods);
  const { blocked, unsure } = budgetsOf(leaving, budgets);
  const ending = pods.filter((pod) => nodeNames.has(pod.nodeName) && !pod.staysOnNode && pod.terminating);
  return [
    ...inSentences(blocked),
    ...inSentences(unsure),
    ...(ending.length === 0 ? [] : [sentenceOf('a deletion that has not ended holds', ending)]),
    ...thoseWith(leaving, [RETURNING]),
  ];
}

/** The pods that a drain of these nodes evicts. */
const leavingFrom = (nodeNames: ReadonlySet<string>, pods: readonly EvictablePod[]): EvictablePod[] =>
  pods.filter((pod) => nodeNames.has(pod.nodeName) && !pod.staysOnNode && isAlive(pod));

/** Pods by what forbids their eviction: for sure, or perhaps. */
function budgetsOf(leaving: readonly EvictablePod[], budgets: readonly Budget[]) {
  const inNamespace = Map.groupBy(budgets, ({ namespace }) => namespace);
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
  return { blocked, unsure };
}

const isAlive = ({ phase, terminating }: EvictablePod): boolean =>
  phase !== 'Succeeded' && phase !== 'Failed' && !terminating;

/** What brings it back, or the pod itself. */
const ownerOf = ({ namespace, name, owner = `Pod ${name}` }: EvictablePod): string => `${namespace} ${owner}`;

/** A pod that is not Ready may go where enough others are, or its budget always lets it. */
const isLetGoUnready = ({ evictsUnready, currentHealthy, desiredHealthy }: Budget): boolean =>
  evictsUnready || (desiredHealthy > 0 && currentHealthy >= desiredHealthy);

const sentenceOf = (what: string, pods: readonly EvictablePod[]): string => `${what} ${listed(pods.map(inWords))}`;

const inSentences = (of: ReadonlyMap<string, readonly EvictablePod[]>): string[] =>
  [...of].map(([what, pods]) => sentenceOf(what, pods));

const inWords = ({ namespace, name, owner }: EvictablePod): string =>
  `${namespace}/${name}${owner === undefined ? '' : ` (${owner})`}`;

/** A property of pods, in words, and whether a pod has it. */
type Trait = readonly [what: string, isMeant: (pod: EvictablePod) => boolean];

const RETURNING: Trait = [
  'with a toleration of every taint, which may come back to a drained node',
  (pod) => pod.toleratesEverything,
];

/** What an eviction costs, though it goes through. */
const losses = (leaving: readonly EvictablePod[], replicas: ReadonlyMap<string, readonly EvictablePod[]>): string[] =>
  thoseWith(leaving, [
    ['without a controller, which nothing creates again', ({ owner }) => owner === undefined],
    [
      'without another pod of the same controller',
      (pod) => pod.owner !== undefined && replicas.get(ownerOf(pod))?.length === 1,
    ],
    ['with local data, which is lost', ({ hasLocalData }) => hasLocalData],
    RETURNING,
  ]);

/** The pods that have a trait, as a sentence for each trait that some have. */
const thoseWith = (pods: readonly EvictablePod[], traits: readonly Trait[]): string[] =>
  traits.flatMap(([what, isMeant]) => {
    const meant = pods.filter(isMeant);
    return meant.length === 0
      ? []
      : [
          `there ${meant.length === 1 ? 'is' : 'are'} ${counted(meant.length, 'pod')} ${what}: ${listed(meant.map(inWords))}`,
        ];
  });
