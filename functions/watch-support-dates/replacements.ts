import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import type { ReplacementOrder } from '../shared/ledger/replacement-orders.ts';
import { isDue, type JudgedNode, leftOf } from './decide-authority.ts';
import { judgeSource } from './decide-user-data.ts';
import type { GroupLaunches } from './group-launches.ts';
import type { Rotation } from './rotation.ts';

/** How long an order counts, ms. It is repeated each day while it holds. */
const ORDERED_FOR = 36 * 3_600_000;

/**
 * The self-managed groups whose nodes are due to be replaced, by `subjectOf`; a pure function. A group is left out
 * where its next nodes would not trust the newest authority either, or where nobody knows. Managed node groups are left
 * out, because AWS does not document that EKS replaces nodes for the release that they have.
 *
 * @param now epoch milliseconds
 */
export function ordersFor(
  groups: readonly GroupLaunches[],
  nodes: readonly JudgedNode[],
  rotations: ReadonlyMap<string, Rotation>,
  margin: number,
  now: number,
): Map<string, ReplacementOrder> {
  return new Map(
    groups.flatMap((group): Array<[string, ReplacementOrder]> => {
      const rotation = rotations.get(group.cluster);
      if (rotation === undefined || !group.nodegroup.startsWith('self-managed:')) return [];
      if (!isDue(rotation, margin, now)) return [];
      if (group.sources.some((source) => judgeSource(source, rotation).kind !== 'trusts')) return [];
      const own = nodes.filter(({ cluster, nodegroup }) => cluster === group.cluster && nodegroup === group.nodegroup);
      const left = leftOf(own, rotation);
      if (left.length === 0) return [];
      const launchedBefore = Math.max(...left.map(({ launchedAt }) => launchedAt)) + 1;
      const why = 'They do not trust the newest certificate authority of the cluster.';
      return [[subjectOf(group), { launchedBefore, why, until: now + ORDERED_FOR }]];
    }),
  );
}
