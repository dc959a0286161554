import { MINUTE, type Rules } from './rules.ts';

/** A release of a node group's Kubernetes version and AMI type. Times in epoch ms. */
export interface Release {
  readonly releaseVersion: string;
  readonly at: number;
  readonly withdrawnAt?: number;
}

/** What is known of a node group before anything is played. */
export interface ReplayedGroup {
  readonly cluster: string;
  readonly nodegroup: string;
  readonly amiType: string;
  /** What it runs at the start. */
  readonly startsWith: string;
  /** All releases of its Kubernetes version and AMI type, before, during and after the replay, oldest first. */
  readonly releases: readonly Release[];
  /** The longest that EKS takes to move all its nodes, or to fail, ms. */
  readonly slowestUpdate: number;
}

/** What may be expected of one node group about one release. Times in epoch ms. */
export interface Expectation {
  readonly releaseVersion: string;
  /** Since when it can be seen: it appeared, or the replay began. */
  readonly visibleAt: number;
  /** No update to it may start earlier. */
  readonly notBefore: number;
  /** An update to it must have started by then, if none has failed. */
  readonly due: number;
  /** When a newer release had baked or this one was withdrawn: from then on it is no target. Infinity: never. */
  readonly goneAt: number;
}

/**
 * Everything between a look for releases and the start that comes of it, bake time and line apart, ms: the release's
 * event and the look that it brings (seconds), the wake-up at the end of the bake time (EventBridge Scheduler fires within
 * its minute), the call of whoever stands first in line (seconds).
 */
const HOPS = 5 * MINUTE;

/** Until the end of an update is noticed and the next group is called, ms: a look every 5 minutes, and the way there. */
const NOTICE = 7 * MINUTE;

/** How long a group holds its slot, at most, ms. */
export const turnOf = ({ slowestUpdate }: ReplayedGroup): number => slowestUpdate + NOTICE;

/**
 * How long a group may have to wait for its slot, at most, ms. Whoever runs the oldest release goes first, and nobody is
 * upgraded twice while another waits on an older one: so each other group of the cluster can be before it once, besides the
 * one whose update runs already when the group joins the line. Where the account's limit binds, the whole account is one line.
 */
export function longestQueue(group: ReplayedGroup, fleet: readonly ReplayedGroup[], rules: Rules): number {
  const clusters = new Set(fleet.map(({ cluster }) => cluster));
  const accountBinds = clusters.size * rules.perCluster > rules.perAccount;
  const turns = fleet
    .filter((other) => other !== group && (accountBinds || other.cluster === group.cluster))
    .map(turnOf);
  return turns.reduce((sum, turn) => sum + turn, 0) + Math.max(0, ...turns);
}

/** How much later than `due` the next attempt may start after `failed` attempts (1 or more), ms. */
export function longestRetry(
  group: ReplayedGroup,
  fleet: readonly ReplayedGroup[],
  rules: Rules,
  failed: number,
): number {
  const waits = Array.from({ length: failed }, (_, index) => rules.retryAfter * 2 ** index);
  const each = turnOf(group) + HOPS + longestQueue(group, fleet, rules);
  return waits.reduce((sum, wait) => sum + wait + each, 0);
}

/**
 * What the release history and the fleet file let one expect of a group, computed without asking the functions.
 *
 * A release that appears at t is seen at the next look for releases, so by t + pollEvery. It bakes from then on; when it
 * has baked, the group is woken and stands in line for a slot: so it is due at the end of the longest line, and later by the
 * two looks that a withdrawal meanwhile, of whatever release of its kind, takes until it is believed. Nothing can start before
 * t + bakeAge, as nobody can have seen the release before t. That a newer one appears changes nothing before that one has
 * baked, too.
 *
 * @param startsAt of the replay, epoch ms: of what was there before, only the latest release counts
 */
export function expectationsOf(
  group: ReplayedGroup,
  fleet: readonly ReplayedGroup[],
  rules: Rules,
  startsAt: number,
): Expectation[] {
  const { releases } = group;
  const known = releases.findLastIndex(({ at, withdrawnAt = Number.POSITIVE_INFINITY }) => {
    return at <= startsAt && startsAt < withdrawnAt;
  });
  const held = releases.findIndex(({ releaseVersion }) => releaseVersion === group.startsWith);
  return releases.flatMap(({ releaseVersion, at, withdrawnAt = Number.POSITIVE_INFINITY }, index) => {
    if (index <= held || (at <= startsAt && index !== known)) return [];
    const visibleAt = Math.max(at, startsAt);
    const notBefore = visibleAt + rules.bakeAge;
    const inTurn = notBefore + rules.pollEvery + HOPS + longestQueue(group, fleet, rules);
    const doubts = releases.filter((other) => isBetween(other.withdrawnAt, visibleAt, inTurn)).length;
    const due = inTurn + doubts * 2 * rules.pollEvery;
    const newer = releases.slice(index + 1).map((other) => bakedAt(other, rules));
    const goneAt = Math.min(...newer, withdrawnAt);
    return [{ releaseVersion, visibleAt, notBefore, due, goneAt }];
  });
}

const isBetween = (time: number | undefined, from: number, to: number): boolean =>
  time !== undefined && from <= time && time <= to;

/** The earliest that a release can have baked, epoch ms; Infinity: it was withdrawn before. */
function bakedAt({ at, withdrawnAt = Number.POSITIVE_INFINITY }: Release, { bakeAge }: Rules): number {
  return at + bakeAge < withdrawnAt ? at + bakeAge : Number.POSITIVE_INFINITY;
}

/** When EKS stopped its AL2 AMIs (AL2 transition guide, EKS user guide); one more came in December. */
const END_OF_AL2 = Date.parse('2025-11-26T00:00:00Z');

/** That the AMIs of a group's kind end is to be told in this span of time. Times in epoch ms. */
export interface ExpectedEnd {
  readonly notBefore: number;
  readonly due: number;
}

/**
 * When a group is to be told that its AMIs have ended: by the first look from then on, unless it has yet to move to the last
 * release. Undefined where they go on.
 */
export function endOf(
  group: ReplayedGroup,
  fleet: readonly ReplayedGroup[],
  rules: Rules,
  startsAt: number,
): ExpectedEnd | undefined {
  if (!group.amiType.startsWith('AL2_')) return undefined;
  const notBefore = Math.max(END_OF_AL2, startsAt);
  const lastMove = rules.bakeAge + rules.pollEvery + longestQueue(group, fleet, rules) + turnOf(group);
  return { notBefore, due: notBefore + lastMove + 2 * rules.pollEvery + HOPS };
}
