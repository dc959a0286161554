import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { inWords, nextProposal, rulingOn, standingRuling } from '../shared/ledger/proposal.ts';
import { nextOpening } from '../shared/policy/change-window.ts';
import type { Told } from '../shared/records/decision.ts';
import {
  type Candidate,
  type MachineImage,
  newestBaked,
  type Offer,
  offerOf,
} from '../shared/releases/wanted-image.ts';
import { iso } from '../shared/runtime/clock.ts';
import { counted } from '../shared/text/counted.ts';
import {
  type Circumstances,
  type Decision,
  isActive,
  LOOK_AGAIN,
  memoryOf,
  nextAttempt,
  say,
  staysRejected,
  undoOf,
} from './decision.ts';
import { follow } from './follow.ts';
import { guardOfGroup } from './guard.ts';
import type { Observation } from './observation.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { Refresh, RefreshState } from './refresh-ledger.ts';
import { whyNotRefreshable } from './refreshable.ts';

/** Decides about one group; a pure function. */
export function decide(observation: Observation, circumstances: Circumstances): Decision {
  const { state } = observation;
  const { refresh: _, ...idle } = state;
  const afresh = () => decideIdle({ ...observation, state: idle }, circumstances);
  const decided =
    state.refresh === undefined ? decideIdle(observation, circumstances) : follow(observation, circumstances, afresh);
  const { target } = decided;
  const undoable = state.refresh ?? state.done;
  const isRuled =
    (target !== undefined && rulingOn(state.proposal, target)?.kind === 'rejected') ||
    // Also where the refresh that was to be rolled back has ended meanwhile.
    (undoable !== undefined && rulingOn(state.proposal, undoOf(undoable))?.kind === 'rejected');
  const kept = target === undefined || decided.silent === true || isRuled;
  const proposal = kept
    ? state.proposal
    : nextProposal(state.proposal, { decision: decided.decision, target }, circumstances.now);
  return { proposal, ...decided };
}

/** No refresh of ours is under way. */
function decideIdle(observation: Observation, circumstances: Circumstances): Decision {
  const { group, state, wanted, present } = observation;
  const memory = memoryOf(state);
  const silently = (told: Told<Reason>): Decision => ({ ...told, memory, silent: true });
  const quietly = (told: Told<Reason>): Decision =>
    state.fingerprint === undefined ? silently(told) : { ...told, memory };
  const verdict = guardOfGroup(observation, circumstances);
  if ('guardResult' in verdict) {
    const { guardResult } = verdict;
    // Where nothing was ever to be done here, the policy says enough.
    return guardResult.decision === 'skipped' || wanted === undefined
      ? quietly(guardResult)
      : { ...guardResult, memory };
  }
  const { refreshes } = verdict.policy;
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
  const chosen = newestBaked(offer.newer, refreshes.bakeAge, now);
  const serving = group.members.filter(({ lifecycleState }) => lifecycleState === 'InService');
  if (chosen === undefined) {
    const [first] = offer.refused;
    if (first !== undefined) {
      const why = `${first.image.imageId} (${first.image.name}) is not taken: ${first.why}.`;
      return { ...say('refused', 'image-unclear', why, first.image.imageId), memory };
    }
    if (observation.behind !== undefined) {
      const message = `Workers in service run several AMIs up to ${present.imageId}, which the policy does not name, nor a newer one.`;
      return quietly(say('skipped', 'image-unclear', message, present.imageId));
    }
    return quietly(
      say('done', 'group-refreshed', `Runs ${present.imageId}, and nothing newer is named.`, present.imageId),
    );
  }
  const target = chosen.imageId;
  const about = (told: Told<Reason>, more: Partial<Decision> = {}): Decision => ({ ...told, memory, target, ...more });
  const { ruling, expired } = standingRuling(state.proposal, target, refreshes.approvalExpiresAfter, now);
  if (ruling?.kind === 'rejected') {
    return about(
      say('skipped', 'proposal-rejected', `${target} was rejected by ${inWords(ruling)}`, `${target} ${ruling.id}`),
    );
  }
  const halted = haltedAt(state, target);
  if (halted !== undefined) return about(halted);
  const from = observation.behind ?? present;
  const fromTo = `from ${from.imageId} (${from.name}) to ${target} (${chosen.name})`;
  const active = observation.refreshes.find(({ status }) => isActive(status));
  if (active !== undefined) {
    const message = `Refresh ${active.id} is ${active.status}, which was not begun here.`;
    return about(say('waiting', 'foreign-refresh', message, active.id), { wakeAt: now + LOOK_AGAIN });
  }
  const hindrance = whyNotRefreshable(observation, refreshes, fromTo);
  if (hindrance !== undefined) return about({ ...hindrance, variant: `${target} ${hindrance.variant}`.trim() });
  if (refreshes.mode === 'observe' && ruling === undefined) {
    const message = `Would move ${serving.length} workers ${fromTo}.${expired?.message ?? ''}`;
    const variant = expired === undefined ? target : `${target} after ${expired.id}`;
    return about(say('would-act', 'would-refresh', message, variant));
  }
  const bakedAt = chosen.since + refreshes.bakeAge;
  if (bakedAt > now) {
    return about(say('waiting', 'image-baking', `${target} bakes until ${iso(bakedAt)}.`, target), { wakeAt: bakedAt });
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
  const full = whyNoRoom(observation, circumstances, refreshes.concurrency);
  if (full !== undefined)
    return about(say('waiting', 'refresh-waits-for-slot', full, target), { wakeAt: now + LOOK_AGAIN });
  if (group.source.kind !== 'version') throw new Error('Only a group on a numbered version is refreshed.');
  const refresh: Refresh = {
    target,
    // One that goes on with what is partly done comes from where that came from.
    from:
      state.done?.target === target
        ? state.done.from
        : { version: group.source.version, imageId: observation.template?.data.ImageId ?? present.imageId },
    at: now,
    attempt: nextAttempt(state, target),
  };
  const approved = ruling === undefined ? '' : ` Approved by ${inWords(ruling)}`;
  return about(
    say(
      'acted',
      'refresh-started',
      `Moving ${serving.length} workers ${fromTo}.${approved}`,
      `${target} ${refresh.attempt}`,
    ),
    {
      act: 'start',
      memory: { ...(state.done && { done: state.done }), ...(state.failures && { failures: state.failures }), refresh },
      wakeAt: now + LOOK_AGAIN,
    },
  );
}

/** What the group may move to. An AMI that only some of its workers run, and that is named, is one of these for the others. */
function offerHere(
  candidates: readonly Candidate[],
  present: MachineImage,
  { behind, controlPlane }: Observation,
  now: number,
): Offer {
  const newer = offerOf(candidates, present, { controlPlane, now });
  if (behind === undefined || newer.newer.length > 0 || newer.refused.length > 0) return newer;
  const same = candidates.filter(({ image }) => image.imageId === present.imageId);
  return offerOf(same, behind, { controlPlane, now });
}

/** A refresh to the AMI failed, and nobody has had that forgotten: no further one is begun. */
function haltedAt({ failures }: RefreshState, target: string): Told<Reason> | undefined {
  const failed = failures?.target === target ? failures.count - failures.resumed : 0;
  if (failed === 0) return undefined;
  const message = `${counted(failed, 'refresh', 'refreshes')} to ${target} failed or was cancelled; no further one is begun.`;
  return say('refused', 'refresh-halted', message, `${target} ${failures?.count}`);
}

/** An operator rejected what was done: the group goes back, as it came. */
function undoing(
  { key, group, state, refreshes: known }: Observation,
  { now, underWay }: Circumstances,
  { concurrency }: Policy['refreshes'],
): Decision | undefined {
  const { done } = state;
  const ruling = done && rulingOn(state.proposal, undoOf(done));
  if (done === undefined || ruling?.kind !== 'rejected' || group.source.kind !== 'version') return undefined;
  const memory = memoryOf(state);
  const { version: uses } = group.source;
  // An undo that left workers behind, or a rollback that failed, has brought the group's version back, and not all workers.
  const isLeft = uses === done.from.version && group.members.some(({ imageId }) => imageId === done.target);
  if (uses !== done.version && !isLeft) {
    const message = `The group uses version ${uses} by now, and not ${done.version}: nothing is undone.`;
    const forgotten = { memory: { ...memory, done: undefined }, ...staysRejected(state, done.target, now) };
    return { ...say('skipped', 'refresh-undone', message, ruling.id), ...forgotten };
  }
  const halted = haltedAt(state, done.from.imageId);
  if (halted !== undefined) return { ...halted, memory };
  const active = known.find(({ status }) => isActive(status));
  const full = whyNoRoom({ key }, { underWay }, concurrency);
  if (active !== undefined || full !== undefined) {
    const message = active === undefined ? (full ?? '') : `Refresh ${active.id} is ${active.status}.`;
    return { ...say('waiting', 'refresh-waits-for-slot', message, ruling.id), memory, wakeAt: now + LOOK_AGAIN };
  }
  const { target, from, version } = done;
  const refresh: Refresh = {
    target: from.imageId,
    from: { version: version ?? '', imageId: target },
    at: now,
    attempt: nextAttempt(state, from.imageId),
    version: from.version,
    undoes: true,
  };
  const message = `Back to version ${from.version} with ${from.imageId}, as ${inWords(ruling)}`;
  return {
    ...say('acted', 'refresh-undoing', message, ruling.id),
    act: 'start',
    memory: { ...memory, refresh },
    wakeAt: now + LOOK_AGAIN,
  };
}

/** Who else is being refreshed, where the limits leave no room. */
function whyNoRoom(
  { key }: Pick<Observation, 'key'>,
  { underWay }: Pick<Circumstances, 'underWay'>,
  { perCluster, perAccount }: Policy['refreshes']['concurrency'],
): string | undefined {
  const others = [...underWay].filter((each) => each !== subjectOf(key));
  const here = others.filter((each) => each.startsWith(`${key.cluster}/`));
  if (here.length >= perCluster)
    return `The cluster has room for ${perCluster} at a time; under way: ${here.slice(0, 3).join(', ')}.`;
  if (others.length < perAccount) return undefined;
  return `The account has room for ${perAccount} at a time; under way: ${others.slice(0, 3).join(', ')}.`;
}
