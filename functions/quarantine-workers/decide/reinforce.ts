import { iso } from '../../shared/runtime/clock.ts';
import type { Caller } from '../batch.ts';
import { type Circumstances, type Decision, say } from '../model/decision.ts';
import type { Observation, WorkerView } from '../model/observation.ts';
import type { Quarantine } from '../model/quarantine-ledger.ts';
import { isolationFaults } from '../model/remaining.ts';

/** Within what time all reads show a change, ms. Source: EC2 API reference, "Eventual consistency". */
const SHOWN_WITHIN = 30_000;
/**
 * How long after the begin of a quarantine interfaces come that were on their way, ms: by the VPC CNI of a new worker, or by
 * EKS for pods with security groups of their own.
 */
const ATTACHED_WITHIN = 5 * 60_000;
/** How often somebody must undo a quarantine before that is reported as a fight. Once may be a mistake. */
const FOUGHT_FROM = 3;
/** How often a fight is reported while it lasts, ms. */
const RETELL_AFTER = 3_600_000;
/** How long after the last undoing the count starts anew, ms. */
const FORGOTTEN_AFTER = 86_400_000;

/**
 * Decides how an isolation goes on, or begins again because somebody opened the worker; a pure function.
 *
 * @param faults what is left to be isolated, in words
 */
export function isolate(
  { caller, view }: Pick<Observation, 'caller' | 'view'>,
  quarantine: Quarantine,
  faults: readonly string[],
  { now }: Circumstances,
): Decision {
  const goingOn: GoingOn = { act: { kind: 'isolate' }, quarantine: { ...quarantine, phase: 'isolating' } };
  const begun = iso(quarantine.startedAt);
  const told = say('waiting', 'quarantine-in-progress', 'The quarantine is in progress.', begun);
  const inProgress: Decision = { ...told, quiet: true, ...goingOn };
  if (quarantine.phase !== 'isolated') return inProgress;
  if (faults.length === 0) {
    const { launching } = quarantine.saved;
    const since = launching === true ? 'after its launch' : 'out of its warm pool';
    const message = `Its group has put it into service, ${since}. It is taken out of service.`;
    return { ...say('acted', 'quarantine-reinforced', message, `${now}`), ...goingOn };
  }
  // EC2 may still show the state before the change. The exposure is closed again to be safe, and nobody is blamed.
  if (caller === undefined && now - (quarantine.isolatedAt ?? 0) < SHOWN_WITHIN) return inProgress;
  const isAttached = view !== undefined && isOnlyAttached(view, quarantine);
  if (isAttached && now - quarantine.startedAt < ATTACHED_WITHIN) return inProgress;
  return closeAgain(caller, goingOn, faults, { now, isAttached });
}

/** Whether a worker is only open by interfaces that were attached since, none of which the Internet reaches. */
const isOnlyAttached = (view: WorkerView, quarantine: Quarantine): boolean => {
  const known = new Set(quarantine.saved.interfaces.map(({ id }) => id));
  const isKnown = ({ id }: { readonly id: string }) => known.has(id);
  const { interfaces, exposures } = view;
  return (
    exposures.length === 0 &&
    isolationFaults(quarantine, { ...view, interfaces: interfaces.filter(isKnown) }).length === 0
  );
};

type GoingOn = Required<Pick<Decision, 'act' | 'quarantine'>>;

/** Somebody opened an isolated worker. The first time is told, then nothing until it is a fight, and that once an hour. */
function closeAgain(
  caller: Caller | undefined,
  goingOn: GoingOn,
  faults: readonly string[],
  { now, isAttached }: { readonly now: number; readonly isAttached: boolean },
): Decision {
  const undone = countUndone(goingOn.quarantine.undone, now);
  const { count, firstAt, toldAt } = undone;
  const remembering = (what: Undone): GoingOn => ({ ...goingOn, quarantine: { ...goingOn.quarantine, undone: what } });
  const by = caller === undefined ? '' : ` by ${caller.who} (${caller.call}, ${caller.at})`;
  const found = isAttached
    ? `An interface was attached${by}: ${faults.join('; ')}. It is closed, too.`
    : `An exposure was opened${by}: ${faults.join('; ')}. It is closed again.`;
  if (count === 1) {
    const variant = `${faults.join(' ')} ${now}`;
    return { ...say('acted', 'quarantine-reinforced', found, variant), ...remembering(undone) };
  }
  if (count < FOUGHT_FROM || now - (toldAt ?? -Infinity) < RETELL_AFTER) {
    return { ...say('acted', 'quarantine-reinforced', found, `${now}`), quiet: true, ...remembering(undone) };
  }
  const message = `${found} This is opening number ${count} since ${iso(firstAt)}: somebody undoes the quarantine.`;
  return {
    ...say('failed', 'quarantine-undone', message, `${now}`),
    details: { times: count, since: iso(firstAt), ...(caller !== undefined && { by: caller.who }) },
    ...remembering({ ...undone, toldAt: now }),
  };
}

type Undone = NonNullable<Quarantine['undone']>;

/** How often a quarantine was undone by now, this time included. */
function countUndone(before: Undone | undefined, now: number): Undone {
  const told = before?.toldAt === undefined ? {} : { toldAt: before.toldAt };
  return before === undefined || now - before.lastAt > FORGOTTEN_AFTER
    ? { count: 1, firstAt: now, lastAt: now, ...told }
    : { count: before.count + 1, firstAt: before.firstAt, lastAt: now, ...told };
}

/** Whether somebody opens a worker in quarantine again and again. */
export const isFought = ({ undone }: Pick<Quarantine, 'undone'>): boolean => undone !== undefined && undone.count > 1;

/** The worker is isolated. The decision repeats what was recorded when the isolation was complete. */
export const isolated = (quarantine: Quarantine, now: number): Decision => ({
  // A record has told that somebody undoes the quarantine. That it holds for the moment is no news.
  ...(isFought(quarantine) && now - (quarantine.undone?.lastAt ?? 0) < RETELL_AFTER && { silent: true }),
  ...say(
    'done',
    quarantine.kind === 'strip' ? 'stripped' : 'quarantined',
    'A fresh read found no exposure.',
    iso(quarantine.startedAt),
  ),
  quarantine,
});
