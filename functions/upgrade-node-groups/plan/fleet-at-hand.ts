import { type InvalidPolicy, isInvalid } from '../../shared/policy/policy.ts';
import { policyAt } from '../../shared/policy/policy-at.ts';
import { type AllGroups, failuresOf, managedRollouts } from '../../shared/rollouts/all-groups.ts';
import { withStateOf } from '../../shared/rollouts/breaker.ts';
import { waveOf } from '../../shared/rollouts/wave-place.ts';
import { placeOf } from '../model/circumstances.ts';
import type { Circumstances } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { type Policy, READS } from '../policy.ts';

/**
 * How the fleet stands where all of its managed node groups have been observed: who has failed, and what self-managed
 * groups and node classes mean for rollouts.
 *
 * @param remembered what the ledger remembers of self-managed groups and of node classes
 */
export function fleetAtHand(
  observations: readonly Observation[],
  remembered: Omit<AllGroups, 'managed'>,
  anywhere: Policy | InvalidPolicy,
): Pick<Circumstances, 'fleetFailures' | 'rollouts'> {
  const others = { ...remembered, managed: new Map() };
  const fleetFailures = observations.reduce(
    (known, observation) => {
      if (observation.view.kind === 'unmanaged') return known;
      const policy = policyAt<typeof READS, Policy>(anywhere, placeOf(observation), READS);
      const wave = isInvalid(policy) ? undefined : waveOf(policy)?.place;
      return withStateOf(known, observation.key, observation.state, wave);
    },
    failuresOf(others, anywhere),
  );
  return { fleetFailures, ...(!isInvalid(anywhere) && { rollouts: managedRollouts(others, anywhere) }) };
}
