import { waitAtGates } from '../../shared/gates/at-gate.ts';
import { type Since, sinceFirstSeen } from '../../shared/gates/workload-gate.ts';
import { WAITS_FOR_SLOT } from '../../shared/ledger/refresh-ledger.ts';
import { nextOpening } from '../../shared/policy/change-window.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { nextLook } from '../../shared/runtime/next-look.ts';
import { type Decision, LOOK_AGAIN, pastGates, say } from '../model/decision.ts';
import { heldByBreaker } from './breaker.ts';
import { whyNoRoom } from './limits.ts';
import type { Move } from './move.ts';
import { drainsInDoubt } from './refreshable.ts';

/** What a move that is due and allowed waits for; a pure function. It is undefined where the move may begin now. */
export function waitForMoment(move: Move): Decision | undefined {
  const { observation, circumstances, policy, target, about } = move;
  const { refreshes } = policy;
  const { now } = circumstances;
  const opensAt = nextOpening(refreshes.windows, now);
  if (opensAt > now) {
    const message = `The next window opens at ${iso(opensAt)}.`;
    return about(say('waiting', 'refresh-outside-window', message, target), { wakeAt: opensAt });
  }
  const sparing = waitForQuarantine(move);
  if (sparing !== undefined) return sparing;
  const held = heldByBreaker(observation, target, policy, circumstances);
  if (held !== undefined) return about(held);
  const full = whyNoRoom(observation, circumstances, refreshes.concurrency);
  if (full !== undefined)
    return about(say('waiting', WAITS_FOR_SLOT, full, target), { wakeAt: nextLook(now, LOOK_AGAIN) });
  const atGates = { target, since: sinceOf(move), now, held: observation.state.heldAtGate, what: 'the refresh' };
  const waiting = waitAtGates(policy.upgrades.gates, circumstances, atGates);
  if (waiting !== undefined) {
    const { memory, ...told } = pastGates(about(waiting.told, waiting.more));
    return { ...told, memory: { ...memory, ...(waiting.held && { heldAtGate: waiting.held }) } };
  }
  const doubt = drainsInDoubt(observation, refreshes, target);
  return doubt && pastGates(about(doubt, { wakeAt: nextLook(now, LOOK_AGAIN) }));
}

/** Spares workers whose quarantine keeps evidence, for a while. */
function waitForQuarantine({ observation, circumstances, policy, target, about }: Move): Decision | undefined {
  const { group, state } = observation;
  const { now } = circumstances;
  const quarantined = group.members.filter(({ isQuarantined }) => isQuarantined).map(({ id }) => id);
  const known = state.quarantineWait?.target === target ? state.quarantineWait : { target, since: now };
  const waitsUntil = known.since + policy.refreshes.waitForQuarantine;
  if (quarantined.length > 0 && waitsUntil > now) {
    const message = `${quarantined.join(', ')}: it begins when the quarantine has ended, at ${iso(waitsUntil)} at the latest.`;
    const told = about(say('waiting', 'refresh-waits-for-quarantine', message, target), { wakeAt: waitsUntil });
    return { ...told, memory: { ...told.memory, quarantineWait: known } };
  }
  return undefined;
}

/** What may have made nodes and pods unwell: the AMI that comes, or the replacement of workers with theirs. */
function sinceOf({ choice: { image, replaces }, observation: { order } }: Move): Since {
  // An order of an earlier release does not say when it was given. Its workers were there before.
  return replaces === undefined
    ? sinceFirstSeen(image.since)
    : { at: order?.since ?? replaces, event: 'the replacement was ordered' };
}
