import type { Unreadable } from '../../shared/fleet/reading.ts';
import { nextOpening } from '../../shared/policy/change-window.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { type Pair, pairKey } from '../../shared/releases/ami-type.ts';
import { endOfLife, neverPublished } from '../../shared/releases/end-of-life.ts';
import type { SeenRelease } from '../../shared/releases/release-ledger.ts';
import { builtAt, compareReleases } from '../../shared/releases/release-version.ts';
import type { NoTarget } from '../../shared/releases/target-release.ts';
import { type Circumstances, type Decision, idleMemory, type Memory, say } from '../model/decision.ts';
import type { NodeGroupView, Observation } from '../model/observation.ts';
import { DOUBT, DOUBT_IS_TOLD_AFTER, meet } from '../model/obstacles.ts';
import { paceOf } from '../model/pace.ts';
import { untilReadable } from '../model/until-readable.ts';
import { confirmNodes } from './confirm-nodes.ts';
import { chooseByWave } from './wave-entry.ts';

/**
 * Chooses the release to move to among the offered ones that are newer than the running one. The newest that has baked,
 * and that the node group's wave may take, is chosen. Where there is none, the release that bakes first is: so releases
 * that appear faster than they bake block nobody.
 *
 * @returns a decision that says why, where no release is chosen
 */
export function chooseRelease(
  { key, state, need }: Observation,
  view: NodeGroupView,
  circumstances: Circumstances,
): { readonly release: SeenRelease } | Decision {
  const { policy, now } = circumstances;
  if (isInvalid(policy)) throw new Error('A guard must have refused an invalid policy.');
  const idle = idleMemory(state);
  const { target, releaseVersion: current, amiType } = view;
  if (target.kind === 'none') return withoutTarget(view, target, state, idle, now);
  const { releaseVersion: newest } = target;
  const order = compareReleases(amiType, newest, current);
  if (order === undefined) {
    const message = `It runs ${current}. The versions do not tell whether the recommended ${newest} is newer.`;
    return { ...say('skipped', 'release-incomparable', message, idle, newest), releaseVersion: newest };
  }
  const newer = target.offered.filter(
    ({ releaseVersion }) => (compareReleases(amiType, releaseVersion, current) ?? 0) > 0,
  );
  const { bakeAge } = paceOf(need, policy, now);
  const baked = chooseByWave(
    newer.filter(({ firstSeenAt }) => firstSeenAt + bakeAge <= now),
    { key, need, state, view },
    circumstances,
  );
  const [first] = newer.toSorted((a, b) => a.firstSeenAt - b.firstSeenAt);
  const release = baked ?? first;
  if (release !== undefined) return { release };
  if (order < 0) {
    if (target.withdrawn.includes(current))
      return runsWithdrawn(current, `Amazon recommends ${newest} again`, idle, newest);
    const message = `It runs ${current}, which is newer than the recommended ${newest}.`;
    return { ...say('skipped', 'newer-than-recommended', message, {}, newest), releaseVersion: newest };
  }
  return newestRunning(view, target.offered.at(-1), state, now);
}

/**
 * Decides where the node group names the newest release on offer: whether its nodes run that release, and whether there
 * will be another one.
 */
function newestRunning(
  view: NodeGroupView,
  newest: SeenRelease | undefined,
  state: Observation['state'],
  now: number,
): Decision {
  const { releaseVersion } = view;
  const mixed = confirmNodes(view, state, idleMemory(state), now);
  const ended = endOfLife(pairOf(view), newest, now);
  if (ended !== undefined && mixed?.reason !== 'nodes-differ') {
    const message = `It runs ${releaseVersion}, the last release that there is. ${ended.what} ${ended.move}`;
    return { ...say('refused', 'end-of-life', message, {}, pairOf(view).kubernetesVersion), releaseVersion };
  }
  if (mixed !== undefined) return mixed;
  // `upgraded` and `up-to-date` mean the same state, so a record of one makes the other no news.
  const message = `It runs the recommended release ${releaseVersion}.`;
  return { ...say('done', 'up-to-date', message, {}, releaseVersion), releaseVersion };
}

/** Decides where no release is on offer. */
function withoutTarget(
  view: NodeGroupView,
  { reason, message, unreadable, withdrawn = [] }: NoTarget,
  state: Observation['state'],
  idle: Memory,
  now: number,
): Decision {
  if (unreadable !== undefined) return recommendationUnread(unreadable, view, state, idle, now);
  const pair = pairOf(view);
  if (withdrawn.includes(view.releaseVersion)) {
    return runsWithdrawn(view.releaseVersion, 'Amazon recommends no other release', idle);
  }
  if (reason === 'no-release-for-version' && neverPublished(pair)) {
    return say('refused', 'end-of-life', `It runs ${view.releaseVersion}. ${message}`, {}, pair.kubernetesVersion);
  }
  if (reason !== 'release-not-yet-seen') return say('skipped', reason, message, idle, withdrawn.join(' '));
  // The sweep and the watcher run in the same minute, so a watcher that has not run yet is no news.
  const obstacle = meet(state.obstacle, 'release-not-yet-seen', now, DOUBT);
  return {
    ...say('waiting', reason, message, { ...idle, obstacle }, ''),
    ...(now - obstacle.since < DOUBT_IS_TOLD_AFTER && { isSilent: true }),
  };
}

/** Decides where Amazon's current recommendation cannot be read. */
export function recommendationUnread(
  unread: Unreadable,
  view: NodeGroupView,
  state: Observation['state'],
  idle: Memory,
  now: number,
): Decision {
  const what = `release unreadable ${unread.code}`;
  const message = `The release that Amazon recommends for ${pairKey(pairOf(view))} cannot be read: ${unread.error}. No upgrade starts until it can be read.`;
  return untilReadable({ what, message, variant: what }, unread, state, idle, now);
}

const runsWithdrawn = (current: string, instead: string, idle: Memory, variant = ''): Decision => {
  const message = `It runs ${current}, which Amazon has withdrawn. ${instead}.`;
  return say('skipped', 'runs-withdrawn-release', message, idle, `${current} ${variant}`.trim());
};

const pairOf = ({ version, amiType }: NodeGroupView): Pair => ({ kubernetesVersion: version, amiType });

/**
 * When the AMI that the node group runs was published, epoch milliseconds, by the date in its release version. Versions
 * of Bottlerocket have no date, so the time at which the release was first seen here stands for theirs. Where neither
 * is known, the AMI is older than all that were seen, and the time is 0.
 */
export function publishedAt({ releaseVersion, target }: NodeGroupView): number {
  const offered = target.kind === 'release' ? target.offered : [];
  return builtAt(releaseVersion) ?? offered.find((seen) => seen.releaseVersion === releaseVersion)?.firstSeenAt ?? 0;
}

/** When the next of the offered releases will have baked, in a window, epoch milliseconds; undefined where all have. */
export function nextBaked(
  { need }: Observation,
  { target }: NodeGroupView,
  { policy, now }: Circumstances,
): number | undefined {
  if (isInvalid(policy) || target.kind === 'none') return undefined;
  const { bakeAge, windows } = paceOf(need, policy, now);
  const baking = target.offered.map(({ firstSeenAt }) => firstSeenAt + bakeAge).filter((bakedAt) => bakedAt > now);
  return baking.length === 0 ? undefined : nextOpening(windows, Math.min(...baking));
}
