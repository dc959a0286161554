import { isBefore } from '../../shared/intake/operator-request.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { duration } from '../../shared/runtime/duration.ts';
import type { Request } from '../batch.ts';
import { type Circumstances, type Decision, say } from '../model/decision.ts';
import { goesOn, guardOf } from '../model/guards.ts';
import type { Observation, WorkerView } from '../model/observation.ts';
import type { Quarantine } from '../model/quarantine-ledger.ts';

/** How long an operator can extend a quarantine, ms from now. */
const LONGEST = 365 * 86_400_000;

/**
 * How many of the requests that extended a quarantine are remembered. Each may ask for a minute, and the item of a worker
 * has room for 400 KB: without that it could neither be extended nor released. SQS delivers none again after so many
 * others.
 */
const EXTENSIONS_REMEMBERED = 100;

/** Decides about an operator's request to release, extend or terminate; a pure function. The state may not allow it. */
export function decideRequest(
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
  // What an earlier release gave back, and accepted, says nothing of what is asked for now; nor what was tried before.
  const { givenBack: _, nodeAwaitedSince: _since, unterminated: _why, ...held } = quarantine;
  const granted = { ...held, request: { id, requestedBy, why } };
  const refuse = (message: string): Decision => ({
    ...say('refused', 'request-refused', `${message} (${asked})`, id),
    details,
    quarantine,
  });
  // An event may come late, or again after days. Its author knew nothing of this quarantine.
  if (isBefore(request.trigger, quarantine.startedAt)) {
    return refuse(`It was asked for before this quarantine began at ${iso(quarantine.startedAt)}.`);
  }
  if (quarantine.phase === 'terminating') return refuse('The worker is being terminated.');
  switch (detail.action) {
    case 'release':
      if (wouldEnd(view, quarantine)) {
        const why = 'its Auto Scaling group would terminate it as soon as it is back in service';
        return refuse(`The instance is ${view.instanceState}: ${why}. Start it, then ask again.`);
      }
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
        quarantine: {
          ...granted,
          expiresAt,
          extensions: isGranted ? extensions : [...extensions, id].slice(-EXTENSIONS_REMEMBERED),
        },
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

/**
 * Whether a release would end the worker. Auto Scaling checks no health in standby, where an instance may be stopped, for
 * analysis or by EC2, but terminates one in service that does not run. Sources: Auto Scaling user guide, "Temporarily
 * remove instances from your Auto Scaling group" and "Health checks for instances in an Auto Scaling group".
 */
const wouldEnd = ({ instanceState }: WorkerView, { kind, saved }: Quarantine): boolean =>
  (instanceState === 'stopping' || instanceState === 'stopped') &&
  kind === 'isolate' &&
  saved.autoScalingGroup !== undefined &&
  saved.detached !== true &&
  saved.standby !== true &&
  saved.warmed !== true;

/** The quarantine in the phase `terminating`. An item of an earlier version has no order in that phase. */
export const ordered = (quarantine: Quarantine, by: 'request' | 'expiry', orderedAt: number): Quarantine => ({
  ...quarantine,
  phase: 'terminating',
  termination: quarantine.termination ?? { orderedAt, by },
});
