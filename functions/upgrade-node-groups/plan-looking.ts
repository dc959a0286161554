import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import type { Contender } from '../shared/ledger/turn-order.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { circumstancesOf } from './circumstances.ts';
import type { Circumstances } from './decision.ts';
import type { Observation } from './observation.ts';
import { type Decided, type Plan, plan } from './plan.ts';
import { mustBeLookedAt, type Preflight, type Preflights } from './preflight.ts';

/** Looks at node groups that would start, by subject. */
type Look = (starting: readonly Decided[]) => Promise<ReadonlyMap<string, Preflight>>;

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

function isLookedAt(observation: Observation, anywhere: Circumstances): boolean {
  const { policy } = circumstancesOf(observation, anywhere);
  return !isInvalid(policy) && mustBeLookedAt(policy.upgrades);
}

/** Whether it is looked at what would block it. */
export function asksForBlockers(observation: Observation, anywhere: Circumstances): boolean {
  const { policy } = circumstancesOf(observation, anywhere);
  return !isInvalid(policy) && policy.upgrades.preflight !== 'off';
}

/** Whether the look at it reads its launch template, for a key pair. */
export function asksForKeyPair(observation: Observation, anywhere: Circumstances): boolean {
  const { policy } = circumstancesOf(observation, anywhere);
  return !isInvalid(policy) && policy.upgrades.keyPairs.mode !== 'off';
}

/** Whether the look at it reads its pods, too. */
export function asksForPods(observation: Observation, anywhere: Circumstances): boolean {
  const { policy } = circumstancesOf(observation, anywhere);
  return !isInvalid(policy) && policy.upgrades.preflight !== 'off' && policy.upgrades.preflightPods;
}
