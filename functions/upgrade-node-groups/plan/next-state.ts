import { SOONEST_WAKE, wakeTime } from '../../shared/intake/wake.ts';
import { fingerprintOf } from '../../shared/ledger/fingerprint.ts';
import type { NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { releaseIncident } from '../../shared/releases/ami-type.ts';
import { progressAfter } from '../decide/progress.ts';
import type { Circumstances, Decision } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { waitingSinceAfter } from '../moment/waitlist.ts';

/**
 * What tells a decision from others of its subject: the same twice in a row is recorded once. That a group is up to
 * date says nothing new after the record that it was upgraded, and the other way round.
 */
export const groupFingerprint = ({ reason, variant }: Pick<Decision, 'reason' | 'variant'>): string =>
  fingerprintOf({ reason: reason === 'upgraded' ? 'up-to-date' : reason, variant });

/**
 * What the ledger should hold of the subject from now on.
 *
 * @param circumstances with the policy of the account
 */
export function nextState(
  observation: Observation,
  decision: Decision,
  { policy, now }: Pick<Circumstances, 'policy' | 'now'>,
): NodeGroupState {
  const { state, view, trigger } = observation;
  const progress = decision.progress ?? progressAfter(observation, decision, policy, now);
  const { reason, releaseVersion, kubernetesVersion, memory, turn } = decision;
  const fingerprint = decision.isSilent ? state.fingerprint : groupFingerprint(decision);
  const incident =
    releaseVersion === undefined || state.incident?.releaseVersion === releaseVersion
      ? state.incident
      : { releaseVersion, correlationId: incidentOf(view, releaseVersion, kubernetesVersion) ?? trigger.id };
  const wakeAt = nextWake(state.wakeAt, decision.wakeAt, now);
  const answered = decision.answers ?? state.answered;
  const lifts = decision.lifts ?? state.lifts;
  const replacementTried = decision.replacementTried ?? state.replacementTried;
  const moved = decision.moved ?? state.moved;
  const brought = decision.brought ?? state.brought;
  const since = waitingSinceAfter(state, decision, now);
  const place = decision.decision === 'acted' ? undefined : turn;
  const isLastWord = decision.answers === undefined && decision.isSilent !== true;
  return {
    outcomes: state.outcomes + (fingerprint === state.fingerprint ? 0 : 1),
    ...(fingerprint !== undefined && { fingerprint }),
    ...(isLastWord ? { reason } : state.reason !== undefined && { reason: state.reason }),
    // An answer changes nothing about how the group stands, so the group keeps its place on the waitlist.
    ...(decision.answers === undefined
      ? { ...(place !== undefined && { turn: place }), ...(since !== undefined && { since }) }
      : {
          ...(state.turn !== undefined && { turn: state.turn }),
          ...(state.since !== undefined && { since: state.since }),
        }),
    ...(state.arn !== undefined && { arn: state.arn }),
    ...(incident !== undefined && { incident }),
    ...memory,
    ...(decision.proposal !== undefined && { proposal: decision.proposal }),
    ...(answered !== undefined && { answered }),
    ...(wakeAt !== undefined && { wakeAt }),
    ...(progress !== undefined && { progress }),
    ...(lifts !== undefined && { lifts }),
    ...(replacementTried !== undefined && { replacementTried }),
    ...(moved !== undefined && { moved }),
    ...(brought !== undefined && { brought }),
    // Each save counts on from there.
    ...(state.revision !== undefined && { revision: state.revision }),
  };
}

const incidentOf = (
  view: Observation['view'],
  releaseVersion: string,
  kubernetesVersion: string | undefined,
): string | undefined =>
  view.kind === 'node-group'
    ? releaseIncident({ kubernetesVersion: kubernetesVersion ?? view.version, amiType: view.amiType }, releaseVersion)
    : undefined;

/**
 * When to be woken, in whole seconds, as Scheduler fires. A wake-up that is due before the wanted one serves as well,
 * because the look that it brings plans the next. So wake-ups never multiply. A wake-up that is about due is this
 * reconcile's own, or as good as its own.
 */
function nextWake(planned: number | undefined, wanted: number | undefined, now: number): number | undefined {
  const pending = planned !== undefined && planned > now + SOONEST_WAKE / 2 ? planned : undefined;
  if (wanted === undefined) return pending;
  const soonest = wakeTime(wanted, now);
  return pending !== undefined && pending <= soonest ? pending : soonest;
}
