import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { counted } from '../../shared/text/counted.ts';
import { listed } from '../../shared/text/listed.ts';
import type { Observation, UpdateError } from '../model/observation.ts';
import {
  type ClusterPods,
  holdsOf,
  leavingFrom,
  nodesOfGroup,
  RETURNING,
  sentenceOf,
  thoseWith,
} from '../model/pod-holds.ts';

/**
 * EKS's code for an update in which a pod has not left its node within 15 minutes (EKS user guide, managed node group
 * errors).
 */
const EVICTION_FAILURE = 'PodEvictionFailure';

/** EKS's errors for pods that have not left, where an update of the node group has failed for them. */
export const evictionErrorsOf = ({ view }: Observation): readonly UpdateError[] =>
  view.kind === 'node-group' && view.update?.kind === 'failed'
    ? view.update.errors.filter(({ code }) => code === EVICTION_FAILURE)
    : [];

/**
 * Says in sentences what holds pods after EKS has given up an update; a pure function. EKS names the node in
 * `resourceIds`, and never the pod (aws/containers-roadmap#1282). The pod is certain only on a node that EKS names:
 * elsewhere it may be another one.
 *
 * @param seen the pods as read after the failure, when EKS has let its nodes take pods again
 */
export function heldPodsInWords(
  { key }: Pick<Observation, 'key'>,
  errors: readonly UpdateError[],
  seen: ClusterPods,
): string {
  if (seen.kind === 'unreadable') return `Which pod it was could not be read (${seen.why}).`;
  const own = nodesOfGroup(seen.nodes, key.nodegroup);
  const named = new Set(errors.flatMap(({ resources = [] }) => resources));
  const still = own.filter(
    ({ name, instanceId }) => named.has(name) || (instanceId !== undefined && named.has(instanceId)),
  );
  const nodes = still.length > 0 ? still : own;
  const held = heldOn(new Set(nodes.map(({ name }) => name)), seen);
  const where = whereOf(
    still.map(({ name }) => name),
    named.size,
    subjectOf(key),
  );
  if (held.length === 0) return `${where}no pod is held any more, so which one it was is not known.`;
  return `${where}${held.join('; ')}.`;
}

/** The holds on nodes, the most certain first: budgets, an end that takes long, a toleration that brings pods back. */
function heldOn(nodeNames: ReadonlySet<string>, { pods, budgets }: Extract<ClusterPods, { kind: 'found' }>): string[] {
  const leaving = leavingFrom(nodeNames, pods);
  const holds = holdsOf(leaving, budgets).toSorted((a, b) => Number(b.isSure) - Number(a.isSure));
  const ending = pods.filter((pod) => nodeNames.has(pod.nodeName) && !pod.staysOnNode && pod.terminating);
  return [
    ...holds.map(sentenceOf),
    ...(ending.length === 0 ? [] : [sentenceOf({ what: 'a deletion that has not ended holds', pods: ending })]),
    ...thoseWith(leaving, [RETURNING]),
  ];
}

function whereOf(still: readonly string[], named: number, subject: string): string {
  if (still.length > 0) return `Now, on ${listed(still)}: `;
  const doubt =
    named === 0 ? 'EKS names no node' : `${counted(named, 'node')} that EKS names ${named === 1 ? 'is' : 'are'} gone`;
  return `${doubt}, so it may have been another pod. Now, on the nodes of ${subject}: `;
}
