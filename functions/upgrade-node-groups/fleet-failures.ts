import type { Lift, NodeGroupKey, Setback } from '../shared/ledger/node-group-ledger.ts';

/** A node group whose last attempts have failed. */
export interface Failing {
  readonly key: NodeGroupKey;
  /** The place of its wave, from 0; absent: the policy has none. */
  readonly wave?: number | undefined;
  readonly setbacks: readonly Setback[];
}

/** Who has failed in the fleet, and what operators have resumed since. No other state says whether a breaker has tripped. */
export interface FleetFailures {
  readonly failing: ReadonlyMap<string, Failing>;
  readonly lifts: readonly Lift[];
}
