import pMap from 'p-map';
import { isKubernetesAccessError } from '../shared/kubernetes/access-error.ts';
import type { KubernetesClient } from '../shared/kubernetes/client.ts';
import { EVICTION_CONCURRENCY, EXCLUDE_LABEL } from '../shared/kubernetes/evictable.ts';
import { shortLine } from '../shared/text/short-line.ts';
import type { DrainState } from './drain-ledger.ts';
import { DRAIN_TAINT } from './hook.ts';
import type { DrainObservation } from './observation.ts';

/**
 * How many owners of pods that come back are counted. Whoever may make pods can make each with an owner of its own, and an
 * item of the ledger holds 400 KB. Pods of further owners hold their node until its deadline.
 */
const MOST_OWNERS = 100;

/** What a drain keeps in the ledger. */
export interface Memory {
  /** @returns false when another reconcile was first */
  readonly remember: (changed: Pick<DrainState, 'node'> | Pick<DrainState, 'ending'>) => Promise<boolean>;
  /** Counts the pods that came back and were evicted, by owner; saved after the act. */
  readonly comebacks: Map<string, number>;
  readonly now: number;
}

/** What became of the evictions. */
export interface Drained {
  /** Whose evictions admission refused, and in which words; absent where none was. */
  readonly denied?: string | undefined;
}

/** Of how many pods it is told why admission refuses their evictions, and in how many characters each. */
const [MOST_DENIED, LONGEST_DENIAL] = [3, 300];

/**
 * Cordons the node, and evicts its pods as budgets allow. What admission refuses is no trouble of the cluster: it holds
 * one pod back, as a budget does. Strimzi's drain cleaner refuses each eviction, and has its operator move the pod.
 *
 * @returns undefined when another reconcile was first
 */
export async function drain(
  kubernetes: KubernetesClient,
  { node, state }: DrainObservation,
  { remember, comebacks, now }: Memory,
): Promise<Drained | undefined> {
  if (node.kind !== 'found') return {};
  const { name, unschedulable, isOurs, label } = node;
  if (state.node === undefined) {
    // One that has the taint already was cordoned by an earlier drain: what it was before is not known.
    const former = isOurs
      ? { name, unschedulable: false, at: now }
      : { name, unschedulable, ...(label !== undefined && { label }), at: now };
    if (!(await remember({ node: former }))) return undefined;
  }
  await kubernetes.isolateNode(name, { taint: DRAIN_TAINT, label: EXCLUDE_LABEL });
  const troubles: unknown[] = [];
  const denials: string[] = [];
  await pMap(
    node.pods.filter(({ terminating }) => !terminating),
    async (pod) => {
      // One pod's trouble does not stop the others.
      const evicted = await kubernetes.evict(pod).catch((error: unknown) => {
        const isDenied = isKubernetesAccessError(error) && error.problem === 'denied';
        if (isDenied) denials.push(`${pod.namespace}/${pod.name}: ${shortLine(error.message, LONGEST_DENIAL)}`);
        else troubles.push(error);
      });
      if (evicted !== 'evicted' || !pod.cameBack) return;
      const times = comebacks.get(pod.owner) ?? (comebacks.size < MOST_OWNERS ? 0 : undefined);
      if (times !== undefined) comebacks.set(pod.owner, times + 1);
    },
    { concurrency: EVICTION_CONCURRENCY },
  );
  if (troubles.length > 0) throw troubles[0];
  // The order in which answers came would be news each time.
  const told = denials.toSorted().slice(0, MOST_DENIED);
  return { denied: told.length === 0 ? undefined : told.join(' ') };
}

/** Gives the node back what its drain has changed. */
export async function restore(kubernetes: KubernetesClient, { state: { node } }: DrainObservation): Promise<void> {
  if (node === undefined) return;
  await kubernetes.restoreNode(node.name, {
    unschedulable: node.unschedulable,
    taintKey: DRAIN_TAINT.key,
    label: { key: EXCLUDE_LABEL.key, value: node.label },
  });
}
