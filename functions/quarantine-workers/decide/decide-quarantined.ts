import { iso } from '../../shared/runtime/clock.ts';
import type { Exposure } from '../exposure/exposure.ts';
import { describeExposures } from '../exposure/exposure-words.ts';
import { type Circumstances, type Decision, say } from '../model/decision.ts';
import { goesOn, guardOf } from '../model/guards.ts';
import type { Observation, WorkerView } from '../model/observation.ts';
import type { Quarantine } from '../model/quarantine-ledger.ts';
import { groupsFor, isolationFaults } from '../model/remaining.ts';
import { decideRequest, ordered } from './decide-request.ts';
import { isolate, isolated } from './reinforce.ts';

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
  // What an operator asked for goes on once it is granted. A redelivery of that request asks for nothing new.
  const isGranted = quarantine.phase === 'releasing' && quarantine.request?.id === request?.trigger.id;
  if (request !== undefined && !isGranted) return decideRequest(observation, view, request, quarantine, circumstances);
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
    const open = describeExposures(stillOpen(faults, view)).join('; ');
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
    // A further try is no news.
    ...(quarantine.unterminated !== undefined && { quiet: true }),
  };
}

const isBetweenGroups = ({ groups }: Quarantine, { interfaces }: WorkerView): boolean =>
  interfaces.some((each) => each.groupIds.includes(groupsFor(each, groups)?.untracking ?? ''));
