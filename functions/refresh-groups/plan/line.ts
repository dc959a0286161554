import type { Need } from '../../shared/ledger/finding-ledger.ts';
import { keyOf, type NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import { type RefreshState, WAITS_FOR_SLOT } from '../../shared/ledger/refresh-ledger.ts';
import { type InvalidPolicy, isInvalid } from '../../shared/policy/policy.ts';
import { placeOfGroup, policyAt } from '../../shared/policy/policy-at.ts';
import { isHastened } from '../../shared/rollouts/hastened.ts';
import { placeOfWave, rememberedPlace } from '../../shared/rollouts/wave-place.ts';
import type { Observation } from '../model/observation.ts';
import { policyHere } from '../model/policy-here.ts';
import { whyNoRoom } from '../move/limits.ts';
import { type Policy, READS } from '../policy.ts';

/** How many groups are looked at once a refresh has ended. */
const AT_ONCE = 20;

/** What is known once the groups of a reconcile are decided. Subjects are `cluster/nodegroup`. */
export interface After {
  readonly states: ReadonlyMap<string, RefreshState>;
  /** The subjects whose refresh has ended. */
  readonly ended: readonly string[];
  readonly underWay: ReadonlySet<string>;
  /** The needs of groups. */
  readonly needs: ReadonlyMap<string, Need>;
}

/**
 * The groups that may begin now that a refresh has ended, well or not; a pure function. They wait for a slot, or for the
 * first group of their wave, which went alone. Those with urgent findings are called first, where the
 * policy for their place lets these hasten anything. To be called is only a hint, since each reconcile decides for itself.
 */
export function nextInLine(
  { states, ended, underWay, needs }: After,
  policy: Policy | InvalidPolicy,
  now: number,
): NodeGroupKey[] {
  if (ended.length === 0 || isInvalid(policy)) return [];
  const placeIn = (subject: string) => rememberedPlace(keyOf(subject), states.get(subject)?.progress, policy);
  const places = new Set(ended.map(placeIn));
  // The tags of a group are not known here. They only make the policy stricter, and then the group says so itself.
  const policyFor = (key: NodeGroupKey) => policyAt<typeof READS, Policy>(policy, placeOfGroup(key, undefined), READS);
  const waits = ([subject, { reason, refresh }]: readonly [string, RefreshState]): boolean => {
    const key = keyOf(subject);
    const here = policyFor(key);
    return (
      refresh === undefined &&
      (reason === WAITS_FOR_SLOT || (reason === 'earlier-wave' && places.has(placeIn(subject)))) &&
      !isInvalid(here) &&
      whyNoRoom({ key }, { underWay }, here.refreshes.concurrency) === undefined
    );
  };
  const isUrgent = (subject: string): boolean => isHastened(needs.get(subject), policyFor(keyOf(subject)), now);
  return [...states]
    .filter(waits)
    .map(([subject]) => subject)
    .toSorted((a, b) => Number(isUrgent(b)) - Number(isUrgent(a)))
    .map(keyOf)
    .slice(0, AT_ONCE);
}

/**
 * Groups in the order in which they are decided; a pure function. Earlier waves come first, so that later ones are decided
 * by what was just read of them. Within a wave those with urgent findings come first, because whoever is decided first
 * takes the slot.
 */
export function inOrder(
  observations: readonly Observation[],
  policy: Policy | InvalidPolicy,
  now: number,
): Observation[] {
  const placed = observations.map((observation) => {
    const here = policyHere(policy, observation);
    const place = isInvalid(here) ? 0 : placeOfWave(here);
    return { observation, place, isLater: Number(!isHastened(observation.need, here, now)) };
  });
  return placed.toSorted((a, b) => a.place - b.place || a.isLater - b.isLater).map(({ observation }) => observation);
}
