import type { NodeGroupView } from './observation.ts';

const HOUR = 3_600_000;

/** How long any update may take at least before it counts as stuck, ms. */
const AT_LEAST = 6 * HOUR;

/**
 * How long EKS may take per batch of nodes, ms: some minutes until new nodes are Ready, 15 minutes for evictions, one
 * minute until old nodes are terminated ("Understand each phase of node updates", EKS user guide), and as much again
 * for slow instances.
 */
const EACH_BATCH = HOUR / 2;

/** How long an update of a node group may take before it counts as stuck, ms. */
export const mayTake = ({ desired, nodes, atATime }: Pick<NodeGroupView, 'desired' | 'nodes' | 'atATime'>): number =>
  Math.max(AT_LEAST, Math.ceil(Math.max(desired, nodes?.length ?? 0) / Math.max(1, atATime)) * EACH_BATCH + HOUR);
