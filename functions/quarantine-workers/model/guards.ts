import { type GuardResult, guardOfWorker } from '../../shared/policy/guards.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { placeOfGroup, placeOfWorker, policyAt } from '../../shared/policy/policy-at.ts';
import { type Policy, READS } from '../policy.ts';
import type { Circumstances } from './decision.ts';
import type { GroupObservation, Observation, WorkerView } from './observation.ts';
import type { Quarantine } from './quarantine-ledger.ts';

/** The circumstances with the policy that applies to the worker's place. */
export const circumstancesOf = <Given extends Pick<Circumstances, 'policy'>>(
  { view, owner, state }: Pick<Observation, 'view' | 'owner' | 'state'>,
  circumstances: Given,
): Given => {
  const { quarantine } = state;
  // The quarantine names the place of an instance that is gone.
  const place = view === undefined ? placeOfGroup(quarantine ?? { cluster: '' }, owner) : placeOfWorker(view, owner);
  return { ...circumstances, policy: policyAt(circumstances.policy, place, READS) };
};

/** The circumstances with the policy that applies to the group. */
export const circumstancesOfGroup = <Given extends Pick<Circumstances, 'policy'>>(
  { key, owner }: Pick<GroupObservation, 'key' | 'owner'>,
  circumstances: Given,
): Given => ({ ...circumstances, policy: policyAt(circumstances.policy, placeOfGroup(key, owner), READS) });

/** The guard by which this worker is left alone; undefined where none holds and the policy is valid. */
export function guardOf(
  { owner }: Pick<Observation, 'owner'>,
  { cluster, tags }: Pick<WorkerView, 'cluster' | 'tags'>,
  circumstances: Pick<Circumstances, 'policy' | 'account'>,
): GuardResult | undefined {
  const remedy = { modeIn: ({ quarantine }: Policy) => quarantine.mode, about: 'quarantine' };
  const verdict = guardOfWorker({ cluster, tags, owner }, circumstances, remedy);
  return 'guardResult' in verdict ? verdict.guardResult : undefined;
}

/** Whether the policy lets a quarantine go on: in mode enforce, or in mode observe after an operator's approval. */
export const goesOn = ({ approved }: Pick<Quarantine, 'approved'>, policy: Circumstances['policy']): policy is Policy =>
  !isInvalid(policy) &&
  !policy.killSwitch &&
  (policy.quarantine.mode === 'enforce' || (policy.quarantine.mode === 'observe' && approved !== undefined));
