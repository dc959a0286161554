import { isHastened, shortened } from '../shared/rollouts/hastened.ts';
import type { Observation } from './decision.ts';
import type { Policy } from './policy.ts';

/**
 * The policy of a class at its pace: urgent findings on nodes of its pools shorten its bake times, and nothing else. A
 * pure function.
 *
 * @param now epoch milliseconds
 */
export function pacedBy(policy: Policy, { need }: Pick<Observation, 'need'>, now: number): Policy {
  if (!isHastened(need, policy, now)) return policy;
  const { nodeClasses, upgrades } = policy;
  const { bakeAge, bakeBetween } = shortened(
    { bakeAge: nodeClasses.bakeAge, bakeBetween: upgrades.bakeBetween },
    nodeClasses.urgent,
  );
  return { ...policy, nodeClasses: { ...nodeClasses, bakeAge }, upgrades: { ...upgrades, bakeBetween } };
}
