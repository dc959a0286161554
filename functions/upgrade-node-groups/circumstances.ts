import { type Place, policyAt } from '../shared/policy/policy-at.ts';
import type { Circumstances } from './decision.ts';
import type { Observation } from './observation.ts';
import { READS } from './policy.ts';

/** Where a node group is. The tags of one that cannot be read are not known: nothing is started there either. */
const placeOf = ({ key: { cluster, nodegroup }, view }: Pick<Observation, 'key' | 'view'>): Place => ({
  cluster,
  nodegroup,
  tags: view.kind === 'node-group' ? [view.cluster.tags, view.tags] : [],
});

/** The same circumstances with the policy that holds where the node group is. */
export const circumstancesOf = (
  observation: Pick<Observation, 'key' | 'view'>,
  circumstances: Circumstances,
): Circumstances => ({ ...circumstances, policy: policyAt(circumstances.policy, placeOf(observation), READS) });
