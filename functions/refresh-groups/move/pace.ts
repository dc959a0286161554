import { isHastened, shortened } from '../../shared/rollouts/hastened.ts';
import type { Observation } from '../model/observation.ts';
import type { Policy } from '../policy.ts';

/**
 * The policy of a group at its pace: urgent findings shorten its bake times, and nothing else. Windows, gates, waves and
 * limits hold as ever. A pure function.
 *
 * @param now epoch milliseconds
 */
export function pacedBy(policy: Policy, { need }: Pick<Observation, 'need'>, now: number): Policy {
  if (!isHastened(need, policy, now)) return policy;
  const { refreshes, upgrades } = policy;
  const { bakeAge, bakeBetween } = shortened(
    { bakeAge: refreshes.bakeAge, bakeBetween: upgrades.bakeBetween },
    refreshes.urgent,
  );
  return { ...policy, refreshes: { ...refreshes, bakeAge }, upgrades: { ...upgrades, bakeBetween } };
}
