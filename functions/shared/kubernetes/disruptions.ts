import type { CoreV1Api, PolicyV1Api, V1LabelSelector, V1Pod, V1PodDisruptionBudget } from '@kubernetes/client-node';
import { pagesOf } from './all-pages.ts';
import { controllerOf, labelsOf } from './pod-metadata.ts';
import { toleratesEverything } from './tolerations.ts';

/** A pod that runs or will run, with what matters for its eviction. */
export interface EvictablePod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly nodeName: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Its controller, such as `ReplicaSet web-5d9`; absent where nothing would start the pod again. */
  readonly owner?: string;
  /** Whether a drain leaves the pod alone, as with static pods and those of a DaemonSet. */
  readonly staysOnNode: boolean;
  readonly phase: string;
  readonly ready: boolean;
  readonly terminating: boolean;
  /** Whether the pod has an `emptyDir`, whose data ends with the pod. */
  readonly hasLocalData: boolean;
  /** Whether the pod tolerates every taint, so that a drained node does not keep it away. */
  readonly toleratesEverything: boolean;
}

/** A PodDisruptionBudget. */
export interface Budget {
  readonly namespace: string;
  readonly name: string;
  readonly selector: V1LabelSelector | undefined;
  /** Whether the selector was not kept, so that nobody knows which pods of the namespace it selects. */
  readonly isGuessed?: true;
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  /** Whether the status belongs to the present specification. Kubernetes refuses evictions until then. */
  readonly isObserved: boolean;
  readonly evictsUnready: boolean;
}

/** Lists all pods that are bound to a node, of every namespace, page by page, and keeps little of each. */
export async function listEvictablePods(core: CoreV1Api): Promise<EvictablePod[]> {
  const pods: EvictablePod[] = [];
  for await (const page of pagesOf((asked) => core.listPodForAllNamespaces(asked))) {
    pods.push(...page.filter(({ spec }) => spec?.nodeName !== undefined).map(describePod));
  }
  return pods;
}

/**
 * How many budgets of a namespace are told apart, which is more than anybody needs. Each pod is compared with those of its
 * namespace, and whoever may make budgets there can make any number of them.
 */
const MOST_BUDGETS = 2_000;

/** The budgets of all namespaces. Those beyond {@link MOST_BUDGETS} of one are told as one of unknown status for all its pods. */
export async function listBudgets(policy: PolicyV1Api): Promise<Budget[]> {
  const budgets: Budget[] = [];
  const counts = new Map<string, number>();
  let room = ALL_SELECTORS;
  for await (const page of pagesOf((asked) => policy.listPodDisruptionBudgetForAllNamespaces(asked))) {
    for (const each of page) {
      const { namespace = '' } = each.metadata ?? {};
      const count = (counts.get(namespace) ?? 0) + 1;
      counts.set(namespace, count);
      if (count === MOST_BUDGETS + 1) budgets.push({ ...ANY_OTHER, namespace });
      if (count > MOST_BUDGETS) continue;
      const budget = describeBudget(each, Math.min(LONGEST_SELECTOR, room));
      budgets.push(budget);
      // Only what is kept takes room, so that budgets without end in one namespace leave it to the others.
      room = Math.max(USUAL_SELECTOR, room - JSON.stringify(budget.selector ?? {}).length);
    }
  }
  return budgets;
}

/** Stands for many budgets: one too many is a doubt, but one too few is a blocker that nobody names. */
const ANY_OTHER = {
  name: '*',
  selector: {},
  isGuessed: true,
  disruptionsAllowed: 0,
  currentHealthy: 0,
  desiredHealthy: 0,
  isObserved: false,
  evictsUnready: false,
} as const satisfies Omit<Budget, 'namespace'>;

/** What of a pod matters for its eviction. */
export function describePod({ metadata, spec, status }: V1Pod): EvictablePod {
  const controller = controllerOf(metadata);
  const { phase = '' } = status ?? {};
  const isStatic = metadata?.annotations?.['kubernetes.io/config.mirror'] !== undefined || controller?.kind === 'Node';
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    nodeName: spec?.nodeName ?? '',
    // Nothing is asked of pods that have ended, of which a cluster keeps thousands.
    labels: phase === 'Succeeded' || phase === 'Failed' ? {} : labelsOf(metadata),
    ...(controller !== undefined && { owner: `${controller.kind} ${controller.name}` }),
    staysOnNode: isStatic || controller?.kind === 'DaemonSet',
    phase,
    ready: status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') ?? false,
    terminating: metadata?.deletionTimestamp !== undefined,
    hasLocalData:
      spec?.volumes?.some(({ emptyDir }) => emptyDir !== undefined && emptyDir.medium !== 'Memory') ?? false,
    toleratesEverything: toleratesEverything(spec),
  };
}

function describeBudget({ metadata, spec, status }: V1PodDisruptionBudget, longest: number): Budget {
  return {
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    ...selectorOf(spec?.selector, longest),
    disruptionsAllowed: status?.disruptionsAllowed ?? 0,
    currentHealthy: status?.currentHealthy ?? 0,
    desiredHealthy: status?.desiredHealthy ?? 0,
    isObserved: status !== undefined && (status.observedGeneration ?? 0) >= (metadata?.generation ?? 0),
    evictsUnready: spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow',
  };
}

/**
 * How long a selector may be, as JSON, and all of a cluster together before only usual ones are kept. The API server sets no
 * limit but that of the object, and in memory they take several times that.
 */
const [LONGEST_SELECTOR, ALL_SELECTORS, USUAL_SELECTOR] = [8_192, 2 ** 22, 256];

/**
 * A selector, as far as memory has room for those of all budgets. A longer one counts as selecting all pods of its
 * namespace: a budget too many is a doubt, but a budget too few is a blocker that nobody names.
 */
const selectorOf = (selector: V1LabelSelector | undefined, longest: number): Pick<Budget, 'selector' | 'isGuessed'> =>
  selector === undefined || JSON.stringify(selector).length <= longest
    ? { selector }
    : { selector: {}, isGuessed: true };

/**
 * Whether a selector of `policy/v1` selects labels. An empty selector selects all pods of the namespace, an absent one
 * none.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/#specifying-a-poddisruptionbudget
 */
export function selects(selector: V1LabelSelector | undefined, labels: Readonly<Record<string, string>>): boolean {
  if (selector === undefined) return false;
  const { matchLabels = {}, matchExpressions = [] } = selector;
  const labelled = (key: string) => (Object.hasOwn(labels, key) ? labels[key] : undefined);
  return (
    Object.entries(matchLabels).every(([key, value]) => labelled(key) === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labelled(key);
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      const isAmong = value !== undefined && values.includes(value);
      // An unknown operator selects: a budget too many is a doubt, but a budget too few is a blocker that nobody names.
      return operator === 'In' ? isAmong : operator === 'NotIn' ? !isAmong : true;
    })
  );
}
