import type { SeenRelease } from '../../shared/releases/release-ledger.ts';
import type { Node } from './nodes.ts';
import type { Observation } from './observation.ts';

/** The release that a node group moves to, or the one that it runs, where that brings new nodes. */
export interface Due extends SeenRelease {
  /** Set where nodes that were launched before this time are replaced with the same release, epoch milliseconds. */
  readonly replaces?: number;
}

/** The nodes that were launched before a time, epoch milliseconds. */
export const launchedBefore = (nodes: readonly Node[] = [], before: number): Node[] =>
  nodes.filter(({ launchedAt }) => launchedAt !== undefined && launchedAt < before);

/** The nodes that an order means and that are still there; a pure function. */
export const nodesOrdered = ({ order, view }: Pick<Observation, 'order' | 'view'>): readonly Node[] =>
  order === undefined || view.kind !== 'node-group' ? [] : launchedBefore(view.nodes, order.launchedBefore);

/** Whether a fresh read shows that an order is carried out; a pure function. Doubt says no. */
export const isCarriedOut = ({ order, view }: Pick<Observation, 'order' | 'view'>): boolean =>
  order !== undefined &&
  view.kind === 'node-group' &&
  view.nodes?.every(({ launchedAt }) => launchedAt !== undefined && launchedAt >= order.launchedBefore) === true;
