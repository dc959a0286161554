import type { GatesReader } from '../../shared/gates/observe-gates.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import type { Contender } from '../../shared/ledger/turn-order.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { circumstancesOf } from '../model/circumstances.ts';
import type { Circumstances } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { LOOKS, mustBeLookedAt, type Preflight, type Preflights } from '../model/preflight.ts';
import type { Policy } from '../policy.ts';
import type { Decided, Plan } from './plan.ts';
import { planAtGates } from './plan-at-gates.ts';

/** Looks at node groups that would start, by subject. */
export type Look = (starting: readonly Decided[]) => Promise<ReadonlyMap<string, Preflight>>;

/** How to read what decisions depend on. */
export interface Reads {
  readonly look: Look;
  readonly readGates: GatesReader;
}

/** How many rounds of looks a plan makes. A later round looks at node groups that come in the place of blocked ones. */
const ROUNDS = 4;

/**
 * Plans, and looks at each node group before its upgrade starts. A blocked node group takes no slot: another one may,
 * and is looked at in turn. After some rounds a node group that has not been looked at waits a minute.
 */
export async function planLooking(
  { look, readGates }: Reads,
  observations: readonly Observation[],
  given: Circumstances,
  line: readonly Contender[] = [],
): Promise<{ readonly planned: Plan; readonly preflights: Preflights }> {
  const found = new Map<string, Preflight>();
  let circumstances = given;
  const planWith = async (preflights: Preflights): Promise<Plan> => {
    const made = await planAtGates(readGates, observations, { ...circumstances, preflights }, line);
    circumstances = made.circumstances;
    return made.planned;
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    const preflights = { found, isOver: false };
    const planned = await planWith(preflights);
    const unseen = planned.decided
      .filter(({ decision, observation }) => decision.start !== undefined && isLookedAt(observation, circumstances))
      .filter(({ observation: { key } }) => !found.has(subjectOf(key)));
    if (unseen.length === 0) return { planned, preflights };
    for (const [subject, preflight] of await look(unseen)) found.set(subject, preflight);
  }
  const preflights = { found, isOver: true };
  return { planned: await planWith(preflights), preflights };
}

const isLookedAt = (observation: Observation, anywhere: Circumstances): boolean =>
  isAsked(mustBeLookedAt, observation, anywhere);

/** Whether the policy of a node group asks for a look. */
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
