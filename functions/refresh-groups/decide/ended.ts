import { rulingOn } from '../../shared/ledger/proposal.ts';
import type { Refresh } from '../../shared/ledger/refresh-ledger.ts';
import { joinsBy, whyAbsent } from '../model/absent-nodes.ts';
import {
  type Decision,
  failedWith,
  type Memory,
  SHOWN_WITHIN,
  say,
  staysRejected,
  undoOf,
  wellWith,
} from '../model/decision.ts';
import type { KnownRefresh, Member, Observation } from '../model/observation.ts';
import { membersInWords, stayingMembers } from '../model/staying-members.ts';
import { launchedBefore } from '../move/replacement.ts';

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

/** Decides about a refresh that has ended; a pure function. A fresh read of the workers confirms it. */
export function atItsEnd(
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
  const decision =
    status === 'Successful' ? afterSuccess(end) : ((isRejected ? afterRejection(end) : undefined) ?? afterFailure(end));
  // The next reconcile follows at once: it takes a newer AMI that has come meanwhile, or records what halts the group.
  return { wakeAt: now, ...decision };
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
  const joins = undoes ? undefined : joinsBy(group, refresh);
  if (joins !== undefined && joins > now) {
    const message = `Refresh ${id} was successful, and none of its workers has joined the cluster yet.`;
    const waiting = say('waiting', 'refresh-under-way', message, `${target} joining`);
    return { ...waiting, memory: { ...before, refresh }, wakeAt: joins };
  }
  const absent = undoes ? undefined : whyAbsent(group, refresh, now);
  if (absent !== undefined) {
    return { ...absent, memory: failedWith(reached, refresh, { cause: 'NodesAbsent', at: now }), target };
  }
  // No refresh replaces a worker in standby, such as one in quarantine. Once it serves again, it is moved, too.
  const aside = group.members.filter((each) => each.lifecycleState === 'Standby' && each.imageId !== target);
  const left = aside.length === 0 ? 'no other AMI is left' : `in standby another AMI is left: ${named(aside)}`;
  const message = `${membersInWords(staying)} ${staying.length === 1 ? 'runs' : 'run'} ${target}, and ${left}.${missingOf(group)}`;
  return undoes
    ? {
        ...say('done', 'refresh-undone', message, variant),
        memory: wellWith(memory),
        ...staysRejected(state, from.imageId, now),
      }
    : { ...say('done', 'group-refreshed', message, target), memory: wellWith(reached), target };
}

/** How many workers the group lacks, where Auto Scaling may be replacing such as fail their checks; begins with a blank. */
function missingOf({ desired, members }: Observation['group']): string {
  const serving = members.filter(({ lifecycleState }) => lifecycleState === 'InService').length;
  if (serving >= desired) return '';
  return ` Auto Scaling wants ${desired} in service: look in the activities of the group why ${desired - serving === 1 ? 'one is' : `${desired - serving} are`} missing.`;
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
  return { ...say('failed', 'refresh-failed', message, `${variant} ${status}`), ...failed };
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
