import { MINUTE, type Rules } from './rules.ts';

/** A release of a node group's Kubernetes version and AMI type. Times in epoch ms. */
export interface Release {
  readonly releaseVersion: string;
  readonly at: number;
  readonly withdrawnAt?: number;
}

/** The facts about a node group before the run. */
export interface ReplayedGroup {
  readonly cluster: string;
  readonly nodegroup: string;
  readonly amiType: string;
  /** The release that it runs at the start. */
  readonly startsWith: string;
  /** All releases of its Kubernetes version and AMI type, before, during and after the replay, oldest first. */
  readonly releases: readonly Release[];
  /** The longest that EKS takes to replace all its nodes, or to fail, ms. */
  readonly slowestUpdate: number;
}

/** The expectation about one node group and one release. Times in epoch ms. */
export interface Expectation {
  readonly releaseVersion: string;
  /** When it becomes visible: at its publication, or at the start of the replay. */
  readonly visibleAt: number;
  /** No update to it may start earlier. */
  readonly notBefore: number;
  /** An update to it must have started by then, if none has failed. */
  readonly due: number;
  /** When a newer release had baked, or this one was withdrawn: from then on it is no target. Infinity: never. */
  readonly goneAt: number;
}

/**
 * All delays between a check for releases and the resulting start, apart from bake time and waitlist, ms: the release's
 * event and the reconcile that it triggers (seconds), the wake-up at the end of the bake time (EventBridge Scheduler
 * fires within its minute), the request to the first on the waitlist (seconds).
 */
const HOPS = 5 * MINUTE;

/**
 * Time until the end of an update is noticed and the next group is called, ms: a reconcile every 5 minutes, and the
 * delivery.
 */
const NOTICE = 7 * MINUTE;

/** How long a group holds its slot at most, ms. */
export const turnOf = ({ slowestUpdate }: ReplayedGroup): number => slowestUpdate + NOTICE;

/**
 * How long a group may have to wait for its slot at most, ms. The group with the oldest release goes first, and no
 * group is upgraded twice while another waits on an older release. So each other group of the cluster can precede it
 * once, in addition to the one whose update runs when the group joins the waitlist. Where the account's limit applies,
 * the whole account is one waitlist.
 */
function longestQueue(group: ReplayedGroup, fleet: readonly ReplayedGroup[], rules: Rules): number {
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
 * What release history and fleet file lead one to expect of a group, computed independently of the functions.
 *
 * A release published at t is seen by the next check, by t + pollEvery. It then bakes; after that, the group is woken
 * and waits for a slot. It is therefore due at the end of the longest waitlist, plus the two checks that it takes to
 * confirm a withdrawal of any release of its kind meanwhile. Nothing can start before t + bakeAge, because nobody can
 * have seen the release before t. A newer release changes nothing before it has baked, too.
 *
 * @param startsAt of the replay, epoch ms: of earlier releases only the latest counts
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

/** The earliest time at which a release can have baked, epoch ms; Infinity: it was withdrawn before. */
function bakedAt({ at, withdrawnAt = Number.POSITIVE_INFINITY }: Release, { bakeAge }: Rules): number {
  return at + bakeAge < withdrawnAt ? at + bakeAge : Number.POSITIVE_INFINITY;
}

/** When EKS stopped its AL2 AMIs (AL2 transition guide, EKS user guide); one more was published in December. */
const END_OF_AL2 = Date.parse('2025-11-26T00:00:00Z');

/** The time span in which the end of a group's AMIs must be reported. Times in epoch ms. */
export interface ExpectedEnd {
  readonly notBefore: number;
  readonly due: number;
}

/**
 * When the end of a group's AMIs must be reported: by the first check from then on, unless the group has yet to move to
 * the last release. Undefined where AMIs are still published.
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
