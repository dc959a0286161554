import type { FaultPlan } from '../../sandbox/account/faults.ts';
import type { Fleet } from './fleet.ts';
import type { Parts } from './parts.ts';
import type { Policy } from './policy.ts';
import type { Step } from './step.ts';

/** One simulated day: plain data, so that it can be printed, shortened and played again. */
export interface Scenario extends Parts {
  readonly seed: number;
  readonly fleet: Fleet;
  readonly policy: Policy;
  readonly faults: FaultPlan;
  readonly steps: readonly Step[];
}

/** Kinds of faults that a scenario has. */
export const faultKinds = ({ faults: { quietAfterMs: _, ...kinds }, fleet }: Scenario): string[] => [
  ...Object.keys(kinds),
  ...(fleet.eventualConsistency === true ? ['eventualConsistency'] : []),
];
