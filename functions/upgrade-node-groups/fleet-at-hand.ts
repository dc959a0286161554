import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import { policyAt } from '../shared/policy/policy-at.ts';
import { waveOf } from '../shared/rollouts/wave-place.ts';
import { NO_FAILURES, withStateOf } from './breaker.ts';
import { placeOf } from './circumstances.ts';
import type { FleetFailures } from './fleet-failures.ts';
import type { Observation } from './observation.ts';
import { type Policy, READS } from './policy.ts';

/** The node groups that have failed, where all node groups of the fleet have been observed. */
export const failuresAtHand = (observations: readonly Observation[], anywhere: Policy | InvalidPolicy): FleetFailures =>
  observations.reduce((known, observation) => {
    const policy = policyAt<typeof READS, Policy>(anywhere, placeOf(observation), READS);
    const wave = isInvalid(policy) ? undefined : waveOf(policy)?.place;
    return withStateOf(known, observation.key, observation.state, wave);
  }, NO_FAILURES);
