import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { inWords } from '../../shared/ledger/proposal.ts';
import { nextOpening } from '../../shared/policy/change-window.ts';
import { isImageOf } from '../../shared/releases/release-version.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { counted } from '../../shared/text/counted.ts';
import { listed } from '../../shared/text/listed.ts';
import { type Circumstances, type Decision, retryDelay, say } from '../model/decision.ts';
import { spreadInWords, spreadOf } from '../model/nodes.ts';
import type { NodeGroupView, Observation } from '../model/observation.ts';
import { DOUBT, DOUBT_IS_TOLD_AFTER, meetUnknown } from '../model/obstacles.ts';
import type { Due } from '../model/replacement.ts';
import { aimOf } from '../model/target-version.ts';
import { recommendationUnread } from '../release/choose-release.ts';
import { heldByWaves } from '../release/wave-entry.ts';
import { atGate } from './at-gate.ts';
import { begin } from './begin.ts';
import { atClusterHealth } from './cluster-health.ts';
import { deferred } from './defer.ts';
import { isTroubled, unhealthy } from './heal.ts';
import { heldByBreaker, trippedBySelf } from './hold.ts';
import { atInsights } from './insights-gate.ts';
import { type Moment, momentOf } from './moment.ts';
import { outsideWindow } from './outside-window.ts';
import { propose } from './propose.ts';
import { isExhausted, lastCause } from './setbacks.ts';
import { sparingEvidence } from './sparing-evidence.ts';
import { tellingUrgentLast } from './urgent-wait.ts';

/** How long after a look a blocked node group is looked at again, ms. */
const LOOKED_AT_AGAIN = 30 * 60_000;

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
function stopped({ view, state, idle, ruling, releaseVersion, failed, pace }: Moment): Decision | undefined {
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
    const decision = pace.isHastened ? 'refused' : 'skipped';
    return tellingUrgentLast(say(decision, 'proposal-rejected', message, idle, `${releaseVersion} ${ruling.id}`), pace);
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
  pace,
}: Moment): Decision | undefined {
  if (isExhausted(failures, setbacks, upgrades.stopAfterFailures)) {
    const last = lastCause(setbacks);
    const before =
      last === undefined || last.count <= failed
        ? ''
        : `, and ${last.cause} has ended ${counted(last.count, 'attempt')} of it, to this and earlier releases`;
    const message = `${counted(failed, 'attempt')} to ${aimOf(releaseVersion, replaces)} failed${before}. No further attempt is made.${nodesInWords(view, releaseVersion)}`;
    return tellingUrgentLast(say('refused', 'halted', message, idle, `${releaseVersion} ${failures?.count}`), pace);
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

/** What the nodes run, where a failed attempt has left them mixed; begins with a blank. @param aim the release to come */
function nodesInWords({ nodes, releaseVersion, version, movesFrom = version }: NodeGroupView, aim: string): string {
  const spread = nodes && spreadOf(nodes, releaseVersion, movesFrom);
  if (spread === undefined || spread.others.length === 0) return '';
  const named = spread.others.map(([name, count]) => [isImageOf(name, aim, version) ? aim : name, count] as const);
  return ` ${spreadInWords({ ...spread, others: named }, releaseVersion)}`;
}
