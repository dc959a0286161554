import type { NodeGroupKey } from '../ledger/node-group-key.ts';
import type { Lift, Setback } from '../ledger/rollout-memory.ts';

/** A node group whose last attempts have failed. */
export interface Failing {
  readonly key: NodeGroupKey;
  /** The place of the node group's wave, from 0; absent: the policy has none. */
  readonly wave?: number | undefined;
  readonly setbacks: readonly Setback[];
}

/**
 * The node groups that have failed in the fleet, and the breakers that operators have resumed since. Nothing else says
 * whether a breaker has tripped.
 */
export interface FleetFailures {
  readonly failing: ReadonlyMap<string, Failing>;
  readonly lifts: readonly Lift[];
}
