import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import type { Upgrade } from '../../shared/ledger/node-group-ledger.ts';
import { inWords } from '../../shared/ledger/proposal.ts';
import { nextOpening } from '../../shared/policy/change-window.ts';
import { isImageOf } from '../../shared/releases/release-version.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { counted } from '../../shared/text/counted.ts';
import { listed } from '../../shared/text/listed.ts';
import { type Circumstances, type Decision, RECONCILE_EVERY, retryDelay, say } from '../model/decision.ts';
import { spreadInWords, spreadOf } from '../model/nodes.ts';
import type { NodeGroupView, Observation } from '../model/observation.ts';
import { DOUBT, DOUBT_IS_TOLD_AFTER, meetUnknown } from '../model/obstacles.ts';
import { mustBeLookedAt, type Preflight } from '../model/preflight.ts';
import { type Due, launchedBefore } from '../model/replacement.ts';
import { aimOf } from '../model/target-version.ts';
import { mayTake } from '../model/time-needed.ts';
import type { Reason } from '../reasons.ts';
import { recommendationUnread } from '../release/choose-release.ts';
import { heldByWaves } from '../release/wave-entry.ts';
import { atGate } from './at-gate.ts';
import { atClusterHealth } from './cluster-health.ts';
import { deferred } from './defer.ts';
import { issueCodes, isTroubled, unhealthy } from './heal.ts';
import { heldByBreaker, trippedBySelf } from './hold.ts';
import { atInsights } from './insights-gate.ts';
import { isFirstTry, withoutKeyPair } from './key-pairs.ts';
import { type Moment, momentOf } from './moment.ts';
import { outsideWindow } from './outside-window.ts';
import { fromTo, propose } from './propose.ts';
import { isExhausted, lastCause } from './setbacks.ts';
import { riskToEvidence, sparingEvidence } from './sparing-evidence.ts';
import { occupantsFor } from './waitlist.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Decides when a node group moves to a newer release: now, or later, with what the node group waits for. */
export function chooseMoment(
  observation: Observation,
  view: NodeGroupView,
  release: Due,
  circumstances: Circumstances,
): Decision {
  const moment = momentOf(observation, view, release, circumstances);
  return (
    stopped(moment) ??
    trippedBySelf(moment) ??
    halted(moment) ??
    notYet(moment) ??
    inDoubt(moment) ??
    atClusterHealth(moment) ??
    sparingEvidence(moment) ??
    atGate(moment, circumstances) ??
    atInsights(moment) ??
    blocked(moment, circumstances) ??
    heldByBreaker(moment) ??
    propose(moment, circumstances) ??
    begin(moment, circumstances)
  );
}

/** Decides where a node group stops until somebody acts: a cure did not help, or an operator rejected the proposal. */
function stopped({ view, state, idle, ruling, releaseVersion, failed }: Moment): Decision | undefined {
  if (isTroubled(view) && state.cureTried === releaseVersion) {
    const why = `An upgrade to ${releaseVersion} was tried as a cure and did not help. It is not tried again.`;
    return unhealthy(view, state, idle, why);
  }
  // The node group may have been well when the attempt began.
  if (isTroubled(view) && view.desired > 0 && failed > 0) {
    const why = `No further attempt to move to ${releaseVersion}, which has failed, is made before the node group is healthy.`;
    return unhealthy(view, state, idle, why);
  }
  if (ruling?.kind === 'rejected') {
    const message = `${releaseVersion} was rejected by ${inWords(ruling)}`;
    return say('skipped', 'proposal-rejected', message, idle, `${releaseVersion} ${ruling.id}`);
  }
  return undefined;
}

/** Decides where a node group has failed too often by itself. */
function halted({
  view,
  idle,
  releaseVersion,
  replaces,
  failed,
  failures,
  setbacks,
  upgrades,
}: Moment): Decision | undefined {
  if (isExhausted(failures, setbacks, upgrades.stopAfterFailures)) {
    const last = lastCause(setbacks);
    const before =
      last === undefined || last.count <= failed
        ? ''
        : `, and ${last.cause} has ended ${counted(last.count, 'attempt')} of it, to this and earlier releases`;
    const message = `${counted(failed, 'attempt')} to ${aimOf(releaseVersion, replaces)} failed${before}. No further attempt is made.${nodesInWords(view, releaseVersion)}`;
    return say('refused', 'halted', message, idle, `${releaseVersion} ${failures?.count}`);
  }
  return undefined;
}

/** Decides where what keeps a node group passes by itself: a pause, the bake time, a shut window, a refusal of EKS. */
function notYet(moment: Moment): Decision | undefined {
  const { view, releaseVersion, firstSeenAt, now, upgrades, failures, failed, attempt, deferral, idle, wait } = moment;
  const { bakeAge, windows, cause } = moment.pace;
  const waits = failures !== undefined && failed > 0 && failures.waitLifted !== true;
  const retryAt = waits ? failures.lastAt + retryDelay(upgrades.retryAfter, failed) : now;
  if (retryAt > now) {
    const message = `Attempt ${attempt} may start at ${iso(nextOpening(windows, retryAt))}.${nodesInWords(view, releaseVersion)}`;
    return wait('retry-later', message, retryAt);
  }
  const bakedAt = firstSeenAt + bakeAge;
  if (bakedAt > now) {
    const until =
      nextOpening(windows, bakedAt) > bakedAt ? `, and a window opens at ${iso(nextOpening(windows, bakedAt))}` : '';
    return wait('baking', `${releaseVersion} bakes until ${iso(bakedAt)}${until}${cause}.`, bakedAt);
  }
  const held = heldByWaves(moment, wait);
  if (held !== undefined) return held;
  const shut = outsideWindow(moment);
  if (shut !== undefined) return shut;
  if (deferral !== undefined && deferral.until > now) {
    const { turn, wakeAt = deferral.until } = wait('upgrade-deferred', '', deferral.until);
    return { ...deferred(deferral, wakeAt, now, idle), wakeAt, ...(turn !== undefined && { turn }) };
  }
  return undefined;
}

/** Decides where Amazon recommends something else at this moment, or cannot be asked. */
function inDoubt({ view, state, idle, now, releaseVersion, turnAt, wait, pace }: Moment): Decision | undefined {
  if (view.target.kind !== 'release' || !view.target.isInDoubt) return undefined;
  const { unreadable: unread } = view.target;
  if (unread !== undefined) {
    const failing = recommendationUnread(unread, view, state, idle, now);
    return { ...failing, turn: turnAt(nextOpening(pace.windows, failing.wakeAt ?? now)) };
  }
  const obstacle = meetUnknown(state.obstacle, 'release-in-doubt', now, DOUBT);
  const message = `Amazon recommends another release than before. ${releaseVersion} is not rolled out until a second read says whether it was withdrawn.`;
  const doubted = wait('release-in-doubt', message, obstacle.until);
  const isSilent = now - obstacle.since < DOUBT_IS_TOLD_AFTER;
  return { ...doubted, memory: { ...idle, obstacle }, ...(isSilent && { isSilent }) };
}

/** Decides where a look has found what surely blocks the upgrade. */
function blocked({ key, upgrades, wait, now }: Moment, { preflights }: Pick<Circumstances, 'preflights'>) {
  const { blockers = [] } = preflights?.found.get(subjectOf(key)) ?? {};
  // With force, EKS ends old nodes whatever runs on them (EKS API reference, UpdateNodegroupVersion).
  const blocking = upgrades.force ? blockers.filter(({ kind }) => kind !== 'eviction') : blockers;
  if (upgrades.preflight !== 'block' || blocking.length === 0) return undefined;
  const message = `The upgrade does not start, because it would be blocked: ${listed(blocking.map(({ why }) => why))}.`;
  const waits = wait('preflight-blocked', message, now + LOOKED_AT_AGAIN);
  const which = [...new Set(blocking.map((each) => each.which))].sort();
  return { ...waits, decision: 'refused' as const, variant: `${waits.variant} ${which.join(', ')}` };
}

/**
 * How many node groups that nobody has looked at are woken in the same minute, so that a fleet does not come at once.
 */
const LOOKED_AT_IN_A_MINUTE = 20;

/** How long after a look a blocked node group is looked at again, ms. */
const LOOKED_AT_AGAIN = HOUR / 2;

/** Begins the upgrade, or waits for a slot. */
function begin(
  moment: Moment,
  { slots, ahead, preflights }: Pick<Circumstances, 'slots' | 'ahead' | 'preflights'>,
): Decision {
  const {
    key,
    view,
    releaseVersion,
    firstSeenAt,
    now,
    upgrades,
    attempt,
    policy,
    idle,
    replaces,
    approval,
    ruling,
    passed,
    turnAt,
    wait,
  } = moment;
  const { force, concurrency } = upgrades;
  const { inCluster, inAccount } = occupantsFor(key, slots, ahead);
  if (inCluster.length >= concurrency.perCluster) {
    const limit = `The policy allows ${counted(concurrency.perCluster, 'update')} at a time in the cluster`;
    return forSlot(moment, 'cluster-concurrency', `${limit}. Under way: ${listed(inCluster)}.`);
  }
  if (inAccount.length >= concurrency.perAccount) {
    const limit = `The policy allows ${counted(concurrency.perAccount, 'update')} at a time in the account`;
    return forSlot(moment, 'account-concurrency', `${limit}. Under way: ${listed(inAccount)}.`);
  }
  const seen = preflights?.found.get(subjectOf(key));
  if (seen === undefined && preflights?.isOver === true && mustBeLookedAt(upgrades)) {
    const until = now + MINUTE * (1 + Math.floor((preflights.pending ?? 0) / LOOKED_AT_IN_A_MINUTE));
    const message = `The upgrade is checked before it starts, at ${iso(until)}.`;
    return { ...wait('preflight-pending', message, until), isSilent: true };
  }
  const upgrade: Upgrade = {
    releaseVersion,
    attempt,
    requestedAt: now,
    nodes: nodesToReplace(view, moment),
    ...(replaces !== undefined && { replaces }),
    dueBy: now + mayTake(view),
    ...(isTroubled(view) && { issues: issueCodes(view) }),
  };
  const approved = ruling === undefined || !approval.isNeeded ? '' : ` Approved by ${inWords(ruling)}`;
  const isApproved = !approval.isNeeded || approval.coversKeyPair;
  const { details, template, ...keyPair } = withoutKeyPair(key, seen?.keyPair, policy, {
    now,
    isFirstTry: isFirstTry(moment),
    isApproved,
  });
  const message = `The node group is being ${replaces === undefined ? 'upgraded' : 'moved'} ${fromTo(moment)}.${approved}${passed}${riskToEvidence(moment)}${warned(upgrades.preflight, seen)}${keyPair.message}`;
  return {
    ...say('acted', 'upgrade-started', message, { ...idle, upgrade }, `${releaseVersion} ${attempt}`),
    ...(details !== undefined && { details }),
    start: { version: view.version, firstSeenAt, force, ...(template !== undefined && { template }) },
    turn: turnAt(now),
    wakeAt: now + RECONCILE_EVERY,
  };
}

/**
 * Waits for a slot. Only who has one is looked at before it starts, so that a group which a look found blocked says
 * nothing new while it waits for the next one: else it would be told as blocked again each time that a slot is free.
 */
function forSlot({ state, wait }: Moment, reason: Reason, message: string): Decision {
  const waits = wait(reason, message);
  const isBlocked = state.fingerprint?.startsWith(`preflight-blocked ${waits.variant} `) === true;
  return isBlocked ? { ...waits, isSilent: true } : waits;
}

/** What a look has found that does not keep the upgrade from starting; begins with a blank. */
function warned(preflight: Moment['upgrades']['preflight'], seen: Preflight | undefined): string {
  const found =
    preflight === 'off' || seen === undefined ? [] : [...seen.blockers.map(({ why }) => why), ...seen.warnings];
  return found.length === 0 ? '' : ` Warning: ${listed(found)}.`;
}

const nodesToReplace = (
  { nodes, version, desired }: NodeGroupView,
  { releaseVersion, replaces }: Pick<Moment, 'releaseVersion' | 'replaces'>,
): number => {
  if (nodes === undefined) return desired;
  if (replaces !== undefined) return launchedBefore(nodes, replaces).length;
  const { total, onRelease } = spreadOf(nodes, releaseVersion, version);
  return total - onRelease;
};

/** What the nodes run, where a failed attempt has left them mixed; begins with a blank. @param aim the release to come */
function nodesInWords({ nodes, releaseVersion, version, movesFrom = version }: NodeGroupView, aim: string): string {
  const spread = nodes && spreadOf(nodes, releaseVersion, movesFrom);
  if (spread === undefined || spread.others.length === 0) return '';
  const named = spread.others.map(([name, count]) => [isImageOf(name, aim, version) ? aim : name, count] as const);
  return ` ${spreadInWords({ ...spread, others: named }, releaseVersion)}`;
}
