import { guardOf, type Verdict } from '../../shared/policy/guards.ts';
import type { Circumstances } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import type { Policy } from '../policy.ts';

/** Applies the guards of a group, whatever is due; a pure function. */
export function guardOfGroup(
  { key, group, owner, unreadable }: Observation,
  circumstances: Circumstances,
): Verdict<Policy> {
  const remedy = { modeIn: ({ refreshes }: Policy) => refreshes.mode, about: 'instance refreshes' };
  const tags = { 'The Auto Scaling group': group.tags, 'Its cluster': owner.tags };
  const subject = { ...owner, cluster: key.cluster, tags, unreadable: owner.unreadable ?? unreadable };
  return guardOf(subject, circumstances, remedy);
}
