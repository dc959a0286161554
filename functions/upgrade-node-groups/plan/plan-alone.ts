import { isInvalid } from '../../shared/policy/policy.ts';
import type { AllGroups } from '../../shared/rollouts/all-groups.ts';
import { yieldToFirst } from '../../shared/rollouts/go-first.ts';
import type { Rollouts } from '../../shared/rollouts/rollouts.ts';
import { rolloutPair } from '../../shared/rollouts/wave-place.ts';
import type { Circumstances } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import type { Decided } from './plan.ts';
import { type PlanDeps, type Planned, planFairly } from './plan-fairly.ts';

interface AloneDeps extends PlanDeps {
  /** Unique name of this reconcile: the Lambda request id. */
  readonly caller: string;
}

/** How many plans a reconcile makes. Each later one knows of starts by other functions that those before it missed. */
const ROUNDS = 4;

/**
 * Plans, and plans anew where another function starts the first group of a release at the same time: that group goes
 * alone.
 *
 * @throws Error where that goes on and on: the batch is delivered again
 */
export async function planAlone(
  deps: AloneDeps,
  observations: readonly Observation[],
  given: Circumstances,
  read: AllGroups | undefined,
): Promise<Planned> {
  let circumstances = given;
  for (let round = 0; round < ROUNDS; round += 1) {
    const made = await planFairly(deps, observations, circumstances, read);
    const rollouts = await afterRivals(deps, made.planned.decided, circumstances);
    if (rollouts === undefined) return made;
    circumstances = { ...circumstances, rollouts };
  }
  throw new Error('Other functions start first groups at the same time, again and again.');
}

/** The rollouts with the groups that other functions start first; undefined: there are none. */
async function afterRivals(
  { ledger, caller }: AloneDeps,
  decided: readonly Decided[],
  { policy, rollouts, now }: Circumstances,
): Promise<Rollouts | undefined> {
  if (rollouts === undefined || isInvalid(policy) || policy.upgrades.waves.length === 0) return undefined;
  const claiming = { ledger, by: 'upgrade-node-groups', caller, now };
  const { bakeBetween } = policy.upgrades;
  let after = rollouts;
  for (const { observation, decision } of decided) {
    const { start, memory } = decision;
    const { key, view } = observation;
    if (start === undefined || memory.upgrade === undefined || view.kind !== 'node-group') continue;
    const pair = rolloutPair({ kubernetesVersion: start.version, amiType: view.amiType });
    const { releaseVersion } = memory.upgrade;
    const candidate = { pair, releaseVersion, withdrawn: view.target.withdrawn ?? [] };
    after = (await yieldToFirst(claiming, { key, candidates: [candidate], bakeBetween }, after)) ?? after;
  }
  return after === rollouts ? undefined : after;
}
