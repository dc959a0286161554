import { stricter } from '../../shared/policy/mode.ts';
import { type InvalidPolicy, isInvalid } from '../../shared/policy/policy.ts';
import { type Place, policyAt } from '../../shared/policy/policy-at.ts';
import { type Policy, READS } from '../policy.ts';
import type { Circumstances } from './decision.ts';
import type { Observation } from './observation.ts';

/** The place of a node group. Nobody knows the tags of one that cannot be read, and nothing starts there either. */
export const placeOf = ({ key: { cluster, nodegroup }, view }: Pick<Observation, 'key' | 'view'>): Place => ({
  cluster,
  nodegroup,
  tags: view.kind === 'node-group' ? [view.cluster.tags, view.tags] : [],
});

/** The same circumstances with the policy that holds where the node group is. */
export const circumstancesOf = (
  observation: Pick<Observation, 'key' | 'view'>,
  circumstances: Circumstances,
): Circumstances => {
  const policy = policyAt(circumstances.policy, placeOf(observation), READS);
  return { ...circumstances, policy: isCustom(observation) ? withImageMode(policy) : policy };
};

const isCustom = ({ view }: Pick<Observation, 'view'>): boolean =>
  view.kind === 'node-group' && view.amiType === 'CUSTOM';

/** The policy of a group with a custom AMI: the mode of `upgrades.image` bounds that of all upgrades. */
function withImageMode(policy: Policy | InvalidPolicy): Policy | InvalidPolicy {
  if (isInvalid(policy) || policy.upgrades.image.mode === 'off') return policy;
  const mode = stricter(policy.upgrades.mode, policy.upgrades.image.mode);
  return { ...policy, upgrades: { ...policy.upgrades, mode } };
}
