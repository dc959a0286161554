import type { ClusterNode } from '../account/eks/cluster-nodes.ts';
import type { PodSpec } from './daemon-set.ts';

/** A taint of a node. */
export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** A node, as the DaemonSet controller sees it. */
export interface SchedulingNode extends ClusterNode {
  readonly taints: readonly Taint[];
}

type Requirement = { readonly key: string; readonly operator: string; readonly values: readonly string[] };
type Toleration = PodSpec['tolerations'][number];

/** Tolerations that the DaemonSet controller adds to every pod. */
const OWN_TOLERATIONS: readonly Toleration[] = [
  ['node.kubernetes.io/not-ready', 'NoExecute'],
  ['node.kubernetes.io/unreachable', 'NoExecute'],
  ['node.kubernetes.io/disk-pressure', 'NoSchedule'],
  ['node.kubernetes.io/memory-pressure', 'NoSchedule'],
  ['node.kubernetes.io/pid-pressure', 'NoSchedule'],
  ['node.kubernetes.io/unschedulable', 'NoSchedule'],
].map(([key = '', effect = '']) => ({ key, operator: 'Exists', value: '', effect }));

/**
 * Whether a DaemonSet should run a pod on a node: its selectors match, and its tolerations tolerate the node's taints.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/#how-daemon-pods-are-scheduled
 */
export function fits({ nodeSelector, affinity, tolerations }: PodSpec, node: SchedulingNode): boolean {
  const terms = affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return (
    Object.entries(nodeSelector).every(([key, value]) => node.labels[key] === value) &&
    (terms === undefined || terms.some((term) => matches(term, node))) &&
    node.taints
      .filter(({ effect }) => effect !== 'PreferNoSchedule')
      .every((taint) => [...OWN_TOLERATIONS, ...tolerations].some((toleration) => bears(toleration, taint)))
  );
}

function matches(
  {
    matchExpressions,
    matchFields,
  }: { readonly matchExpressions: readonly Requirement[]; readonly matchFields: readonly Requirement[] },
  { labels, name }: SchedulingNode,
): boolean {
  // A term without requirements matches no node.
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((requirement) => holds(requirement, labels[requirement.key])) &&
    matchFields.every((requirement) => holds(requirement, name))
  );
}

function holds({ operator, values }: Requirement, actual: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return actual !== undefined && values.includes(actual);
    case 'NotIn':
      return actual === undefined || !values.includes(actual);
    case 'Exists':
      return actual !== undefined;
    case 'DoesNotExist':
      return actual === undefined;
    case 'Gt':
      return Number(actual) > Number(values[0]);
    default:
      return Number(actual) < Number(values[0]);
  }
}

/** An empty key, value or effect of a toleration matches any. */
const bears = ({ key, operator, value, effect }: Toleration, taint: Taint): boolean =>
  (effect === '' || effect === taint.effect) &&
  (key === '' || key === taint.key) &&
  (operator === 'Exists' || value === (taint.value ?? ''));
