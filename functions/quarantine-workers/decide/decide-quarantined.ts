import { isBefore } from '../../shared/intake/operator-request.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { duration } from '../../shared/runtime/duration.ts';
import type { Request } from '../batch.ts';
import { describeExposure, type Exposure } from '../exposure/exposure.ts';
import { type Circumstances, type Decision, say } from '../model/decision.ts';
import { goesOn, guardOf } from '../model/guards.ts';
import type { Observation, WorkerView } from '../model/observation.ts';
import type { Quarantine } from '../model/quarantine-ledger.ts';
import { isolationFaults } from '../model/remaining.ts';

/** How long an operator can extend a quarantine, ms from now. */
const LONGEST = 365 * 86_400_000;

const STAYS = 'The quarantine stays as it is: nothing acts. An operator can have the worker released.';

/** Decides about a worker that is in quarantine; a pure function. An operator's request comes first. */
export function decideQuarantined(
  observation: Observation,
  quarantine: Quarantine,
  circumstances: Circumstances,
): Decision {
  const { view, request } = observation;
  if (view === undefined && isTooNew(quarantine.startedAt, circumstances)) return notShown(circumstances, quarantine);
  if (view === undefined || view.instanceState === 'terminated' || view.instanceState === 'shutting-down') {
    const by = quarantine.phase === 'terminating' ? 'terminated' : 'gone';
    return say('done', 'quarantine-ended', `The worker is ${by}: its quarantine has ended.`, iso(quarantine.startedAt));
  }
  if (request !== undefined) return aboutRequest(observation, view, request, quarantine, circumstances);
  if (quarantine.phase === 'releasing') return goOn('release', 'release-in-progress', quarantine);
  if (quarantine.phase === 'terminating') {
    const by = quarantine.request === undefined ? 'expiry' : 'request';
    return goOn('terminate', 'quarantine-in-progress', ordered(quarantine, by, circumstances.now));
  }

  const faults = isolationFaults(quarantine, view);
  // Between the two security groups a worker is open to its VPC. The move goes on whatever the policy says by now.
  if (isBetweenGroups(quarantine, view)) return isolate(observation, quarantine, faults, circumstances);
  const { policy, now } = circumstances;
  const guard = guardOf(observation, view, circumstances);
  if (quarantine.phase === 'isolating' && faults.length === 0 && (observation.state.lookAt ?? 0) > now) {
    // No exposure is open, and the next reconcile is due. An event about the quarantine's own calls changes nothing.
    return { ...say('waiting', 'quarantine-in-progress', ''), silent: true };
  }
  if (guard !== undefined || !goesOn(quarantine, policy)) {
    const { message, ...why } = guard ?? say('skipped', 'mode-off', 'Mode is observe for quarantine.');
    const variant = `${why.variant} ${iso(quarantine.startedAt)}`.trim();
    const open = stillOpen(faults, view).map(describeExposure).join('; ');
    const told = `${open === '' ? '' : `Still exposed: ${open}. `}${message} ${STAYS}`;
    // An operator who turned everything off may not know which quarantines are unfinished.
    if (open !== '' && (why.reason === 'kill-switch' || why.reason === 'mode-off')) {
      return { ...say('refused', 'quarantine-suspended', told, `${why.reason} ${variant}`), quarantine };
    }
    return { ...why, message: told, variant, quarantine };
  }
  const isOpen = quarantine.phase === 'isolating' || faults.length > 0 || observation.putIntoService === true;
  if (quarantine.expiresAt <= now) {
    // A policy that lets a quarantine begin does not let a worker be terminated without a request.
    const onExpiry = policy.quarantine.mode === 'enforce' ? policy.quarantine.onExpiry : 'alarm';
    // A quarantine whose end is only reported still holds, so open exposures are closed first.
    if (onExpiry === 'terminate' || !isOpen) return atExpiry(quarantine, onExpiry, now);
  }
  return isOpen ? isolate(observation, quarantine, faults, circumstances) : isolated(quarantine, now);
}

/** How long EC2 may not show a new instance, ms. It shows an instance for an hour after its end. */
const TOO_NEW = 60_000;

/** Whether EC2 may not show yet what exists since then, epoch milliseconds. */
export const isTooNew = (since: number | undefined, { now }: Pick<Circumstances, 'now'>): boolean =>
  since !== undefined && now - since < TOO_NEW;

/** EC2 does not show the instance yet, so nothing is decided. */
export const notShown = ({ now }: Pick<Circumstances, 'now'>, quarantine?: Quarantine): Decision => ({
  ...say('waiting', 'quarantine-in-progress', ''),
  silent: true,
  lookAt: now + LOOK_AGAIN,
  ...(quarantine !== undefined && { quarantine }),
});
const LOOK_AGAIN = 10_000;

/** The exposures that a quarantine has yet to close; none where the worker is isolated. */
const stillOpen = (faults: readonly string[], { exposures }: WorkerView): readonly Exposure[] =>
  faults.length > 0 ? exposures : [];

/** The worker is isolated. The decision repeats what was recorded when the isolation was complete. */
const isolated = (quarantine: Quarantine, now: number): Decision => ({
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

function isolate(
  { caller }: Pick<Observation, 'caller'>,
  quarantine: Quarantine,
  faults: readonly string[],
  { now }: Circumstances,
): Decision {
  const act = { kind: 'isolate' } as const;
  const goingOn: Quarantine = { ...quarantine, phase: 'isolating' };
  const begun = iso(quarantine.startedAt);
  if (quarantine.phase !== 'isolated') {
    const decision = say('waiting', 'quarantine-in-progress', 'The quarantine is in progress.', begun);
    return { ...decision, quiet: true, act, quarantine: goingOn };
  }
  if (faults.length === 0) {
    const message = 'Its group has put it into service, out of its warm pool. It is taken out of service again.';
    return { ...say('acted', 'quarantine-reinforced', message, `${now}`), act, quarantine: goingOn };
  }
  if (caller === undefined && now - (quarantine.isolatedAt ?? 0) < SHOWN_WITHIN) {
    // EC2 may still show the state before the change. The exposure is closed again to be safe, and nobody is blamed.
    const decision = say('waiting', 'quarantine-in-progress', 'The quarantine is in progress.', begun);
    return { ...decision, quiet: true, act, quarantine: goingOn };
  }
  const before = quarantine.undone;
  const isOld = before !== undefined && now - before.lastAt > FORGOTTEN_AFTER;
  const count = (isOld ? 0 : (before?.count ?? 0)) + 1;
  const by = caller === undefined ? '' : ` by ${caller.who} (${caller.call}, ${caller.at})`;
  const firstAt = isOld ? now : (before?.firstAt ?? now);
  const undone = { count, firstAt, lastAt: now, ...(before?.toldAt !== undefined && { toldAt: before.toldAt }) };
  const found = `An exposure was opened${by}: ${faults.join('; ')}. It is closed again.`;
  if (count === 1) {
    const decision = say('acted', 'quarantine-reinforced', found, `${faults.join(' ')} ${now}`);
    return { ...decision, act, quarantine: { ...goingOn, undone } };
  }
  const isDue = count >= FOUGHT_FROM && (undone.toldAt === undefined || now - undone.toldAt >= RETELL_AFTER);
  if (!isDue) {
    const decision = say('acted', 'quarantine-reinforced', found, `${now}`);
    return { ...decision, quiet: true, act, quarantine: { ...goingOn, undone } };
  }
  const message = `${found} This is opening number ${count} since ${iso(firstAt)}: somebody undoes the quarantine.`;
  return {
    ...say('failed', 'quarantine-undone', message, `${now}`),
    details: { times: count, since: iso(firstAt), ...(caller !== undefined && { by: caller.who }) },
    act,
    quarantine: { ...goingOn, undone: { ...undone, toldAt: now } },
  };
}

/** Within what time all reads show a change, ms. Source: EC2 API reference, "Eventual consistency". */
const SHOWN_WITHIN = 30_000;
/** How often somebody must undo a quarantine before that is reported as a fight. Once may be a mistake. */
const FOUGHT_FROM = 3;
/** How often a fight is reported while it lasts, ms. */
const RETELL_AFTER = 3_600_000;
/** How long after the last undoing the count starts anew, ms. */
const FORGOTTEN_AFTER = 86_400_000;

/** Whether somebody opens a worker in quarantine again and again. */
export const isFought = ({ undone }: Pick<Quarantine, 'undone'>): boolean => undone !== undefined && undone.count > 1;

/** The quarantine in the phase `terminating`. An item of an earlier version has no order in that phase. */
const ordered = (quarantine: Quarantine, by: 'request' | 'expiry', orderedAt: number): Quarantine => ({
  ...quarantine,
  phase: 'terminating',
  termination: quarantine.termination ?? { orderedAt, by },
});

const goOn = (
  kind: 'release' | 'terminate',
  reason: 'release-in-progress' | 'quarantine-in-progress',
  quarantine: Quarantine,
): Decision => ({
  ...say('waiting', reason, 'Steps remain.', quarantine.request?.id ?? iso(quarantine.startedAt)),
  quiet: true,
  act: { kind },
  quarantine,
});

function atExpiry(quarantine: Quarantine, onExpiry: 'alarm' | 'terminate', now: number): Decision {
  const since = `It began at ${iso(quarantine.startedAt)} and expired at ${iso(quarantine.expiresAt)}.`;
  if (onExpiry === 'alarm') {
    return { ...say('refused', 'quarantine-expired', since, iso(quarantine.expiresAt)), quarantine };
  }
  return {
    ...say('acted', 'worker-terminated', `${since} The worker is terminated.`, iso(quarantine.expiresAt)),
    act: { kind: 'terminate' },
    quarantine: ordered(quarantine, 'expiry', now),
  };
}

/** Checks an operator's request like any event: it is granted where the state allows it. */
function aboutRequest(
  observation: Observation,
  view: WorkerView,
  request: Request,
  quarantine: Quarantine,
  circumstances: Circumstances,
): Decision {
  const { detail } = request.event;
  const { requestedBy, why } = detail;
  const { id } = request.trigger;
  const asked = `asked by ${requestedBy}: ${why}`;
  const details = { requestedBy, why };
  const granted = { ...quarantine, request: { id, requestedBy, why } };
  const refuse = (message: string): Decision => ({
    ...say('refused', 'request-refused', `${message} (${asked})`, id),
    details,
    quarantine,
  });
  if (quarantine.request?.id === id && quarantine.phase === 'releasing') {
    return goOn('release', 'release-in-progress', quarantine);
  }
  // An event may come late, or again after days. Its author knew nothing of this quarantine.
  if (isBefore(request.trigger, quarantine.startedAt)) {
    return refuse(`It was asked for before this quarantine began at ${iso(quarantine.startedAt)}.`);
  }
  if (quarantine.phase === 'terminating') return refuse('The worker is being terminated.');
  switch (detail.action) {
    case 'release':
      return {
        ...say('acted', 'release-started', `Released, ${asked}`, id),
        details,
        act: { kind: 'release' },
        quarantine: { ...granted, phase: 'releasing' },
      };
    case 'extend': {
      if (quarantine.phase === 'releasing') return refuse('The worker is being released.');
      const { extensions = [] } = quarantine;
      const isGranted = extensions.includes(id);
      // A redelivery does not extend the quarantine again. Only the last request may be unrecorded yet.
      if (isGranted && quarantine.request?.id !== id) {
        return { ...say('done', 'quarantine-extended', ''), silent: true, quarantine };
      }
      const expiresAt = isGranted
        ? quarantine.expiresAt
        : Math.max(quarantine.expiresAt, circumstances.now) + duration.parse(detail.by);
      if (expiresAt > circumstances.now + LONGEST) {
        return refuse('It would last for more than 365 days from now: ask for less, and extend it again later.');
      }
      const message = `The quarantine lasts until ${iso(expiresAt)}, ${asked}`;
      return {
        ...say('done', 'quarantine-extended', message, id),
        details: { ...details, expiresAt: iso(expiresAt) },
        quarantine: { ...granted, expiresAt, extensions: isGranted ? extensions : [...extensions, id] },
      };
    }
    case 'terminate': {
      const guard = guardOf(observation, view, circumstances);
      if (guard !== undefined) return refuse(`${guard.message} Nothing is terminated.`);
      if (!goesOn(quarantine, circumstances.policy))
        return refuse('Mode is observe for quarantine: nothing is terminated.');
      return {
        ...say('acted', 'worker-terminated', `Terminated, ${asked}`, id),
        details,
        act: { kind: 'terminate' },
        quarantine: ordered(granted, 'request', circumstances.now),
      };
    }
    default:
      return refuse('The worker is in quarantine already: it can be released, extended or terminated.');
  }
}

const isBetweenGroups = ({ groups }: Quarantine, { interfaces }: WorkerView): boolean =>
  groups !== undefined && interfaces.some(({ groupIds }) => groupIds.includes(groups.untracking));
