import type { Ledger } from '../../shared/ledger/ledger.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { readAllNodeGroups } from '../../shared/ledger/node-group-ledger.ts';
import { type RefreshState, underWayIn, unreadableUnderWay } from '../../shared/ledger/refresh-ledger.ts';
import { type InvalidPolicy, isInvalid } from '../../shared/policy/policy.ts';
import { failingBy, failuresOf, ownRollouts } from '../../shared/rollouts/all-groups.ts';
import { withStateOf } from '../../shared/rollouts/breaker.ts';
import { inWaves, readOrderedStates } from '../../shared/rollouts/ordered-groups.ts';
import type { Rollouts } from '../../shared/rollouts/rollouts.ts';
import { waveOf } from '../../shared/rollouts/wave-place.ts';
import { memberAfter } from '../decide/progress.ts';
import { type Circumstances, type Decision, isActive } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { policyHere } from '../model/policy-here.ts';
import { isOrdered } from '../move/replacement.ts';
import type { Policy } from '../policy.ts';

/** How all groups stand while a reconcile decides one after the other. Subjects are `cluster/nodegroup`. */
export interface Standings {
  /** What the next group goes by. */
  known(): Pick<Circumstances, 'underWay' | 'rollouts' | 'replacements' | 'fleetFailures'>;
  /** Takes the rollouts by which a group was decided: another function may have started the first group of an AMI. */
  decidedBy(rollouts: Rollouts | undefined): void;
  /** @param settled the final decision; undefined where it could not be saved */
  holdSlot(observation: Observation, decision: Decision, settled: Decision | undefined): void;
  /** Has the next groups go by a decision that was carried out. */
  settle(observation: Observation, settled: Decision): void;
  /** The order to replace the workers of a group is carried out. */
  endOrder(subject: string): void;
  /** The state of each group once the decisions so far hold. */
  readonly states: ReadonlyMap<string, RefreshState>;
  readonly underWay: ReadonlySet<string>;
  /** The subjects whose refresh was under way before, and is no more. */
  ended(): string[];
}

/**
 * Reads how all groups stand.
 *
 * @param remembered the state of each self-managed group
 */
export async function readStandings(
  ledger: Ledger,
  observations: readonly Observation[],
  remembered: ReadonlyMap<string, RefreshState>,
  policy: Policy | InvalidPolicy,
  now: number,
): Promise<Standings> {
  const begun = [
    ...underWayIn(remembered, now),
    ...observations.filter(isRefreshed).map(({ key }) => key),
    ...unreadableUnderWay(ledger),
  ];
  const before: ReadonlySet<string> = new Set(begun.map(subjectOf));
  const underWay = new Set(before);
  const states = new Map(remembered);
  const hasWaves = !isInvalid(policy) && policy.upgrades.waves.length > 0;
  // How other groups stand matters only where an AMI may come to a group.
  const groups =
    isInvalid(policy) || observations.every(({ wanted }) => wanted === undefined)
      ? undefined
      : { managed: await readAllNodeGroups(ledger), selfManaged: remembered, policy };
  let rollouts = groups && hasWaves ? ownRollouts(groups, groups.policy) : undefined;
  let fleetFailures = groups && failuresOf(groups, groups.policy);
  const ordered = hasWaves && observations.some(isOrdered) ? await readOrderedStates(ledger, now) : undefined;
  return {
    states,
    underWay,
    known: () => ({
      underWay,
      ...(rollouts && { rollouts }),
      ...(ordered && !isInvalid(policy) && { replacements: inWaves(ordered, policy) }),
      ...(fleetFailures && { fleetFailures }),
    }),
    decidedBy: (found) => {
      rollouts = found;
    },
    holdSlot: (observation, decision, settled) => {
      const subject = subjectOf(observation.key);
      if (holdsSlot(observation, decision, settled)) underWay.add(subject);
      else underWay.delete(subject);
    },
    settle: (observation, settled) => {
      const { key } = observation;
      const subject = subjectOf(key);
      const state = stateAfter(observation, settled);
      const { refresh, reason, progress } = state;
      states.set(subject, state);
      if (ordered?.has(subject)) ordered.set(subject, { isUnderWay: refresh !== undefined, reason, progress });
      const here = policyHere(policy, observation);
      if (!isInvalid(policy)) {
        rollouts = rollouts?.with([[subject, memberAfter(observation, settled, { anywhere: policy, here }, now)]]);
      }
      const wave = isInvalid(here) ? undefined : waveOf(here)?.place;
      fleetFailures &&= withStateOf(fleetFailures, key, failingBy(state), wave);
    },
    endOrder: (subject) => void ordered?.delete(subject),
    ended: () => [...before].filter((subject) => !underWay.has(subject)),
  };
}

/** What others go by in the state of a group once a decision holds. */
const stateAfter = ({ state }: Observation, { memory, reason, silent }: Decision): RefreshState => ({
  ...state,
  refresh: memory.refresh,
  setbacks: memory.setbacks,
  lifts: memory.lifts,
  reason: silent ? state.reason : reason,
});

/** Whether Auto Scaling refreshes the group, whoever began that. */
const isRefreshed = ({ refreshes }: Pick<Observation, 'refreshes'>): boolean =>
  refreshes.some(({ status }) => isActive(status));

/**
 * Whether the group counts against the limits for those that come after it.
 *
 * @param settled the final decision; undefined where it could not be saved, and then doubt keeps the slot
 */
export function holdsSlot(
  observation: Pick<Observation, 'refreshes' | 'state'>,
  decision: Decision,
  settled: Decision | undefined,
): boolean {
  if (isRefreshed(observation) || decision.act !== undefined) return true;
  return (settled?.memory ?? observation.state).refresh !== undefined;
}
