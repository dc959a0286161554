import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import type { Contender } from '../shared/ledger/turn-order.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { circumstancesOf } from './circumstances.ts';
import type { Circumstances } from './decision.ts';
import type { Observation } from './observation.ts';
import { type Decided, type Plan, plan } from './plan.ts';
import type { Policy } from './policy.ts';
import { LOOKS, mustBeLookedAt, type Preflight, type Preflights } from './preflight.ts';

/** Looks at node groups that would start, by subject. */
export type Look = (starting: readonly Decided[]) => Promise<ReadonlyMap<string, Preflight>>;

/** How often others are looked at in the place of those that are blocked. */
const ROUNDS = 4;

/**
 * Plans, and looks at whatever would start before it does. Who is blocked takes no slot: others may, and are looked at in
 * turn. After some rounds whoever has not been seen waits a minute.
 */
export async function planLooking(
  look: Look,
  observations: readonly Observation[],
  circumstances: Circumstances,
  line: readonly Contender[] = [],
): Promise<{ readonly planned: Plan; readonly preflights: Preflights }> {
  const found = new Map<string, Preflight>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const preflights = { found, isOver: false };
    const planned = plan(observations, { ...circumstances, preflights }, line);
    const unseen = planned.decided
      .filter(({ decision, observation }) => decision.start !== undefined && isLookedAt(observation, circumstances))
      .filter(({ observation: { key } }) => !found.has(subjectOf(key)));
    if (unseen.length === 0) return { planned, preflights };
    for (const [subject, preflight] of await look(unseen)) found.set(subject, preflight);
  }
  const preflights = { found, isOver: true };
  return { planned: plan(observations, { ...circumstances, preflights }, line), preflights };
}

const isLookedAt = (observation: Observation, anywhere: Circumstances): boolean =>
  isAsked(mustBeLookedAt, observation, anywhere);

/** Whether the policy of a node group asks for this look. */
export const asksFor = (look: keyof typeof LOOKS, observation: Observation, anywhere: Circumstances): boolean =>
  isAsked(LOOKS[look], observation, anywhere);

function isAsked(
  asks: (upgrades: Policy['upgrades']) => boolean,
  observation: Observation,
  anywhere: Circumstances,
): boolean {
  const { policy } = circumstancesOf(observation, anywhere);
  return !isInvalid(policy) && asks(policy.upgrades);
}
