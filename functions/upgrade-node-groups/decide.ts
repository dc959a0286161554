import { failureCount, subjectOf, type Upgrade } from '../shared/ledger/node-group-ledger.ts';
import { inWords, nextProposal, rulingOn } from '../shared/ledger/proposal.ts';
import { nextOpening } from '../shared/policy/change-window.ts';
import { guardOf } from '../shared/policy/guards.ts';
import type { Mode } from '../shared/policy/mode.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import { compareReleases } from '../shared/releases/release-version.ts';
import type { NoTarget } from '../shared/releases/target-release.ts';
import { type Circumstances, type Decision, iso, type Memory, RECONCILE_EVERY, retryDelay, say } from './decision.ts';
import { followUpgrade } from './follow.ts';
import type { NodeGroupView, Observation } from './observation.ts';
import { paceOf } from './pace.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';

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
  const memory: Memory = {
    ...(state.upgrade !== undefined && { upgrade: state.upgrade }),
    ...(state.failures !== undefined && { failures: state.failures }),
  };
  if (view.kind === 'gone') {
    return say('skipped', 'node-group-gone', 'The node group does not exist.', {}, '');
  }
  if (view.kind === 'unreadable') return say('failed', 'unreadable', view.error, memory, view.error);
  if (view.kind === 'unmanaged') return say('skipped', view.reason, view.message, {}, '');
  return (
    followUpgrade(view, memory, circumstances, observation.need) ??
    guard(observation, view, circumstances) ??
    chooseRelease(observation, view, circumstances)
  );
}

/** The rules by which a node group is not touched, whatever releases there are. */
function guard(observation: Observation, view: NodeGroupView, circumstances: Circumstances): Decision | undefined {
  const { cluster } = observation.key;
  const idle = idleMemory(observation);
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
  if (view.status === 'UPDATING') {
    // An upgrade that was asked for and cannot be found yet keeps its slot: it may be the one that is running.
    const asked = observation.state.upgrade;
    return {
      ...say('waiting', 'update-in-progress', 'Somebody else is updating the node group.', idle, ''),
      ...(asked !== undefined && { memory: { ...idle, upgrade: asked }, wakeAt: circumstances.now + RECONCILE_EVERY }),
    };
  }
  if (view.healthIssues.length > 0) {
    const issues = view.healthIssues.join('; ');
    return skip('node-group-unhealthy', `The node group is ${view.status} with health issues: ${issues}`, issues);
  }
  if (view.status !== 'ACTIVE') return skip('node-group-not-active', `The node group is ${view.status}.`, view.status);
  return undefined;
}

/** Whether there is a release to move to, and whether now is the moment. */
function chooseRelease(observation: Observation, view: NodeGroupView, circumstances: Circumstances): Decision {
  const idle = idleMemory(observation);
  const { target, releaseVersion: current } = view;
  if (target.kind === 'none') return withoutTarget(view, target, idle);
  const { releaseVersion } = target;
  const about = { releaseVersion, details: { from: current, to: releaseVersion } };
  const order = compareReleases(view.amiType, releaseVersion, current);
  if (order === 0) return upToDate(releaseVersion);
  if (order === undefined) {
    const message = `Runs ${current}; whether the recommended ${releaseVersion} is newer cannot be told.`;
    return { ...say('skipped', 'release-incomparable', message, idle, releaseVersion), ...about };
  }
  if (order < 0) return { ...newerThan(releaseVersion, current), ...about };
  return { ...chooseMoment(observation, view, target, circumstances), ...about };
}

/** There is no release to move to. Where the newest one was withdrawn, what that means depends on what the group runs. */
function withoutTarget({ amiType, releaseVersion: current }: NodeGroupView, target: NoTarget, idle: Memory): Decision {
  const { reason, message, recommended, withdrawn } = target;
  if (recommended !== undefined && withdrawn !== undefined) {
    // What failed is remembered: should the release return, its attempts count on.
    if (current === recommended) return { ...upToDate(recommended), memory: idle };
    if (current === withdrawn) {
      const why = `Runs ${withdrawn}, which Amazon has withdrawn: it recommends ${recommended} again.`;
      return say('skipped', 'runs-withdrawn-release', why, idle, `${withdrawn} ${recommended}`);
    }
    if ((compareReleases(amiType, recommended, current) ?? 0) < 0) {
      return { ...newerThan(recommended, current), memory: idle };
    }
  }
  return say(reason === 'release-not-yet-seen' ? 'waiting' : 'skipped', reason, message, idle, message);
}

const newerThan = (recommended: string, current: string): Decision => {
  const message = `Runs ${current}, which is newer than the recommended ${recommended}.`;
  return say('skipped', 'newer-than-recommended', message, {}, recommended);
};

/** The release is newer than the running one: start now, or say what it waits for. */
function chooseMoment(
  { key, state, need }: Observation,
  view: NodeGroupView,
  { releaseVersion, firstSeenAt }: Extract<NodeGroupView['target'], { kind: 'release' }>,
  { policy, now, slots }: Circumstances,
): Decision {
  if (isInvalid(policy)) throw new Error('A guard must have refused an invalid policy.');
  const { concurrency, stopAfterFailures, retryAfter, mode, force } = policy.upgrades;
  const { bakeAge, windows, cause, isHastened } = paceOf(need, policy, now);
  const failures = state.failures?.releaseVersion === releaseVersion ? state.failures : undefined;
  const idle: Memory = failures === undefined ? {} : { failures };
  const attempt = (failures?.count ?? 0) + 1;
  const failed = failureCount(failures);
  const ruling = rulingOn(state.proposal, releaseVersion);
  const wait = (reason: Reason, message: string, until?: number): Decision => ({
    // That findings hasten what has long been waiting is news.
    ...say('waiting', reason, message, idle, `${releaseVersion} ${attempt}${isHastened ? ' hastened' : ''}`),
    // No use in waking up while every window is shut.
    ...(until !== undefined && { wakeAt: nextOpening(windows, until) }),
  });

  if (ruling?.kind === 'rejected') {
    const message = `${releaseVersion} was rejected by ${inWords(ruling)}`;
    return say('skipped', 'proposal-rejected', message, idle, `${releaseVersion} ${ruling.id}`);
  }
  if (failed >= stopAfterFailures) {
    const message = `${failed} attempts to move to ${releaseVersion} failed; no further one is made.`;
    return say('refused', 'halted', message, idle, `${releaseVersion} ${failures?.count}`);
  }
  const waits = failures !== undefined && failed > 0 && failures.waitLifted !== true;
  const retryAt = waits ? failures.lastAt + retryDelay(retryAfter, failed) : now;
  if (retryAt > now) {
    const message = `Attempt ${attempt} may start at ${iso(nextOpening(windows, retryAt))}.`;
    return wait('retry-later', message, retryAt);
  }
  const bakedAt = firstSeenAt + bakeAge;
  if (bakedAt > now) return wait('baking', `${releaseVersion} bakes until ${iso(bakedAt)}${cause}.`, bakedAt);
  const opensAt = nextOpening(windows, now);
  if (opensAt > now) return wait('outside-change-window', `The next window opens at ${iso(opensAt)}.`, opensAt);

  const fromTo = `from ${view.releaseVersion} to ${releaseVersion}${cause}`;
  if (mode === 'observe' && ruling?.kind !== 'approved') {
    return say('would-act', 'would-upgrade', `Would upgrade ${fromTo}.`, idle, releaseVersion);
  }
  const others = Object.entries(slots).filter(([subject]) => subject !== subjectOf(key));
  const inCluster = others.filter(([, { cluster }]) => cluster === key.cluster).length;
  if (inCluster >= concurrency.perCluster) {
    return wait(
      'cluster-concurrency',
      `${inCluster} of ${concurrency.perCluster} upgrades of the cluster are under way.`,
    );
  }
  if (others.length >= concurrency.perAccount) {
    return wait('account-concurrency', `${others.length} of ${concurrency.perAccount} upgrades are under way.`);
  }
  const upgrade: Upgrade = { releaseVersion, attempt, requestedAt: now };
  const approved = ruling === undefined || mode !== 'observe' ? '' : ` Approved by ${inWords(ruling)}`;
  return {
    ...say(
      'acted',
      'upgrade-started',
      `Upgrading ${fromTo}.${approved}`,
      { ...idle, upgrade },
      `${releaseVersion} ${attempt}`,
    ),
    start: { version: view.version, force },
    wakeAt: now + RECONCILE_EVERY,
  };
}

/** `upgraded` and `up-to-date` are the same state of the group: having recorded one, the other says nothing new. */
const upToDate = (releaseVersion: string): Decision => ({
  ...say('done', 'up-to-date', `Runs the recommended release ${releaseVersion}.`, {}, releaseVersion),
  releaseVersion,
});

/** Without an upgrade under way, only failures are worth remembering. */
const idleMemory = ({ state }: Observation): Memory =>
  state.failures === undefined ? {} : { failures: state.failures };
