import { unmanagedGroup } from '../shared/fleet/worker.ts';
import { subjectOf } from '../shared/ledger/node-group-key.ts';
import type { ReplacementOrder } from '../shared/ledger/replacement-orders.ts';
import { isDue, type JudgedNode, leftOf } from './decide-authority.ts';
import { judgeSource } from './decide-user-data.ts';
import type { GroupLaunches } from './group-launches.ts';
import type { Rotation } from './rotation.ts';

const HOUR = 3_600_000;

/** How long an order counts, ms. It is repeated each day while it holds. */
const ORDERED_FOR = 36 * HOUR;

/** How long an order may take before it can be late, ms: a refresh, and a run of this function after it. */
const TAKES = 36 * HOUR;

/** What an order depends on besides the groups and their nodes. */
interface Ordering {
  /** The policy's `authorities.margin`, ms. */
  readonly margin: number;
  /** The orders that count, by `subjectOf`. */
  readonly known: ReadonlyMap<string, ReplacementOrder>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * The managed and self-managed groups whose nodes are due to be replaced, by `subjectOf`; a pure function. A group is
 * left out where its next nodes would not trust the newest authority either, or where nobody knows. Karpenter's pools
 * are left to Karpenter.
 */
export function ordersFor(
  groups: readonly GroupLaunches[],
  nodes: readonly JudgedNode[],
  rotations: ReadonlyMap<string, Rotation>,
  { margin, known, now }: Ordering,
): Map<string, ReplacementOrder> {
  return new Map(
    groups.flatMap((group): Array<[string, ReplacementOrder]> => {
      const rotation = rotations.get(group.cluster);
      if (rotation === undefined || unmanagedGroup(group.nodegroup)?.kind === 'node-pool') return [];
      if (!isDue(rotation, margin, now)) return [];
      if (group.sources.some((source) => judgeSource(source, rotation).kind !== 'trusts')) return [];
      const own = nodes.filter(({ cluster, nodegroup }) => cluster === group.cluster && nodegroup === group.nodegroup);
      const isEks = group.sources.length === 0;
      if (isEks && unmanagedGroup(group.nodegroup) !== undefined) return [];
      // Where EKS has written a former authority into user data since, nobody knows that the next nodes would get
      // another. So only nodes from before the newest authority are replaced, and none of them twice.
      const left = leftOf(own, rotation).filter(({ launchedAt }) => !isEks || launchedAt < rotation.addedAt);
      if (left.length === 0) return [];
      const launchedBefore = Math.max(...left.map(({ launchedAt }) => launchedAt)) + 1;
      const why = 'They do not trust the newest certificate authority of the cluster.';
      const subject = subjectOf(group);
      const since = known.get(subject)?.since ?? now;
      const lateFrom = Math.max(halfOf(rotation, margin) ?? since, since + TAKES);
      return [[subject, { launchedBefore, why, until: now + ORDERED_FOR, since, lateFrom }]];
    }),
  );
}

/** When half of the margin before EKS may activate the newest authority is over; undefined where EKS tells no day. */
function halfOf({ newest }: Rotation, margin: number): number | undefined {
  const activatedFrom = newest.scheduledEvents?.firstAutoActivation?.getTime();
  return activatedFrom === undefined ? undefined : activatedFrom - margin / 2;
}
