import { inWords, type Ruling, rulingOn } from '../../shared/ledger/proposal.ts';
import type { Refresh } from '../../shared/ledger/refresh-ledger.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import type { Told } from '../../shared/records/decision.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { joinsBy, whyAbsent } from '../model/absent-nodes.ts';
import {
  type Circumstances,
  type Decision,
  failedWith,
  isActive,
  isOnTemplateOf,
  LOOK_AGAIN,
  memoryOf,
  SHOWN_WITHIN,
  STUCK_AFTER,
  say,
  undoOf,
} from '../model/decision.ts';
import { isBegunHere } from '../model/known-refresh.ts';
import type { KnownRefresh, Observation } from '../model/observation.ts';
import { policyHere } from '../model/policy-here.ts';
import { whyNotReplaceable } from '../move/refreshable.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';
import { atItsEnd } from './ended.ts';
import { whenGone } from './gone.ts';
import { guardOfGroup } from './guard.ts';

/**
 * Follows a refresh that this function began to its end; a pure function. Only a fresh read decides.
 *
 * @param afresh decides as if no refresh were in progress
 */
export function follow(observation: Observation, circumstances: Circumstances, afresh: () => Decision): Decision {
  const { now } = circumstances;
  const { state, refreshes } = observation;
  const { refresh } = state;
  if (refresh === undefined) throw new Error('Nothing is under way.');
  const memory = memoryOf(state);
  if (observation.group.source.kind === 'gone') {
    const message = `Auto Scaling does not show the group any more; its refresh to ${refresh.target} was under way.`;
    return whenGone(observation, say('skipped', 'group-gone', message, refresh.target), now);
  }
  const known = refreshes.find((each) => isBegunHere(each, refresh));
  if (known === undefined) {
    // An unreadable group says nothing about the refresh, which therefore counts as in progress and keeps its slot.
    if (observation.unreadable !== undefined) {
      return { ...say('failed', 'unreadable', observation.unreadable), memory, wakeAt: now + LOOK_AGAIN };
    }
    const mayShowYet = now - (refresh.takenAt ?? refresh.at) < SHOWN_WITHIN;
    if (refresh.refreshId === undefined) {
      // Nobody knows whether AWS accepted the refresh, so it is begun again. An active one is then found (act.ts).
      if (mayShowYet && canBegin(observation, refresh)) {
        return actUnlessHeld(
          // An undo names no target, because its proposal is the rejection, which stands until the undo has ended.
          {
            ...started(refresh),
            act: 'start',
            memory,
            wakeAt: now + LOOK_AGAIN,
            ...(refresh.undoes === undefined && { target: refresh.target }),
          },
          observation,
          circumstances,
        );
      }
      // AWS never accepted the refresh, because it would show it by now. Whether to begin it is decided anew.
      if (!mayShowYet) return afresh();
    }
    if (mayShowYet) {
      const message = 'Auto Scaling does not show the refresh yet.';
      return { ...say('waiting', 'refresh-under-way', message), memory, silent: true, wakeAt: now + 60_000 };
    }
    const message = 'Auto Scaling does not show the refresh that was begun.';
    return {
      ...say('failed', 'refresh-failed', message, `${refresh.target} ${refresh.attempt} gone`),
      memory: failedWith(memory, refresh, { cause: 'RefreshNotShown', at: now }),
      wakeAt: now,
    };
  }
  const followed =
    foundDone(observation, refresh, known, now) ??
    (isActive(known.status)
      ? actUnlessHeld(whileActive(observation, refresh, known, circumstances), observation, circumstances)
      : atItsEnd({ ...observation, now }, refresh, known, memory));
  // AWS has accepted the refresh, so its approval is used up, even where that could not be saved.
  return state.proposal?.ruling?.kind === 'approved' ? { proposal: undefined, ...followed } : followed;
}

/**
 * Tells of what AWS was about to be asked for, and of which nothing more was saved: Auto Scaling shows that the refresh
 * was begun, or that a rejected one is rolled back. Undefined where all is saved that it shows.
 */
function foundDone(
  { state }: Observation,
  refresh: Refresh,
  { id, status }: KnownRefresh,
  now: number,
): Decision | undefined {
  const memory = memoryOf(state);
  const { rollingBackAt, ...shown } = refresh;
  if (refresh.refreshId === undefined) {
    return {
      ...started(refresh),
      memory: { ...memory, refresh: { ...refresh, refreshId: id, takenAt: now } },
      wakeAt: now,
    };
  }
  const ruling = rulingOn(state.proposal, undoOf(refresh));
  if (rollingBackAt === undefined || !status.startsWith('Rollback')) return undefined;
  const isRejected = ruling?.kind === 'rejected';
  const absent = say('failed', 'refresh-nodes-absent', `No worker with ${refresh.target} had joined the cluster.`);
  return {
    ...(isRejected ? rollsBack(ruling) : inRollback({ ...absent, variant: `${refresh.target} ${refresh.attempt}` })),
    memory: { ...memory, refresh: { ...shown, rolledBackAt: rollingBackAt } },
    wakeAt: now,
  };
}

const inRollback = (absent: Told<Reason>): Told<Reason> => ({
  ...absent,
  message: `${absent.message} The refresh is rolled back.`,
});

const rollsBack = (ruling: Ruling): Told<Reason> =>
  say('acted', 'refresh-undoing', `The refresh is rolled back, as ${inWords(ruling)}`, ruling.id);

/** Whether the group still is what the refresh was decided for. */
const canBegin = ({ group: { source }, template }: Observation, refresh: Refresh): boolean =>
  source.kind === 'version' &&
  isOnTemplateOf(refresh, source) &&
  [refresh.from.version, refresh.version].includes(source.version) &&
  (refresh.version !== undefined || template !== undefined);

/**
 * Replaces an act by the guard's result where a guard applies. A refresh in progress is followed whatever the policy
 * says, but none begins and none is rolled back.
 */
function actUnlessHeld(decision: Decision, observation: Observation, circumstances: Circumstances): Decision {
  if (decision.act === undefined) return decision;
  const verdict = guardOfGroup(observation, circumstances);
  const hindrance = decision.act === 'start' ? whyNotReplaceable(observation) : undefined;
  const held = 'guardResult' in verdict ? verdict.guardResult : hindrance;
  if (held === undefined) return decision;
  return { ...held, memory: memoryOf(observation.state), wakeAt: circumstances.now + LOOK_AGAIN };
}

const started = ({ target, attempt, undoes }: Refresh) =>
  undoes
    ? say('acted', 'refresh-undoing', `Going back to ${target}.`, target)
    : say('acted', 'refresh-started', `Moving to ${target}.`, `${target} ${attempt}`);

function whileActive(
  observation: Observation,
  { rollingBackAt: _, ...refresh }: Refresh,
  { id, status, percent }: KnownRefresh,
  { now, policy }: Circumstances,
): Decision {
  const { state, group } = observation;
  const { reached: before } = refresh;
  const isSame = before?.status === status && before.percent === percent;
  const reached = isSame ? before : { status, percent, since: now };
  const memory = { ...memoryOf(state), refresh: { ...refresh, reached } };
  const ruling = rulingOn(state.proposal, undoOf(refresh));
  const joins = joinsBy(group, refresh);
  const wakeAt = joins !== undefined && joins > now ? Math.min(joins, now + LOOK_AGAIN) : now + LOOK_AGAIN;
  const mayGoBack =
    refresh.rolledBackAt === undefined && refresh.undoes === undefined && !status.startsWith('Rollback');
  if (mayGoBack && ruling?.kind === 'rejected') return { ...rollsBack(ruling), act: 'roll-back', memory, wakeAt };
  const absent = mayGoBack ? whyAbsent(group, refresh, now) : undefined;
  if (absent !== undefined) return { ...inRollback(absent), act: 'roll-back', memory, wakeAt };
  const here = policyHere(policy, observation);
  if (!isInvalid(here) && now - reached.since >= STUCK_AFTER + longestPauseOf(here)) {
    const message = `Refresh ${id} has been ${status} since ${iso(reached.since)}, with ${percent} % replaced. It keeps its place.`;
    return { ...say('failed', 'refresh-stuck', message, `${refresh.target} ${refresh.attempt}`), memory, wakeAt };
  }
  // The percentage changes with each reconcile, so it is no part of the variant.
  const message = `Refresh ${id} is ${status}, ${percent} % replaced.`;
  return { ...say('waiting', 'refresh-under-way', message, `${refresh.target} ${status}`), memory, wakeAt };
}

/** How long a refresh may pause at a checkpoint or bake, ms. */
const longestPauseOf = ({ refreshes: { checkpoints, checkpointDelay, bakeTime } }: Policy): number =>
  Math.max(checkpoints.length > 0 ? checkpointDelay : 0, bakeTime);
