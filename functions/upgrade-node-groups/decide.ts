import { failureCount, type Turn, type Upgrade } from '../shared/ledger/node-group-ledger.ts';
import { inWords, nextProposal, rulingOn } from '../shared/ledger/proposal.ts';
import { nextOpening } from '../shared/policy/change-window.ts';
import { guardOf } from '../shared/policy/guards.ts';
import type { Mode } from '../shared/policy/mode.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import type { SeenRelease } from '../shared/releases/release-ledger.ts';
import { chooseRelease, nextBaked, publishedAt, recommendationUnread } from './choose-release.ts';
import {
  type Circumstances,
  type Decision,
  idleMemory,
  iso,
  type Memory,
  RECONCILE_EVERY,
  retryDelay,
  say,
} from './decision.ts';
import { deferralOf, deferred } from './defer.ts';
import { followUpgrade } from './follow.ts';
import { updatedBySomebody } from './foreign.ts';
import { issueCodes, issuesInWords, isTroubled, mayBeUpgraded, unhealthy } from './heal.ts';
import { spreadOf } from './nodes.ts';
import type { NodeGroupView, Observation, UnreadableView } from './observation.ts';
import { DOUBT, DOUBT_IS_TOLD_AFTER, meet, SLOWNESS_IS_TOLD_AFTER, UNREADABLE } from './obstacles.ts';
import { paceOf } from './pace.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import { mayTake } from './time-needed.ts';
import { skewFault } from './version-skew.ts';
import { occupantsFor } from './waitlist.ts';

/** The mode in force, as far as the policy can be read. */
export const modeOf = (policy: Policy | InvalidPolicy): Mode | undefined =>
  isInvalid(policy) ? undefined : policy.upgrades.mode;

/**
 * Decides about one subject: a pure function of what was observed, the policy and the time. An upgrade under way is
 * followed to its end whatever the policy says by now; after that the guards come, then the release, then the moment.
 */
export function decide(observation: Observation, circumstances: Circumstances): Decision {
  const decided = decideNow(observation, circumstances);
  const { decision, releaseVersion: target } = decided;
  const proposal = nextProposal(observation.state.proposal, { decision, target }, circumstances.now);
  return proposal === undefined ? decided : { ...decided, proposal };
}

function decideNow(observation: Observation, circumstances: Circumstances): Decision {
  const { view, state } = observation;
  const memory: Memory = { ...idleMemory(state), ...(state.upgrade !== undefined && { upgrade: state.upgrade }) };
  if (view.kind === 'gone') return say('skipped', 'node-group-gone', 'The node group does not exist.', {}, '');
  if (view.kind === 'unreadable') return unreadable(view, observation, memory, circumstances.now);
  if (view.kind === 'unmanaged') return say('skipped', view.reason, view.message, {}, '');
  return (
    followUpgrade(observation, view, memory, circumstances) ??
    guard(observation, view, circumstances) ??
    chooseUpgrade(observation, view, circumstances)
  );
}

/** Doubt means no; it is asked again after pauses that grow. That AWS is merely slow is told only if it lasts. */
function unreadable(
  { error, code, isThrottled }: UnreadableView,
  { state }: Observation,
  memory: Memory,
  now: number,
): Decision {
  const obstacle = meet(state.obstacle, `unreadable ${code}`, now, UNREADABLE);
  const isPatient = isThrottled && now - obstacle.since < SLOWNESS_IS_TOLD_AFTER;
  const { foreign } = state;
  return {
    ...say('failed', 'unreadable', error, { ...memory, ...(foreign !== undefined && { foreign }), obstacle }, code),
    ...(isPatient && { isSilent: true }),
    wakeAt: obstacle.until,
  };
}

/** The rules by which a node group is not touched, whatever releases there are. */
function guard(observation: Observation, view: NodeGroupView, circumstances: Circumstances): Decision | undefined {
  const { cluster } = observation.key;
  const idle = idleMemory(observation.state);
  const skip = (reason: Reason, message: string, variant = ''): Decision =>
    say('skipped', reason, message, idle, variant);

  const verdict = guardOf(
    { cluster, tags: { [`Cluster ${cluster}`]: view.cluster.tags, 'The node group': view.tags } },
    circumstances,
    { modeIn: ({ upgrades }: Policy) => upgrades.mode, about: 'upgrades' },
  );
  if ('guardResult' in verdict) return { ...verdict.guardResult, memory: idle };
  if (view.amiType === 'CUSTOM') return skip('custom-ami', `Runs the custom AMI ${view.releaseVersion}.`);
  if (view.cluster.status !== 'ACTIVE') {
    return skip('cluster-not-active', `Cluster ${cluster} is ${view.cluster.status}.`, view.cluster.status);
  }
  if (view.status === 'UPDATING') return updatedBySomebody(observation, view, idle, circumstances.now);
  const skew = skewFault(view);
  if (skew !== undefined) return say('refused', 'version-skew', skew.message, idle, skew.variant);
  if (isTroubled(view)) {
    if (mayBeUpgraded(view)) return undefined;
    return unhealthy(view, observation.state, idle, 'An upgrade is no cure of that, and could make it worse.');
  }
  if (view.status !== 'ACTIVE') return skip('node-group-not-active', `The node group is ${view.status}.`, view.status);
  return undefined;
}

/** Whether there is a release to move to, and whether now is the moment. */
function chooseUpgrade(observation: Observation, view: NodeGroupView, circumstances: Circumstances): Decision {
  const choice = chooseRelease(observation, view, circumstances);
  if ('release' in choice) {
    const { releaseVersion } = choice.release;
    const about = { releaseVersion, details: { from: view.releaseVersion, to: releaseVersion } };
    const decided = chooseMoment(observation, view, choice.release, circumstances);
    // What keeps this release away may not keep the next one: that is looked at as soon as it has baked.
    const next = decided.wakeAt ?? nextBaked(observation, view, circumstances);
    return { ...decided, ...about, ...(next !== undefined && { wakeAt: next }) };
  }
  if (!isTroubled(view) || choice.decision === 'waiting' || choice.decision === 'failed') return choice;
  const idle = idleMemory(observation.state);
  return unhealthy(view, observation.state, idle, `There is no newer release that could cure it. ${choice.message}`);
}

/** The release is newer than the running one: start now, or say what it waits for. */
function chooseMoment(
  { key, state, need }: Observation,
  view: NodeGroupView,
  { releaseVersion, firstSeenAt }: SeenRelease,
  { policy, now, slots, ahead }: Circumstances,
): Decision {
  if (isInvalid(policy)) throw new Error('A guard must have refused an invalid policy.');
  const { concurrency, stopAfterFailures, retryAfter, mode, force } = policy.upgrades;
  const { bakeAge, windows, cause, isHastened } = paceOf(need, policy, now);
  const failures = state.failures?.releaseVersion === releaseVersion ? state.failures : undefined;
  const deferral = deferralOf(state.obstacle, releaseVersion);
  const idle: Memory = {
    ...(failures !== undefined && { failures }),
    ...(state.cureTried === releaseVersion && { cureTried: releaseVersion }),
    ...(deferral !== undefined && { obstacle: deferral }),
  };
  const attempt = (failures?.count ?? 0) + 1;
  const failed = failureCount(failures);
  const ruling = rulingOn(state.proposal, releaseVersion);
  const turnAt = (mayStartAt: number): Turn => ({
    published: publishedAt(view),
    mayStartAt,
    hasFailed: failed > 0,
  });
  /** @param until when it may go on, but for what else is in the way; absent: when it is called */
  const wait = (reason: Reason, message: string, until?: number): Decision => ({
    // That findings hasten what has long been waiting is news.
    ...say('waiting', reason, message, idle, `${releaseVersion} ${attempt}${isHastened ? ' hastened' : ''}`),
    turn: turnAt(until === undefined ? Math.min(state.turn?.mayStartAt ?? now, now) : nextOpening(windows, until)),
    // No use in waking up while every window is shut.
    ...(until !== undefined && { wakeAt: nextOpening(windows, until) }),
  });

  if (isTroubled(view) && (state.cureTried === releaseVersion || (view.desired > 0 && failed > 0))) {
    const why = `An upgrade to ${releaseVersion} was tried as a cure: it is not tried again.`;
    return unhealthy(view, state, idle, why);
  }
  if (ruling?.kind === 'rejected') {
    const message = `${releaseVersion} was rejected by ${inWords(ruling)}`;
    return say('skipped', 'proposal-rejected', message, idle, `${releaseVersion} ${ruling.id}`);
  }
  if (failed >= stopAfterFailures) {
    const message = `${failed} attempts to move to ${releaseVersion} failed; no further one is made.${nodesInWords(view)}`;
    return say('refused', 'halted', message, idle, `${releaseVersion} ${failures?.count}`);
  }
  const waits = failures !== undefined && failed > 0 && failures.waitLifted !== true;
  const retryAt = waits ? failures.lastAt + retryDelay(retryAfter, failed) : now;
  if (retryAt > now) {
    const message = `Attempt ${attempt} may start at ${iso(nextOpening(windows, retryAt))}.${nodesInWords(view)}`;
    return wait('retry-later', message, retryAt);
  }
  const bakedAt = firstSeenAt + bakeAge;
  if (bakedAt > now) {
    const until =
      nextOpening(windows, bakedAt) > bakedAt ? `, and a window opens at ${iso(nextOpening(windows, bakedAt))}` : '';
    return wait('baking', `${releaseVersion} bakes until ${iso(bakedAt)}${until}${cause}.`, bakedAt);
  }
  const opensAt = nextOpening(windows, now);
  if (opensAt > now) return wait('outside-change-window', `The next window opens at ${iso(opensAt)}.`, opensAt);
  if (deferral !== undefined && deferral.until > now) {
    const { turn, wakeAt = deferral.until } = wait('upgrade-deferred', '', deferral.until);
    return { ...deferred(deferral, wakeAt, now, idle), wakeAt, ...(turn !== undefined && { turn }) };
  }
  if (view.target.kind === 'release' && view.target.isInDoubt) {
    const { unreadable: unread } = view.target;
    if (unread !== undefined) {
      const failing = recommendationUnread(unread, view, state, idle, now);
      return { ...failing, turn: turnAt(nextOpening(windows, failing.wakeAt ?? now)) };
    }
    const obstacle = meet(state.obstacle, 'release-in-doubt', now, DOUBT);
    const message = `Amazon recommends something else than before at this moment: ${releaseVersion} is not rolled out until a second look has told whether it was withdrawn.`;
    const doubted = wait('release-in-doubt', message, obstacle.until);
    const isSilent = now - obstacle.since < DOUBT_IS_TOLD_AFTER;
    return { ...doubted, memory: { ...idle, obstacle }, ...(isSilent && { isSilent }) };
  }

  const cures = isTroubled(view) ? `, which may cure ${issuesInWords(view)}` : '';
  const fromTo = `from ${view.releaseVersion} to ${releaseVersion}${cause}${cures}`;
  if (mode === 'observe' && ruling?.kind !== 'approved') {
    return say('would-act', 'would-upgrade', `Would upgrade ${fromTo}.`, idle, releaseVersion);
  }
  const { inCluster, inAccount } = occupantsFor(key, slots, ahead);
  if (inCluster.length >= concurrency.perCluster) {
    const limit = `The cluster has room for ${concurrency.perCluster} at a time`;
    return wait('cluster-concurrency', `${limit}; under way: ${listed(inCluster)}.`);
  }
  if (inAccount.length >= concurrency.perAccount) {
    const limit = `The account has room for ${concurrency.perAccount} at a time`;
    return wait('account-concurrency', `${limit}; under way: ${listed(inAccount)}.`);
  }
  const upgrade: Upgrade = {
    releaseVersion,
    attempt,
    requestedAt: now,
    nodes: nodesToReplace(view, releaseVersion),
    dueBy: now + mayTake(view),
    ...(isTroubled(view) && { issues: issueCodes(view) }),
  };
  const approved = ruling === undefined || mode !== 'observe' ? '' : ` Approved by ${inWords(ruling)}`;
  const message = `Upgrading ${fromTo}.${approved}`;
  return {
    ...say('acted', 'upgrade-started', message, { ...idle, upgrade }, `${releaseVersion} ${attempt}`),
    start: { version: view.version, force },
    turn: turnAt(now),
    wakeAt: now + RECONCILE_EVERY,
  };
}

const nodesToReplace = ({ nodes, desired }: NodeGroupView, releaseVersion: string): number => {
  if (nodes === undefined) return desired;
  const { total, onRelease } = spreadOf(nodes, releaseVersion);
  return total - onRelease;
};

/** What the nodes run, where a failed attempt has left them mixed; begins with a blank. */
function nodesInWords({ nodes, releaseVersion }: NodeGroupView): string {
  const spread = nodes && spreadOf(nodes, releaseVersion);
  if (spread === undefined || spread.others.length === 0) return '';
  return ` ${spread.onRelease} of ${spread.total} nodes run ${releaseVersion}, ${spread.others.map(([name, count]) => `${count} ${name}`).join(', ')}.`;
}

/** At most three by name. */
const listed = (names: readonly string[]): string =>
  names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
