import { type Budget, type EvictablePod, selects } from '../../shared/kubernetes/disruptions.ts';
import type { ListedNode } from '../../shared/kubernetes/nodes.ts';
import { counted } from '../../shared/text/counted.ts';
import { listed } from '../../shared/text/listed.ts';

/** Nodes, pods and disruption budgets of a cluster, or why they could not be read. */
export type ClusterPods =
  | { readonly kind: 'unreadable'; readonly why: string }
  | {
      readonly kind: 'found';
      readonly nodes: readonly ListedNode[];
      readonly pods: readonly EvictablePod[];
      readonly budgets: readonly Budget[];
    };

/** What forbids the eviction of pods, by one disruption budget or by several together. */
export interface Hold {
  /** The beginning of a sentence that ends with the hold's pods; the same while the pods change. */
  readonly what: string;
  readonly pods: readonly EvictablePod[];
  /** Whether the API server surely refuses, as far as its objects tell. */
  readonly isSure: boolean;
}

/** The nodes of a managed node group among those of its cluster. */
export const nodesOfGroup = (nodes: readonly ListedNode[], nodegroup: string): ListedNode[] =>
  nodes.filter((node) => node.nodegroup === nodegroup);

/** The pods that a drain of these nodes evicts. */
export const leavingFrom = (nodeNames: ReadonlySet<string>, pods: readonly EvictablePod[]): EvictablePod[] =>
  pods.filter((pod) => nodeNames.has(pod.nodeName) && !pod.staysOnNode && isAlive(pod));

export const isAlive = ({ phase, terminating }: EvictablePod): boolean =>
  phase !== 'Succeeded' && phase !== 'Failed' && !terminating;

/**
 * What forbids the eviction of pods, in the order of the eviction API's own checks.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */
export function holdsOf(leaving: readonly EvictablePod[], budgets: readonly Budget[]): Hold[] {
  const inNamespace = Map.groupBy(budgets, ({ namespace }) => namespace);
  const held = leaving.flatMap((pod) => {
    const hold = holdOf(
      pod,
      (inNamespace.get(pod.namespace) ?? []).filter(({ selector }) => selects(selector, pod.labels)),
    );
    return hold === undefined ? [] : [{ ...hold, pod }];
  });
  return [...Map.groupBy(held, ({ what }) => what).values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [{ what: first.what, isSure: first.isSure, pods: same.map(({ pod }) => pod) }];
  });
}

function holdOf(pod: EvictablePod, own: readonly Budget[]): Pick<Hold, 'what' | 'isSure'> | undefined {
  // The API server evicts a pod that has not started yet, whatever budgets say.
  if (pod.phase === 'Pending') return undefined;
  const [guessed = [], known = []] = [true, false].map((wanted) =>
    own.filter(({ isGuessed = false }) => isGuessed === wanted),
  );
  const hold = heldBy(pod, known);
  if (guessed.length === 0 || hold?.isSure === true) return hold;
  return {
    what: `the disruption budget ${namesOf(guessed)}, whose pods are not known, may allow no eviction of`,
    isSure: false,
  };
}

const namesOf = (budgets: readonly Budget[]): string =>
  listed(budgets.map(({ namespace, name }) => `${namespace}/${name}`));

/** @param own the budgets that select the pod */
function heldBy(pod: EvictablePod, own: readonly Budget[]): Pick<Hold, 'what' | 'isSure'> | undefined {
  const [budget, ...others] = own;
  if (budget === undefined) return undefined;
  const names = namesOf(own);
  // The API server refuses: "This pod has more than one PodDisruptionBudget, which the eviction subresource does not
  // support."
  if (others.length > 0)
    return { what: `the disruption budgets ${names} together never allow an eviction of`, isSure: true };
  if (!pod.ready && isLetGoUnready(budget)) return undefined;
  if (!budget.isObserved)
    return { what: `the status of the disruption budget ${names} is not up to date for`, isSure: false };
  if (budget.disruptionsAllowed >= 1) return undefined;
  return { what: `the disruption budget ${names} now allows no eviction of`, isSure: true };
}

/** Whether a pod that is not Ready may go: where enough others are Ready, or where its budget always lets it. */
const isLetGoUnready = ({ evictsUnready, currentHealthy, desiredHealthy }: Budget): boolean =>
  evictsUnready || (desiredHealthy > 0 && currentHealthy >= desiredHealthy);

export const sentenceOf = ({ what, pods }: Pick<Hold, 'what' | 'pods'>): string =>
  `${what} ${listed(pods.map(inWords))}`;

const inWords = ({ namespace, name, owner }: EvictablePod): string =>
  `${namespace}/${name}${owner === undefined ? '' : ` (${owner})`}`;

/** A property of pods, in words, and whether a pod has it. */
export type Trait = readonly [what: string, isMeant: (pod: EvictablePod) => boolean];

/** A pod that tolerates every taint comes back to a drained node. */
export const RETURNING: Trait = [
  'with a toleration of every taint, which may come back to a drained node',
  (pod) => pod.toleratesEverything,
];

/** The pods that have a trait, as a sentence for each trait that some have. */
export const thoseWith = (pods: readonly EvictablePod[], traits: readonly Trait[]): string[] =>
  traits.flatMap(([what, isMeant]) => {
    const meant = pods.filter(isMeant);
    const isOrAre = meant.length === 1 ? 'is' : 'are';
    return meant.length === 0
      ? []
      : [`there ${isOrAre} ${counted(meant.length, 'pod')} ${what}: ${listed(meant.map(inWords))}`];
  });
