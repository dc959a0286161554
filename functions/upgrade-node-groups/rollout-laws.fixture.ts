import { minorOf, nextVersion } from '../shared/fleet/kubernetes-version.ts';
import type { Trouble } from './any-fleet.fixture.ts';
import type { ModelGroup } from './eks-model.fixture.ts';
import { WINDOWS } from './fleet-policy.fixture.ts';
import { HOUR } from './observation.fixture.ts';
import type { Event, FleetPlay } from './play-fleet.fixture.ts';

/** How old the knowledge about other groups may be, ms: as old as the last sweep. */
const SWEPT = 2 * HOUR;

type Law = (play: FleetPlay, start: Event) => boolean;

/** The groups other than the one that starts that are known to be under way. */
const busy = ({ model }: FleetPlay, start: Event): ModelGroup[] =>
  model.groups.filter(
    (group) =>
      group !== start.group &&
      (model.isUpdating(group) || (model.isUpdatedBySomebody(group) && !model.has(group, 'unreadable'))),
  );

const isNewTo = ({ model }: FleetPlay, { given }: ModelGroup): boolean =>
  given.troubles.some(
    ({ kind, from }) => kind === 'updated-by-somebody' && Math.abs(model.start + from * HOUR - model.now) < HOUR,
  );

const specialOf = ({ group }: Pick<Event, 'group'>) => group.given.special;
const follows = ({ from, version }: Event): boolean => from !== undefined && from.version !== version;

export const waveOf = (group: ModelGroup): number => {
  const { special, cluster } = group.given;
  return special === 'named' ? 0 : special === 'late' ? 2 : cluster;
};

/** Whether a window is open by the clocks of Berlin: it has opened at its hour, and its hours have not passed since. */
function isOpen(at: number, { hour, hours }: { readonly hour: number; readonly hours: number }): boolean {
  const inBerlin = (time: number) =>
    new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' }).format(time);
  const opens = `${String(hour).padStart(2, '0')}:00`;
  for (let time = at; time > at - hours * HOUR; time -= HOUR / 2) if (inBerlin(time) === opens) return true;
  return false;
}

/** Whether an alarm or a calendar keeps every group from starting. */
const isGateClosed = ({ model }: FleetPlay): boolean => model.fleet.gates.some((gate) => model.lasts(gate));

/**
 * Whether a release is not on offer, or was not for more than three hours on end. One reading may explain a shorter
 * gap.
 */
function wasTakenBack({ model }: FleetPlay, { at, releaseVersion }: Event): boolean {
  const published = model.releases.publishedAt(releaseVersion);
  const day = dayOf(model, releaseVersion);
  if (model.releases.recommendedDay(at) < day) return true;
  let hours = 0;
  for (let time = published; time <= at; time += HOUR) {
    hours = model.releases.recommendedDay(time) < day ? hours + 1 : 0;
    if (hours > 3) return true;
  }
  return false;
}

/** The day of the play on which a release came out. */
const dayOf = ({ start, releases }: FleetPlay['model'], releaseVersion: string): number =>
  Math.round((releases.publishedAt(releaseVersion) - start) / (24 * HOUR));

/**
 * When a release was first recommended in the play, epoch milliseconds. Some releases are recommended only once a newer
 * one is taken back.
 */
function firstSeen(model: FleetPlay['model'], releaseVersion: string, until: number): number {
  const { start, releases } = model;
  const day = dayOf(model, releaseVersion);
  for (let time = start; time < until; time += HOUR) if (releases.recommendedDay(time) === day) return time;
  return until;
}

const failedSince = (play: FleetPlay, since: number, wanted: (event: Event) => boolean): Event[] =>
  play.events.filter((event) => event.kind === 'failure' && event.at > since && wanted(event));

const lastResume = (play: FleetPlay, wanted: (event: Event) => boolean): number =>
  play.events.findLast((event) => event.kind === 'resume' && wanted(event))?.at ?? 0;

/** The groups that failed to move to a release, and have neither moved to any release since nor opted out. */
function failedWith(play: FleetPlay, { releaseVersion, at }: Event): Set<ModelGroup> {
  const since = lastResume(play, () => true);
  const failed = failedSince(play, since, (event) => event.releaseVersion === releaseVersion && event.at < at);
  const stands = ({ group, at: failedAt }: Event) =>
    !play.events.some((event) => event.kind === 'success' && event.group === group && event.at > failedAt) &&
    !isLeftAlone(play, group);
  return new Set(failed.filter(stands).map(({ group }) => group));
}

/** The hour of the play in which a group could be read last. */
function seenIn(group: ModelGroup, hour: number): number {
  const unread = group.given.troubles.find(
    ({ kind, from, hours }) => kind === 'unreadable' && hour >= from && hour < from + hours,
  );
  return unread === undefined ? hour : seenIn(group, unread.from - 1);
}

/** Whether a group is opted out, or was until a moment ago, as far as the group could be read. */
const isLeftAlone = ({ model }: FleetPlay, group: ModelGroup): boolean => {
  const hour = seenIn(group, (model.now - model.start) / HOUR);
  const of = (troubles: readonly Trouble[], kind: Trouble['kind']) =>
    troubles.some((each) => each.kind === kind && hour >= each.from && hour < each.from + each.hours + SWEPT / HOUR);
  const inCluster = model.groups.filter(({ key }) => key.cluster === group.key.cluster);
  return (
    of(group.given.troubles, 'opted-out') || inCluster.some(({ given }) => of(given.troubles, 'cluster-opted-out'))
  );
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
  // seen that.
  const takenAt = events.findLast((event) => event.kind === 'success' && event.group === group)?.at ?? 0;
  const settledAt = Math.max(since + followAfter * HOUR, takenAt) + SWEPT;
  const isSettled = changing === undefined && !isRolledBack && settledAt <= model.now;
  const isNext = isSettled && nextVersion(group.version, model.clusterOf(group).version) === version;
  return isNext && (followMode === 'enforce' || isChosen(play, group, start));
}

/** Whether a move that is only proposed is approved, or has failed. An approval ends once another release is due. */
function isChosen(play: FleetPlay, group: ModelGroup, start: Event): boolean {
  const { version, releaseVersion } = start;
  const tried = play.events.findLast(
    ({ kind, group: whose }) => whose === group && (kind === 'failure' || kind === 'success' || kind === 'resume'),
  );
  const hasFailed = tried?.kind === 'failure' && tried.version === version && tried.releaseVersion === releaseVersion;
  const isNewest = play.model.releases.recommendedDay(start.at) <= dayOf(play.model, releaseVersion);
  return hasFailed || (isNewest && isApproved(play, group, start, true));
}

/** Whether a group's move to a release is approved, and the group has not begun to move since. */
function isApproved(
  play: FleetPlay,
  group: ModelGroup,
  { version, releaseVersion, at }: Event,
  isNext: boolean,
): boolean {
  const own = play.events.filter((event) => event.group === group);
  const target = isNext ? `${releaseVersion} for Kubernetes ${version}` : releaseVersion;
  const last = own.findLast(
    (event) =>
      (event.kind === 'start' && event.version === version && event.releaseVersion === releaseVersion) ||
      (event.kind === 'approve' && event.releaseVersion === target),
  );
  return last?.kind === 'approve' && at < last.at + play.model.fleet.policy.approvalExpiresAfter * HOUR;
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
function hasPassedEarlierWaves(play: FleetPlay, start: Event): boolean {
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
function goesAlone(play: FleetPlay, start: Event): boolean {
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

/** The laws that no start may break, by the fleet as it is at that moment and by what has happened before. */
export const LAWS: Readonly<Record<string, Law>> = {
  'the budget of a cluster': (play, start) => {
    const { cluster } = start.group.given;
    const most = cluster === 1 ? 2 : play.model.fleet.policy.perCluster;
    return busy(play, start).filter(({ given }) => given.cluster === cluster).length < most;
  },
  // An update that somebody has just begun in another cluster is known from the next sweep on.
  'the budget of the account': (play, start) =>
    busy(play, start).filter((group) => !isNewTo(play, group)).length < play.model.fleet.policy.perAccount,
  'the change windows': ({ model: { fleet } }, start) => {
    const { windows } = fleet.policy;
    const which = windows === 'always' && specialOf(start) === 'shut' ? 'early' : windows;
    return which === 'always' || isOpen(start.at, WINDOWS[which]);
  },
  'alarms and calendars': (play) => !isGateClosed(play),
  'the gate of nodes and pods': ({ model }, { group, at, releaseVersion, from, version }) => {
    if (!model.fleet.policy.areNodesAndPodsAGate || group.given.isCustom || from?.version !== version) return true;
    const troubles = model.groups
      .filter(({ key }) => key.cluster === group.key.cluster)
      .flatMap(({ given }) => given.troubles);
    // The release did not make a pod pending that was pending when it came out. A new pod may take some minutes.
    return !troubles.some((each) => {
      const since = model.start + each.from * HOUR;
      const isNew = since >= firstSeen(model, releaseVersion, at) + HOUR && since < at;
      return model.lasts(each) && (each.kind === 'pods-unreadable' || (each.kind === 'pods-pending' && isNew));
    });
  },
  'what a look before has found': ({ model }, { group }) => !model.has(group, 'blocked'),
  'an opt-out': ({ model }, { group }) => !model.has(group, 'opted-out') && !model.has(group, 'cluster-opted-out'),
  'the kill switch': ({ model: { fleet, lasts } }) => fleet.killSwitch === undefined || !lasts(fleet.killSwitch),
  'what cannot be read, is unhealthy or updated by somebody': ({ model }, { group }) =>
    !model.has(group, 'unreadable') && !model.has(group, 'unhealthy') && !model.isUpdatedBySomebody(group),
  'the bake time': ({ model }, start) => {
    const special = specialOf(start);
    const hours = special === 'slow' ? 36 : special === 'named' ? 0 : model.fleet.policy.bakeHours;
    // A release that was there when the play began is first seen then.
    const seen = start.group.given.isCustom
      ? model.releases.publishedAt(start.releaseVersion)
      : Math.max(model.start, model.releases.publishedAt(start.releaseVersion));
    return start.at >= seen + hours * HOUR;
  },
  'that nothing goes back': ({ model }, { version, releaseVersion, from }) => {
    if (from === undefined) return false;
    const [before, after] = [from.releaseVersion, releaseVersion].map(model.releases.publishedAt) as [number, number];
    return minorOf(version) > minorOf(from.version) ? after >= before : version === from.version && after > before;
  },
  'that nothing is taken that was taken back': (play, start) =>
    start.group.given.isCustom || !wasTakenBack(play, start),
  'the skew of Kubernetes versions': ({ model }, start) => {
    if (!follows(start)) return true;
    const { group, version, from } = start;
    const { changing, isRolledBack, since } = model.controlPlaneOf(group);
    const cluster = model.clusterOf(group).version;
    return (
      changing === undefined &&
      !isRolledBack &&
      minorOf(version) <= minorOf(cluster) &&
      version === nextVersion(from?.version ?? '', cluster) &&
      since + model.fleet.policy.followAfter * HOUR <= start.at &&
      !model.hasInsights()
    );
  },
  'that a group with an AMI of its own takes no release of EKS': (_, { group, releaseVersion }) =>
    group.given.isCustom === releaseVersion.startsWith('ami-'),
  'an approval that is asked for': (play, start) => {
    const isAsked =
      specialOf(start) === 'asked' || (follows(start) && play.model.fleet.policy.followMode === 'observe');
    return !isAsked || isApproved(play, start.group, start, follows(start));
  },
  'the number of attempts': (play, start) => {
    const isOwn = ({ group }: Event) => group === start.group;
    const since = lastResume(play, isOwn);
    const failed = failedSince(play, since, (event) => isOwn(event) && event.releaseVersion === start.releaseVersion);
    return failed.length < play.model.fleet.policy.stopAfterFailures;
  },
  'the breaker of a release': (play, start) => failedWith(play, start).size < play.model.fleet.policy.releaseBreaker,
  'the order of waves': hasPassedEarlierWaves,
  'that the first one goes alone': goesAlone,
};
