import { nextVersion } from '../../shared/fleet/kubernetes-version.ts';
import { HOUR } from '../model/observation.fixture.ts';
import type { ModelGroup } from './eks-model.fixture.ts';
import type { Event, FleetPlay } from './play-fleet.fixture.ts';
import { approvedAt, isLeftAlone, SWEPT, seenAt, stayedNewest, wasTakenBack } from './play-history.fixture.ts';

export const waveOf = (group: ModelGroup): number => {
  const { special, cluster } = group.given;
  return special === 'named' ? 0 : special === 'late' ? 2 : cluster;
};

/** When a group came to run a release, and until when it ran it, epoch milliseconds. */
function runOf(play: FleetPlay, group: ModelGroup, { version, releaseVersion }: Event) {
  const own = play.events.filter((event) => event.kind === 'success' && event.group === group);
  const place = own.findIndex((event) => event.version === version && event.releaseVersion === releaseVersion);
  const taken = own[place];
  return taken && { from: taken.at, until: own[place + 1]?.at ?? play.model.now };
}

/** Whether a release comes to another group, too, for the Kubernetes version of the start. */
function takes(play: FleetPlay, group: ModelGroup, start: Event): boolean {
  const { model, events } = play;
  const { version } = start;
  if (group.given.isCustom || start.group.given.isCustom) return group.given.isCustom === start.group.given.isCustom;
  if (group.version === version || (model.isUpdating(group) && group.update?.version === version)) return true;
  const { isRolledBack, since, changing } = model.controlPlaneOf(group);
  const { followMode, followAfter } = model.fleet.policy;
  // A group that is further behind takes the version after next once the group has taken the next one, and a sweep has
  // seen that. No sweep sees it of a group that cannot be read any more.
  const takenAt = events.findLast((event) => event.kind === 'success' && event.group === group)?.at ?? 0;
  const settledAt = Math.max(since + followAfter * HOUR, takenAt) + SWEPT;
  const isKnown = Math.max(since, takenAt) <= seenAt(model, group);
  const isSettled = changing === undefined && !isRolledBack && isKnown && settledAt <= model.now;
  const isNext = isSettled && nextVersion(group.version, model.clusterOf(group).version) === version;
  return isNext && (followMode === 'enforce' || isChosen(play, group, start));
}

/**
 * Whether a move that is only proposed is approved, or has failed. An approval ends once another release is due, also
 * where that one is taken back later.
 */
function isChosen(play: FleetPlay, group: ModelGroup, start: Event): boolean {
  const { version, releaseVersion } = start;
  const tried = play.events.findLast(
    ({ kind, group: whose }) => whose === group && (kind === 'failure' || kind === 'success' || kind === 'resume'),
  );
  const hasFailed = tried?.kind === 'failure' && tried.version === version && tried.releaseVersion === releaseVersion;
  const since = approvedAt(play, group, start, true);
  return hasFailed || (since !== undefined && stayedNewest(play.model, releaseVersion, since, start.at));
}

/** Whether a group's last attempt to move to a release failed, and no operator has resumed the group since. */
function hasGivenUp(play: FleetPlay, group: ModelGroup, { version, releaseVersion }: Event): boolean {
  const last = play.events.findLast(
    (event) =>
      event.group === group &&
      (event.kind === 'resume' ||
        (['failure', 'success'].includes(event.kind) &&
          event.version === version &&
          event.releaseVersion === releaseVersion)),
  );
  return last?.kind === 'failure';
}

/**
 * Whether all earlier waves have run the release for long enough. A group that runs a newer release passes, too, where
 * the newer one was taken back, or another group of its wave has run the release for long enough.
 */
export function hasPassedEarlierWaves(play: FleetPlay, start: Event): boolean {
  const { model } = play;
  const { isWaved, bakeBetween } = model.fleet.policy;
  if (!isWaved) return true;
  const wave = waveOf(start.group);
  const earlier = model.groups.filter(
    (group) => waveOf(group) < wave && takes(play, group, start) && !isLeftAlone(play, group),
  );
  const hasBaked = (group: ModelGroup): boolean => {
    const run = runOf(play, group, start);
    return run !== undefined && run.until - run.from >= bakeBetween * HOUR;
  };
  return earlier.every((group) => {
    if (hasBaked(group)) return true;
    if (hasGivenUp(play, group, start)) return false;
    const isBeyond =
      group.version === start.version &&
      model.releases.publishedAt(group.releaseVersion) > model.releases.publishedAt(start.releaseVersion);
    const othersOfWave = model.groups.filter((each) => waveOf(each) === waveOf(group));
    return (
      isBeyond &&
      (wasTakenBack(play, { ...start, releaseVersion: group.releaseVersion }) || othersOfWave.some(hasBaked))
    );
  });
}

/** Whether nobody else is moving to a release that no group has taken yet. */
export function goesAlone(play: FleetPlay, start: Event): boolean {
  const { model, events } = play;
  const isSame = ({ version, releaseVersion }: Event) =>
    version === start.version && releaseVersion === start.releaseVersion;
  const isTaken = events.some((event) => event.kind === 'success' && isSame(event));
  const isMoving = model.groups.some((group) => {
    const { update } = group;
    return group !== start.group && model.isUpdating(group) && update !== undefined && isSame({ ...start, ...update });
  });
  return !model.fleet.policy.isWaved || isTaken || !isMoving;
}
