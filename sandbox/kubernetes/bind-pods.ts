import type { Random } from '../time/random.ts';
import type { SchedulingNode } from './scheduling.ts';
import { groupLabelOf, type Workload, type WorkloadPod } from './workload-pods.ts';

/**
 * Binds pods of workloads that have no node, each to the node with the fewest pods of its kind, then with the fewest in
 * all, as far as nodes take them.
 *
 * @param pods all pods of the cluster's workloads
 * @param since the earliest time at which a pod can have been bound, epoch ms
 */
export function bindPods(
  pods: readonly WorkloadPod[],
  nodes: readonly SchedulingNode[],
  since: number,
  random: Random,
): void {
  const living = pods.filter(({ leaving }) => leaving === undefined);
  const waiting = living.filter(({ bound }) => bound === undefined);
  if (waiting.length === 0) return;
  const all = countByNode(pods);
  for (const [workload, ofOne] of Map.groupBy(waiting, (pod) => pod.workload)) {
    const own = countByNode(living.filter((pod) => pod.workload === workload));
    const open = nodes.filter((node) => takes(node, workload));
    for (const pod of ofOne) {
      const node = leastOf(open, ({ name }) => (own.get(name) ?? 0) * 1_000_000 + (all.get(name) ?? 0));
      if (node === undefined) break;
      const boundAt = Math.max(since, pod.createdAt, node.createdAt);
      pod.bound = { nodeName: node.name, readyAt: boundAt + random.integer(8_000, 25_000) };
      for (const counts of [own, all]) counts.set(node.name, (counts.get(node.name) ?? 0) + 1);
    }
  }
}

const takes = ({ labels, ready, unschedulable, taints }: SchedulingNode, workload: Workload): boolean =>
  labels[groupLabelOf(workload)] === workload.nodeGroup &&
  ready &&
  !unschedulable &&
  taints.every(({ effect }) => effect === 'PreferNoSchedule');

function countByNode(pods: readonly WorkloadPod[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { bound } of pods)
    if (bound !== undefined) counts.set(bound.nodeName, (counts.get(bound.nodeName) ?? 0) + 1);
  return counts;
}

/** The first item with the lowest rank. */
function leastOf<Item>(items: readonly Item[], rankOf: (item: Item) => number): Item | undefined {
  let [least, lowest]: [Item | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const item of items) {
    const rank = rankOf(item);
    if (rank < lowest) [least, lowest] = [item, rank];
  }
  return least;
}
