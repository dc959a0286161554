import { atGate } from '../shared/gates/at-gate.ts';
import { closedGate } from '../shared/gates/gates.ts';
import { inWords, nextProposal, rulingOn, standingRuling } from '../shared/ledger/proposal.ts';
import { type Refresh, WAITS_FOR_SLOT } from '../shared/ledger/refresh-ledger.ts';
import { nextOpening } from '../shared/policy/change-window.ts';
import type { Told } from '../shared/records/decision.ts';
import { newestBaked } from '../shared/releases/wanted-image.ts';
import { iso } from '../shared/runtime/clock.ts';
import { heldByBreaker } from './breaker.ts';
import {
  type Circumstances,
  type Decision,
  isActive,
  isOnTemplateOf,
  LOOK_AGAIN,
  memoryOf,
  nextAttempt,
  SHOWN_WITHIN,
  say,
  undoOf,
  wellWith,
} from './decision.ts';
import { follow } from './follow.ts';
import { whenGone } from './gone.ts';
import { guardOfGroup } from './guard.ts';
import { haltedAt, whyNoRoom } from './limits.ts';
import type { Observation } from './observation.ts';
import { offerHere, planTo } from './offer.ts';
import type { Reason } from './reasons.ts';
import { drainsInDoubt, whyNotRefreshable } from './refreshable.ts';
import { replacementOf, whyNotReplacedAgain } from './replacement.ts';
import { membersInWords, stayingMembers } from './staying-members.ts';
import { undoing } from './undo.ts';
import { chooseByWave, waitAtWave } from './wave.ts';

/** How soon a pinned group is reconciled again, ms. */
const PINNED_WITHIN = 60_000;

/** Decides about one group; a pure function. */
export function decide(observation: Observation, circumstances: Circumstances): Decision {
  const { state } = observation;
  const { refresh: _, ...idle } = state;
  const afresh = () => decideIdle({ ...observation, state: idle }, circumstances);
  const decided =
    state.refresh === undefined ? decideIdle(observation, circumstances) : follow(observation, circumstances, afresh);
  const { target, plan = target } = decided;
  const isRejected = (each: string | undefined): boolean =>
    each !== undefined && rulingOn(state.proposal, each)?.kind === 'rejected';
  const undoable = state.refresh ?? state.done;
  const isRuled =
    isRejected(target) ||
    isRejected(plan) ||
    // The rejection also counts where the refresh that was to be rolled back has ended meanwhile.
    isRejected(undoable && undoOf(undoable));
  const kept = target === undefined || decided.silent === true || isRuled;
  const proposal = kept
    ? state.proposal
    : nextProposal(state.proposal, { decision: decided.decision, target: plan }, circumstances.now);
  return { proposal, ...decided };
}

/** Decides while no refresh of this function is in progress. */
function decideIdle(observation: Observation, circumstances: Circumstances): Decision {
  const { group, state, wanted, present } = observation;
  const memory = memoryOf(state);
  if (group.source.kind === 'gone' && (state.progress !== undefined || state.setbacks !== undefined)) {
    const told = say('skipped', 'group-gone', 'Auto Scaling does not show the group any more.');
    return { ...whenGone(observation, told, circumstances.now), silent: true };
  }
  const silently = (told: Told<Reason>): Decision => ({ ...told, memory, silent: true });
  const quietly = (told: Told<Reason>): Decision =>
    state.fingerprint === undefined ? silently(told) : { ...told, memory };
  const verdict = guardOfGroup(observation, circumstances);
  if ('guardResult' in verdict) {
    const { guardResult } = verdict;
    // A group that was never to be refreshed gets no record of its own: the policy says enough.
    return guardResult.decision === 'skipped' || wanted === undefined
      ? quietly(guardResult)
      : { ...guardResult, memory };
  }
  const { refreshes, upgrades } = verdict.policy;
  const { now } = circumstances;
  const undone = undoing(observation, circumstances, refreshes);
  if (undone !== undefined) return undone;
  if (wanted === undefined || group.members.length === 0) {
    return quietly(say('skipped', 'image-unclear', 'The policy names no AMI for it, or it has no workers.'));
  }
  if (wanted.kind === 'unreadable') return { ...say('failed', 'unreadable', wanted.error, wanted.code), memory };
  if (wanted.kind === 'none') return { ...say('refused', 'image-unclear', wanted.message, 'none'), memory };
  if (present === undefined) {
    return { ...say('refused', 'image-unclear', 'EC2 does not show the AMI of its workers.', 'present'), memory };
  }
  const offer = offerHere(wanted.candidates, present, observation, now);
  const baked = offer.newer.filter(({ since }) => since + refreshes.bakeAge <= now);
  const wantedNow =
    chooseByWave(baked, observation, verdict.policy, circumstances) ?? newestBaked(offer.newer, refreshes.bakeAge, now);
  // A move to another AMI replaces all workers anyway. One that is refused comes to nobody.
  const again = wantedNow === undefined ? replacementOf(observation) : undefined;
  const chosen = wantedNow ?? again;
  const staying = membersInWords(stayingMembers(group.members));
  if (chosen === undefined) {
    const [first] = offer.refused;
    if (first !== undefined) {
      const why = `${first.image.imageId} (${first.image.name}) is not taken: ${first.why}.`;
      return { ...say('refused', 'image-unclear', why, first.image.imageId), memory };
    }
    if (observation.behind !== undefined) {
      const message = `Workers run several AMIs up to ${present.imageId}, which the policy does not name, nor a newer one.`;
      return quietly(say('skipped', 'image-unclear', message, present.imageId));
    }
    const well = quietly(
      say('done', 'group-refreshed', `Runs ${present.imageId}, and nothing newer is named.`, present.imageId),
    );
    return { ...well, memory: wellWith(well.memory) };
  }
  const target = chosen.imageId;
  const { order } = observation;
  const replaces = again === undefined ? undefined : order?.launchedBefore;
  const plan = planTo(target, observation, refreshes);
  const about = (told: Told<Reason>, more: Partial<Decision> = {}): Decision => ({
    ...told,
    memory,
    target,
    plan,
    ...more,
  });
  // A rejected AMI stays rejected, with or without a pin before the move.
  const ruledOn = rulingOn(state.proposal, target)?.kind === 'rejected' ? target : plan;
  const { ruling, expired } = standingRuling(state.proposal, ruledOn, refreshes.approvalExpiresAfter, now);
  if (ruling?.kind === 'rejected') {
    return about(
      say('skipped', 'proposal-rejected', `${target} was rejected by ${inWords(ruling)}`, `${target} ${ruling.id}`),
    );
  }
  const isProposal = refreshes.mode === 'observe' && ruling === undefined;
  const held = isProposal ? undefined : heldByBreaker(observation, target, verdict.policy, circumstances);
  // A group whose own failure has tripped a breaker says so at once, whatever else it waits for.
  if (held?.reason === 'breaker-tripped') return about(held);
  const halted = haltedAt(state, target);
  if (halted !== undefined) return about(halted);
  const from = observation.behind ?? present;
  const fromTo =
    replaces === undefined
      ? `from ${from.imageId} (${from.name}) to ${target} (${chosen.name})`
      : `from hosts that were launched before ${iso(replaces)} to new ones with the same AMI ${target}`;
  const why = replaces === undefined ? '' : ` ${order?.why}`;
  const active = observation.refreshes.find(({ status }) => isActive(status));
  if (active !== undefined) {
    const message = `Refresh ${active.id} is ${active.status}, which was not begun here.`;
    return about(say('waiting', 'foreign-refresh', message, active.id), { wakeAt: now + LOOK_AGAIN });
  }
  const { pinned } = state;
  if (group.source.kind === 'floating' && pinned !== undefined && now - pinned.at < SHOWN_WITHIN) {
    const message = 'Auto Scaling does not show yet that the group is pinned.';
    return about(say('waiting', 'group-pinned', message), { silent: true, wakeAt: now + PINNED_WITHIN });
  }
  const hindrance =
    replaces === undefined
      ? whyNotRefreshable(observation, refreshes, fromTo)
      : whyNotReplacedAgain(observation, refreshes, fromTo);
  if (hindrance !== undefined) return about({ ...hindrance, variant: `${target} ${hindrance.variant}`.trim() });
  const bakedAt = chosen.since + refreshes.bakeAge;
  if (bakedAt > now && !isProposal) {
    return about(say('waiting', 'image-baking', `${target} bakes until ${iso(bakedAt)}.`, target), { wakeAt: bakedAt });
  }
  const wait = waitAtWave(target, observation, verdict.policy, circumstances);
  if (wait !== undefined) {
    const { reason, message, which, until: wakeAt, lookAt } = wait;
    const more = { ...(wakeAt !== undefined && { wakeAt }), ...(lookAt && { lookAt }) };
    return about(say('waiting', reason, message, `${target} ${which}`), more);
  }
  if (isProposal) {
    const pins =
      group.source.kind === 'floating' ? ` It is pinned to version ${observation.template?.version} first.` : '';
    const message = `Would move ${staying} ${fromTo}.${why}${pins}${expired?.message ?? ''}`;
    const variant = expired === undefined ? plan : `${plan} after ${expired.id}`;
    return about(say('would-act', 'would-refresh', message, variant));
  }
  const opensAt = nextOpening(refreshes.windows, now);
  if (opensAt > now) {
    const message = `The next window opens at ${iso(opensAt)}.`;
    return about(say('waiting', 'refresh-outside-window', message, target), { wakeAt: opensAt });
  }
  const quarantined = group.members.filter(({ isQuarantined }) => isQuarantined).map(({ id }) => id);
  const known = state.quarantineWait?.target === target ? state.quarantineWait : { target, since: now };
  const waitsUntil = known.since + refreshes.waitForQuarantine;
  if (quarantined.length > 0 && waitsUntil > now) {
    const message = `${quarantined.join(', ')}: it begins when the quarantine has ended, at ${iso(waitsUntil)} at the latest.`;
    const more = { memory: { ...memory, quarantineWait: known }, wakeAt: waitsUntil };
    return about(say('waiting', 'refresh-waits-for-quarantine', message, target), more);
  }
  if (held !== undefined) return about(held);
  const full = whyNoRoom(observation, circumstances, refreshes.concurrency);
  if (full !== undefined) return about(say('waiting', WAITS_FOR_SLOT, full, target), { wakeAt: now + LOOK_AGAIN });
  const closed = closedGate(upgrades.gates, circumstances.gates, now);
  if (closed !== undefined) return about(...atGate(closed, target));
  const workloads = upgrades.gates.nodesAndPods ? circumstances.workloads : 'open';
  if (workloads === undefined) {
    const told = say('waiting', 'workload-gate-closed', 'Nodes and pods are read before it begins.', target);
    return about(told, { dependsOnWorkloads: chosen.since, wakeAt: now + LOOK_AGAIN });
  }
  if (workloads !== 'open') return about(...atGate(workloads, target));
  const doubt = drainsInDoubt(observation, refreshes, target);
  if (doubt !== undefined) return about(doubt, { wakeAt: now + LOOK_AGAIN });
  if (group.source.kind === 'floating') {
    const { version } = group.source;
    const number = String(observation.template?.version ?? '');
    const message = `It used ${version}, which is version ${number} now, and is pinned to that. No instance is replaced, and a tool that keeps the group as code sees it. Next: ${fromTo}.`;
    const pinned = { act: 'pin' as const, proposal: state.proposal, wakeAt: now + PINNED_WITHIN };
    return about(say('acted', 'group-pinned', message, number), pinned);
  }
  if (group.source.kind !== 'version') throw new Error('Only a group on a numbered version is refreshed.');
  const { templateId } = group.source;
  const refresh: Refresh = {
    target,
    // A refresh that continues a partial one keeps the origin of the first, so that an undo leads back to it.
    from:
      replaces === undefined && state.done?.target === target && isOnTemplateOf(state.done, group.source)
        ? state.done.from
        : { templateId, version: group.source.version, imageId: observation.template?.data.ImageId ?? present.imageId },
    at: now,
    attempt: nextAttempt(state, target),
    ...(replaces !== undefined && { replaces }),
  };
  const { quarantineWait: _, ...goesOn } = memory;
  const approved = ruling === undefined ? '' : ` Approved by ${inWords(ruling)}`;
  return about(
    say('acted', 'refresh-started', `Moving ${staying} ${fromTo}.${why}${approved}`, `${target} ${refresh.attempt}`),
    {
      act: 'start',
      memory: { ...goesOn, refresh },
      wakeAt: now + LOOK_AGAIN,
    },
  );
}
