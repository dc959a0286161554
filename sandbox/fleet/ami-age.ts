import { nodesOf } from '../account/eks/nodes.ts';
import type { EksNodeGroup } from '../account/eks/state.ts';
import type { FleetState } from './state.ts';

const DAY_MS = 86_400_000;

/** How old the AMIs are that the nodes of managed node groups run at this moment: days since each release appeared. */
export const amiAges = (state: FleetState): number[] =>
  [...state.eks.clusters.keys()]
    .flatMap((cluster) => state.eks.nodeGroupsOf(cluster))
    .flatMap((group) => amiAgesOf(state, group));

/** The same for the nodes of one group; those with a custom AMI are left out. */
export const amiAgesOf = ({ releases, world }: FleetState, group: EksNodeGroup): number[] =>
  nodesOf(group)
    .map(({ imageId }) => releases.byImageId(imageId))
    .filter((release) => release !== undefined)
    .map(({ at }) => (world.time.now - at) / DAY_MS);

/** The value in the middle; 0 of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return (upper + lower) / 2;
}
