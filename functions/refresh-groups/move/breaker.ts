import { failingBy } from '../../shared/rollouts/all-groups.ts';
import { type Trip, tripsFor } from '../../shared/rollouts/breaker.ts';
import { type HeldByBreaker, heldBy } from '../../shared/rollouts/held-by-breaker.ts';
import type { Circumstances, Decision } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import type { Policy } from '../policy.ts';

/** The breakers that keep a group from a refresh to an AMI, the narrowest first; a pure function. */
export const tripsAt = (
  { key, state }: Pick<Observation, 'key' | 'state'>,
  imageId: string,
  policy: Pick<Policy, 'upgrades'>,
  { fleetFailures }: Pick<Circumstances, 'fleetFailures'>,
): Trip[] => tripsFor(fleetFailures, { key, ...failingBy(state), releaseVersion: imageId }, policy);

/** What is told of a group that a breaker keeps from a refresh to an AMI; undefined where none does. */
export function heldByBreaker(
  observation: Pick<Observation, 'key' | 'state'>,
  imageId: string,
  policy: Pick<Policy, 'upgrades'>,
  circumstances: Pick<Circumstances, 'fleetFailures'>,
): (HeldByBreaker & Pick<Decision, 'decision'>) | undefined {
  const [trip] = tripsAt(observation, imageId, policy, circumstances);
  return trip && { ...heldBy(trip, observation.key), decision: 'refused' };
}

/** Whether a breaker holds a group, or would hold its proposal once an operator approves it. */
export const isHeld = ({ decision, reason }: { readonly decision: string; readonly reason: string }): boolean =>
  reason === 'breaker-tripped' || reason === 'held-by-breaker' || decision === 'would-act';
