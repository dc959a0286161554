import { inWords, rulingOn } from '../shared/ledger/proposal.ts';
import type { Refresh } from '../shared/ledger/refresh-ledger.ts';
import {
  type Circumstances,
  type Decision,
  failedWith,
  isActive,
  isOnTemplateOf,
  LOOK_AGAIN,
  type Memory,
  memoryOf,
  SHOWN_WITHIN,
  say,
  staysRejected,
  undoOf,
  wellWith,
} from './decision.ts';
import { whenGone } from './gone.ts';
import { guardOfGroup } from './guard.ts';
import type { KnownRefresh, Member, Observation } from './observation.ts';
import { whyNotReplaceable } from './refreshable.ts';
import { launchedBefore } from './replacement.ts';
import { membersInWords, stayingMembers } from './staying-members.ts';

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
  const known = findIn(refreshes, refresh);
  if (known === undefined) {
    // An unreadable group says nothing about the refresh, which therefore counts as in progress and keeps its slot.
    if (observation.unreadable !== undefined) {
      return { ...say('failed', 'unreadable', observation.unreadable), memory, wakeAt: now + LOOK_AGAIN };
    }
    const mayShowYet = now - (refresh.takenAt ?? refresh.at) < SHOWN_WITHIN;
    if (refresh.refreshId === undefined) {
      // Nobody knows whether AWS accepted the refresh, so it is begun again. An active one is then found by its version
      // (act.ts).
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
  const followed = isActive(known.status)
    ? actUnlessHeld(whileActive(observation, refresh, known, now), observation, circumstances)
    : atItsEnd({ ...observation, now }, refresh, known, memory);
  // AWS has accepted the refresh, so its approval is used up, even where that could not be saved.
  return state.proposal?.ruling?.kind === 'approved' ? { proposal: undefined, ...followed } : followed;
}

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

/** Finds a refresh by its id, or by the version that only this refresh desires. */
const findIn = (all: readonly KnownRefresh[], { refreshId, version, at }: Refresh): KnownRefresh | undefined =>
  all.find(({ id }) => id === refreshId) ??
  (refreshId === undefined && version !== undefined
    ? all.find((each) => each.version === version && each.startedAt >= at - SECONDS)
    : undefined);

/** Tolerance for Auto Scaling's clock, which counts whole seconds, ms. */
const SECONDS = 60_000;

function whileActive(
  { state }: Observation,
  refresh: Refresh,
  { id, status, percent }: KnownRefresh,
  now: number,
): Decision {
  const memory = memoryOf(state);
  const ruling = rulingOn(state.proposal, undoOf(refresh));
  const wakeAt = now + LOOK_AGAIN;
  if (
    ruling?.kind === 'rejected' &&
    refresh.rolledBackAt === undefined &&
    refresh.undoes === undefined &&
    status !== 'RollbackInProgress'
  ) {
    return {
      ...say('acted', 'refresh-undoing', `The refresh is rolled back, as ${inWords(ruling)}`, ruling.id),
      act: 'roll-back',
      memory,
      wakeAt,
    };
  }
  // The percentage changes with each reconcile, so it is no part of the variant.
  const message = `Refresh ${id} is ${status}, ${percent} % replaced.`;
  return { ...say('waiting', 'refresh-under-way', message, `${refresh.target} ${status}`), memory, wakeAt };
}

/** A refresh that has ended, with what the next decision remembers. */
interface End {
  readonly observation: Observation;
  readonly refresh: Refresh;
  readonly ended: KnownRefresh;
  /** Without the refresh, with what was reached before it. */
  readonly before: Memory;
  /** Those in service, and those that the warm pool keeps. */
  readonly staying: readonly Member[];
  readonly isRejected: boolean;
  readonly now: number;
}

function atItsEnd(
  observation: Observation & { readonly now: number },
  refresh: Refresh,
  ended: KnownRefresh,
  { refresh: _, ...before }: Memory,
): Decision {
  const { group, state, now } = observation;
  const { id, status } = ended;
  const isRejected = rulingOn(state.proposal, undoOf(refresh))?.kind === 'rejected';
  const staying = stayingMembers(group.members);
  const unknown = staying.filter(({ imageId }) => imageId === '');
  if (unknown.length > 0 && (status === 'Successful' || (isRejected && status === 'RollbackSuccessful'))) {
    // EC2 shows a new instance late, and Auto Scaling shows a terminated one for a while. Either way the AMI of these
    // workers is unknown.
    const message = `Refresh ${id} is ${status}, and EC2 does not show ${unknown.map((each) => each.id).join(', ')}.`;
    const waiting = say('waiting', 'refresh-under-way', message, `${refresh.target} unknown`);
    return { ...waiting, memory: { ...before, refresh }, wakeAt: now + SHOWN_WITHIN };
  }
  const end = { observation, refresh, ended, before, staying, isRejected, now };
  if (status === 'Successful') return afterSuccess(end);
  return (isRejected ? afterRejection(end) : undefined) ?? afterFailure(end);
}

function afterSuccess({ observation, refresh, ended: { id }, before, staying, now }: End): Decision {
  const { group, state } = observation;
  const { target, from, attempt, undoes, replaces } = refresh;
  const { done: _, ...memory } = before;
  const variant = `${target} ${attempt}`;
  const others = staying.filter(({ imageId }) => imageId !== target);
  // With the same AMI there is nothing to undo, and what was reached before can still be undone.
  const reached = undoes ? memory : replaces === undefined ? { ...memory, done: refresh } : before;
  const old = replaces === undefined ? [] : launchedBefore(group.members, replaces);
  if (old.length > 0) {
    const message = `Refresh ${id} was successful, and ${old.length} of ${staying.length} workers are still the former ones: ${named(old)}.`;
    return { ...say('failed', 'refresh-incomplete', message, variant), memory: failedWith(before, refresh), target };
  }
  if (others.length > 0) {
    const message = `Refresh ${id} was successful, and ${others.length} of ${staying.length} workers run another AMI: ${named(others)}.`;
    return {
      ...say('failed', 'refresh-incomplete', message, variant),
      // An undo that left workers behind is not complete, so the refresh that it undoes stays known.
      ...(undoes ? { memory: failedWith(before, refresh) } : { memory: failedWith(reached, refresh), target }),
    };
  }
  const message = `${membersInWords(staying)} run ${target}, and no other AMI is left.`;
  return undoes
    ? {
        ...say('done', 'refresh-undone', message, variant),
        memory: wellWith(memory),
        ...staysRejected(state, from.imageId, now),
      }
    : { ...say('done', 'group-refreshed', message, target), memory: wellWith(reached), target };
}

/** The way back that an operator has asked for; undefined where it has failed. */
function afterRejection({ observation, refresh, ended, before, staying, now }: End): Decision | undefined {
  const { id, status } = ended;
  const { target, attempt, replaces } = refresh;
  const variant = `${target} ${attempt}`;
  const undone = { memory: before, ...staysRejected(observation.state, target, now) };
  if (replaces !== undefined) {
    const message = `Refresh ${id} ended as ${status}, since it was rejected. The workers keep the AMI that they had.`;
    return { ...say('done', 'refresh-undone', message, variant), ...undone };
  }
  if (status !== 'RollbackSuccessful') return undefined;
  const left = staying.filter(({ imageId }) => imageId === target);
  if (left.length > 0) {
    const message = `Refresh ${id} was rolled back, and ${left.length} of ${staying.length} workers still run ${target}: ${named(left)}.`;
    return { ...say('failed', 'refresh-incomplete', message, variant), memory: leftToUndo(refresh, before) };
  }
  const message = `Refresh ${id} was rolled back, and no worker runs ${target}.${versionUsed(observation)}`;
  return { ...say('done', 'refresh-undone', message, variant), ...undone };
}

function afterFailure({ observation, refresh, ended, before, isRejected, now }: End): Decision {
  const { id, status, reason } = ended;
  const { target, attempt, undoes } = refresh;
  const variant = `${target} ${attempt}`;
  const why = `${reason === '' ? '' : ` ${reason}`}${versionUsed(observation)}`;
  const failed = isRejected
    ? { memory: leftToUndo(refresh, before) }
    : {
        memory: failedWith(before, refresh, status === 'Cancelled' ? undefined : { cause: status, at: now }),
        ...(undoes === undefined && { target }),
      };
  if (status === 'Cancelled') {
    return { ...say('failed', 'refresh-cancelled', `Refresh ${id} was cancelled.${why}`, variant), ...failed };
  }
  const message = `Refresh ${id} ended as ${status}.${why}`;
  // The next reconcile follows at once, to record that the group is halted, or a breaker.
  return { ...say('failed', 'refresh-failed', message, `${variant} ${status}`), ...failed, wakeAt: now };
}

/** A rejected refresh whose rollback is incomplete halts on the way back. An operator's `resume` continues the undo. */
const leftToUndo = (refresh: Refresh, { done: _, ...memory }: Memory): Memory =>
  failedWith({ ...memory, done: refresh }, { target: refresh.from.imageId });

const versionUsed = ({ group: { source } }: Observation): string =>
  source.kind === 'version' ? ` The group uses version ${source.version}.` : '';

/** At most five workers, by name. */
const named = (workers: readonly Member[]): string =>
  workers
    .slice(0, 5)
    .map(({ id, isProtected, imageId }) => `${id}${isProtected ? ' (protected)' : ''} ${imageId}`)
    .join(', ');
