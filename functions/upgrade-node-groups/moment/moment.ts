import { failureCount, type Turn } from '../../shared/ledger/node-group-ledger.ts';
import { nextOpening } from '../../shared/policy/change-window.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import type { Target } from '../../shared/releases/target-release.ts';
import { tripFor } from '../../shared/rollouts/breaker.ts';
import { setbacksOf } from '../../shared/rollouts/setbacks.ts';
import { isSameRelease, type TriedRelease } from '../../shared/rollouts/tried-release.ts';
import { rolloutPair, waveOf } from '../../shared/rollouts/wave-place.ts';
import { type Circumstances, type Decision, type Memory, say } from '../model/decision.ts';
import type { NodeGroupView, Observation } from '../model/observation.ts';
import { paceOf } from '../model/pace.ts';
import type { Due } from '../model/replacement.ts';
import { kubernetesVersionOf, proposedTarget, triedRelease } from '../model/target-version.ts';
import type { Reason } from '../reasons.ts';
import { publishedAt } from '../release/choose-release.ts';
import { entryFor, passedWaves } from '../release/wave-entry.ts';
import { approvalOf } from './approval.ts';
import { deferralOf } from './defer.ts';

/** What is known of an upgrade that is due, and how each step that holds the upgrade up says that it waits. */
export type Moment = ReturnType<typeof momentOf>;

/** Collects what the steps of a decision go by. */
export function momentOf(
  { key, state, need, quarantined = [] }: Observation,
  view: NodeGroupView,
  release: Due,
  circumstances: Circumstances,
) {
  const { policy, now, fleetFailures } = circumstances;
  const { releaseVersion, firstSeenAt, replaces } = release;
  if (isInvalid(policy)) throw new Error('A guard must have refused an invalid policy.');
  const { bakeAge, bakeBetween, windows, cause, isHastened } = paceOf(need, policy, now);
  const tried = triedRelease(releaseVersion, view);
  const { failures, formerFailures } = failuresWith(state, tried, view);
  const target = proposedTarget(releaseVersion, kubernetesVersionOf(view), replaces);
  const deferral = deferralOf(state.obstacle, target);
  const idle: Memory = {
    ...(failures !== undefined && { failures }),
    ...(formerFailures.length > 0 && { formerFailures }),
    ...(state.setbacks !== undefined && { setbacks: state.setbacks }),
    ...(state.cureTried === releaseVersion && { cureTried: releaseVersion }),
    ...(deferral !== undefined && { obstacle: deferral }),
    ...(state.quarantineWait?.releaseVersion === releaseVersion && { quarantineWait: state.quarantineWait }),
  };
  const attempt = (failures?.count ?? 0) + 1;
  const failed = failureCount(failures);
  const approval = approvalOf(state.proposal, target, policy.upgrades, now);
  const { ruling, isProposal } = approval;
  const setbacks = setbacksOf(state);
  const wave = waveOf(policy);
  const turnAt = (mayStartAt: number): Turn => ({
    published: publishedAt(view),
    ...(view.movesFrom !== undefined && { movesFrom: view.movesFrom }),
    mayStartAt,
    // A group that has failed with the last release does not come back to the front for a newer one.
    hasFailed: setbacks.length > 0,
    ...tried,
    pair: rolloutPair({ kubernetesVersion: view.version, amiType: view.amiType }),
    ...(isHastened && { isHastened }),
    ...(wave !== undefined && { wave }),
    ...(policy.decidedBy !== undefined && { perCluster: policy.upgrades.concurrency.perCluster }),
  });
  /** @param until when the upgrade may go on, as far as the step knows; absent: when the subject is called */
  const wait = (reason: Reason, message: string, until?: number): Decision => ({
    // Findings that hasten an upgrade that has long been waiting are news.
    ...say('waiting', reason, message, idle, `${releaseVersion} ${attempt}${isHastened ? ' hastened' : ''}`),
    turn: turnAt(until === undefined ? Math.min(state.turn?.mayStartAt ?? now, now) : nextOpening(windows, until)),
    // A wake-up while every window is shut is of no use.
    ...(until !== undefined && { wakeAt: nextOpening(windows, until) }),
  });
  return {
    key,
    state,
    view,
    quarantined,
    releaseVersion,
    firstSeenAt,
    now,
    policy,
    upgrades: policy.upgrades,
    tripped: tripFor(fleetFailures, { key, ...state, ...tried }, policy),
    entry: entryFor(release, { key, need, state, view }, circumstances),
    passed: passedWaves(release, { need, view }, circumstances),
    replaces,
    pace: { bakeAge: replaces === undefined ? bakeAge : 0, bakeBetween, windows, cause, isHastened },
    failures,
    failed,
    setbacks,
    attempt,
    deferral,
    idle,
    approval,
    ruling,
    isProposal,
    turnAt,
    wait,
  };
}

/** The failures of the release that the group waits for now, and of other releases that are still on offer. */
function failuresWith(
  { failures: last, formerFailures: former = [] }: Observation['state'],
  tried: TriedRelease,
  view: NodeGroupView,
) {
  const { target, next, movesFrom = next?.version } = view;
  // Failures of the next Kubernetes version stay: an upgrade within the present version mends none of them.
  const offered = [
    ...offeredBy(target).map((each) => triedRelease(each.releaseVersion, view)),
    ...offeredBy(next?.target).map((each) => triedRelease(each.releaseVersion, view, movesFrom)),
  ];
  const known = last === undefined ? former : [...former, last];
  return {
    failures: known.findLast((each) => isSameRelease(each, tried)),
    formerFailures: known.filter(
      (each) => !isSameRelease(each, tried) && offered.some((seen) => isSameRelease(seen, each)),
    ),
  };
}

const offeredBy = (target: Target | undefined) => (target?.kind === 'release' ? target.offered : []);
