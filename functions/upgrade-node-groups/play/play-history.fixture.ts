import { HOUR } from '../model/observation.fixture.ts';
import type { Trouble } from './any-fleet.fixture.ts';
import type { ModelGroup } from './eks-model.fixture.ts';
import type { Event, FleetPlay } from './play-fleet.fixture.ts';

/** How old the knowledge about other groups may be, ms: as old as the last sweep. */
export const SWEPT = 2 * HOUR;

/**
 * Whether a release is not on offer, or was not for more than three hours on end. One reading may explain a shorter
 * gap.
 */
export function wasTakenBack({ model }: FleetPlay, { at, releaseVersion }: Event): boolean {
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
export function firstSeen(model: FleetPlay['model'], releaseVersion: string, until: number): number {
  const { start, releases } = model;
  const day = dayOf(model, releaseVersion);
  for (let time = start; time < until; time += HOUR) if (releases.recommendedDay(time) === day) return time;
  return until;
}

export const failedSince = (play: FleetPlay, since: number, wanted: (event: Event) => boolean): Event[] =>
  play.events.filter((event) => event.kind === 'failure' && event.at > since && wanted(event));

export const lastResume = (play: FleetPlay, wanted: (event: Event) => boolean): number =>
  play.events.findLast((event) => event.kind === 'resume' && wanted(event))?.at ?? 0;

/**
 * The groups that are known to have failed to move to a release, and have neither moved to any release since nor opted
 * out. Nobody knows of a failure in a group that could not be read any more by then.
 */
export function failedWith(play: FleetPlay, { releaseVersion, at }: Event): Set<ModelGroup> {
  const since = lastResume(play, () => true);
  const failed = failedSince(play, since, (event) => event.releaseVersion === releaseVersion && event.at < at);
  const stands = ({ group, at: failedAt }: Event) =>
    !play.events.some((event) => event.kind === 'success' && event.group === group && event.at > failedAt) &&
    failedAt <= seenAt(play.model, group) &&
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

/** When a group could be read last, epoch milliseconds. */
export const seenAt = ({ start, now }: FleetPlay['model'], group: ModelGroup): number =>
  start + seenIn(group, (now - start) / HOUR) * HOUR;

/** Whether a group is opted out, or was until a moment ago, as far as the group could be read. */
export const isLeftAlone = ({ model }: FleetPlay, group: ModelGroup): boolean => {
  const hour = seenIn(group, (model.now - model.start) / HOUR);
  const of = (troubles: readonly Trouble[], kind: Trouble['kind']) =>
    troubles.some((each) => each.kind === kind && hour >= each.from && hour < each.from + each.hours + SWEPT / HOUR);
  const inCluster = model.groups.filter(({ key }) => key.cluster === group.key.cluster);
  return (
    of(group.given.troubles, 'opted-out') || inCluster.some(({ given }) => of(given.troubles, 'cluster-opted-out'))
  );
};

/**
 * When a group's move to a release was approved, epoch milliseconds; undefined where it was not, the approval has
 * expired, or the group has begun to move since.
 */
export function approvedAt(
  play: FleetPlay,
  group: ModelGroup,
  { version, releaseVersion, at }: Event,
  isNext: boolean,
): number | undefined {
  const own = play.events.filter((event) => event.group === group);
  const target = isNext ? `${releaseVersion} for Kubernetes ${version}` : releaseVersion;
  const last = own.findLast(
    (event) =>
      (event.kind === 'start' && event.version === version && event.releaseVersion === releaseVersion) ||
      (event.kind === 'approve' && event.releaseVersion === target),
  );
  const holds = last?.kind === 'approve' && at < last.at + play.model.fleet.policy.approvalExpiresAfter * HOUR;
  return holds ? last.at : undefined;
}

/** Whether no newer release was recommended at any hour of a time, ends included. */
export function stayedNewest(model: FleetPlay['model'], releaseVersion: string, from: number, until: number): boolean {
  const day = dayOf(model, releaseVersion);
  for (let time = from; time <= until; time += HOUR) if (model.releases.recommendedDay(time) > day) return false;
  return true;
}
