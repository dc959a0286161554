import { counted } from '../shared/text/counted.ts';
import type { DrainObservation, HeldPod, LeftOutPod, NodeView } from './observation.ts';

/** At most five pods, by name, each with the budgets that hold it. */
export function heldIn(node: NodeView, { denied }: DrainObservation['state']): string {
  if (node.kind === 'unreadable') return node.why;
  if (node.kind === 'absent') return '';
  const still =
    node.pods.length === 0
      ? 'No pod is left. It is cordoned before it ends, so that none comes.'
      : `${counted(node.pods.length, 'pod')} still there: ${fewOf(node.pods.map(inName))}.`;
  const refused = denied === undefined || node.pods.length === 0 ? '' : ` Evictions are refused: ${denied}`;
  return `${still}${refused}${leftOutOf(node.leftOut)}`;
}

/** The pods that no drain waits for; those of DaemonSets and static ones, which each node has, come last. */
export function leftOutOf(pods: readonly LeftOutPod[]): string {
  if (pods.length === 0) return '';
  const inOrder = [...pods.filter((pod) => !isUsual(pod)), ...pods.filter(isUsual)];
  const named = inOrder.map(({ namespace, name, why }) => `${namespace}/${name} (${why})`);
  return ` The drain leaves out ${counted(pods.length, 'pod')}: ${fewOf(named)}.`;
}

const isUsual = ({ why }: LeftOutPod): boolean => why === 'of a DaemonSet' || why === 'static';

function fewOf(names: readonly string[]): string {
  const more = names.length > 5 ? `; and ${names.length - 5} more` : '';
  return `${names.slice(0, 5).join('; ')}${more}`;
}

function inName({ namespace, name, budgets, terminating }: HeldPod): string {
  if (terminating) return `${namespace}/${name} (ending)`;
  if (budgets.length === 0) return `${namespace}/${name}`;
  // Source: Kubernetes, eviction.go: several budgets never let a pod go.
  const many =
    budgets.length > 1 ? `several budgets, which never let it go: ${budgets.join(', ')}` : `budget ${budgets[0]}`;
  return `${namespace}/${name} (${many})`;
}

/** What will never pass, or not by itself, is news of its own. */
export function variantOf(node: NodeView, { denied }: DrainObservation['state']): string {
  if (node.kind !== 'found' || node.pods.length === 0) return '';
  const never = node.pods.some(({ budgets }) => budgets.length > 1) ? ' several-budgets' : '';
  return `${never}${denied === undefined ? '' : ' denied'}`;
}
