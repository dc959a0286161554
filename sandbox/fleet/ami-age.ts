import type { EksNodeGroup } from '../account/eks/node-group.ts';
import { nodesOf } from '../account/eks/nodes.ts';
import type { FleetState } from './state.ts';

const DAY_MS = 86_400_000;

/** The current age of the AMIs on the nodes of managed node groups, in days since each release was published. */
export const amiAges = (state: FleetState): number[] =>
  [...state.eks.clusters.keys()]
    .flatMap((cluster) => state.eks.nodeGroupsOf(cluster))
    .flatMap((group) => amiAgesOf(state, group));

/** The current age of the AMIs on the nodes of one group, in days, without nodes with a custom AMI. */
export const amiAgesOf = ({ releases, world }: FleetState, group: EksNodeGroup): number[] =>
  nodesOf(group)
    .map(({ imageId }) => releases.byImageId(imageId))
    .filter((release) => release !== undefined)
    .map(({ at }) => (world.time.now - at) / DAY_MS);

/** The median; 0 for no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return (upper + lower) / 2;
}
