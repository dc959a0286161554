import {
  type Expectation,
  type ExpectedEnd,
  endOf,
  expectationsOf,
  longestRetry,
  type ReplayedGroup,
  turnOf,
} from './expectation.ts';
import type { Rules } from './rules.ts';

/** An update as the account holds it. */
export interface GroupUpdate {
  readonly releaseVersion: string;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly status: 'InProgress' | 'Successful' | 'Failed' | 'Cancelled';
}

/** The observations of a node group in a replay. */
export interface Seen {
  readonly updates: readonly GroupUpdate[];
  /** When records reported the end of its AMIs, epoch ms. */
  readonly endTold: readonly number[];
}

/** The period of the run, epoch ms. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** The results of a node group over the replay. */
export interface GroupVerdict {
  readonly group: ReplayedGroup;
  /** Releases taken, in order, each with the delay from its publication to the start of the successful update, ms. */
  readonly taken: ReadonlyArray<{ readonly releaseVersion: string; readonly delay: number }>;
  /** Releases that should have been taken and were not, or not in time. */
  readonly missed: readonly string[];
  /** Releases not taken that nobody could expect to be: gone before their time, or given up after failures. */
  readonly excused: readonly string[];
  /** When the end of its AMIs was reported, epoch ms. */
  readonly endTold: readonly number[];
  /** All violations of the rules, as sentences, including the missed releases. */
  readonly faults: readonly string[];
}

/**
 * Judges one node group's year.
 *
 * @param seen its updates and reports, by time
 * @param period of the run, epoch ms: what is due after its end is not judged
 */
export function judgeGroup(
  group: ReplayedGroup,
  fleet: readonly ReplayedGroup[],
  { updates, endTold }: Seen,
  rules: Rules,
  period: Period,
): GroupVerdict {
  const expected = expectationsOf(group, fleet, rules, period.from);
  const taken: Array<GroupVerdict['taken'][number]> = [];
  const missed: string[] = [];
  const excused: string[] = [];
  const faults = [
    ...orderFaults(group, updates),
    ...expected.flatMap((one) => bakeFaults(one, updates)),
    ...endFaults(endOf(group, fleet, rules, period.from), { updates, endTold }, period),
  ];
  for (const expectation of expected) {
    const { releaseVersion, visibleAt, due, goneAt } = expectation;
    const attempts = updates.filter((update) => update.releaseVersion === releaseVersion);
    const success = attempts.find(({ status }) => status === 'Successful');
    const failed = attempts.filter(({ status }) => status === 'Failed' || status === 'Cancelled').length;
    const latest = due + longestRetry(group, fleet, rules, failed);
    if (success !== undefined) taken.push({ releaseVersion, delay: success.startedAt - visibleAt });
    if (goneAt < latest || failed >= rules.stopAfterFailures) {
      if (success === undefined) excused.push(releaseVersion);
    } else if (success === undefined && latest + turnOf(group) <= period.to) {
      missed.push(releaseVersion);
      faults.push(`did not take ${releaseVersion}, due by ${iso(latest)}`);
    } else if (success !== undefined && success.startedAt > latest) {
      missed.push(releaseVersion);
      faults.push(`took ${releaseVersion} at ${iso(success.startedAt)} only, due by ${iso(latest)}`);
    }
  }
  return { group, taken, missed, excused, endTold, faults };
}

/** The end must be reported in time where there is one, again only after a move to a last release, and nowhere else. */
function endFaults(expected: ExpectedEnd | undefined, { updates, endTold }: Seen, { to }: Period): string[] {
  const [first] = endTold;
  if (expected === undefined) return first === undefined ? [] : [`was told of an end at ${iso(first)} that is none`];
  const { notBefore, due } = expected;
  if (first === undefined) return due <= to ? [`was not told of the end of its AMIs, due by ${iso(due)}`] : [];
  const moves = updates.filter(({ startedAt, status }) => status === 'Successful' && startedAt >= notBefore).length;
  return [
    ...(first < notBefore ? [`was told of the end of its AMIs at ${iso(first)}, before ${iso(notBefore)}`] : []),
    ...(first > due ? [`was told of the end of its AMIs at ${iso(first)} only, due by ${iso(due)}`] : []),
    ...(endTold.length > 1 + moves ? [`was told of the end of its AMIs ${endTold.length} times`] : []),
  ];
}

const bakeFaults = ({ releaseVersion, notBefore }: Expectation, updates: readonly GroupUpdate[]): string[] =>
  updates
    .filter((update) => update.releaseVersion === releaseVersion && update.startedAt < notBefore)
    .map(({ startedAt }) => `started ${releaseVersion} at ${iso(startedAt)}, baking until ${iso(notBefore)}`);

/** Violations of order: releases of another kind, taken twice, or older than what the group ran. */
function orderFaults({ releases, startsWith }: ReplayedGroup, updates: readonly GroupUpdate[]): string[] {
  const rank = new Map(releases.map(({ releaseVersion }, index) => [releaseVersion, index]));
  let running = startsWith;
  return updates.flatMap(({ releaseVersion, startedAt, status }) => {
    const before = running;
    if (status === 'Successful') running = releaseVersion;
    const [wanted, current] = [rank.get(releaseVersion), rank.get(before) ?? -1];
    if (wanted === undefined) return [`started ${releaseVersion} at ${iso(startedAt)}, no release of its kind`];
    if (wanted === current) return [`started ${releaseVersion} at ${iso(startedAt)}, which it ran already`];
    return wanted < current ? [`went back from ${before} to ${releaseVersion} at ${iso(startedAt)}`] : [];
  });
}

/** The largest numbers of node groups that were updated at a time. */
export interface Peaks {
  readonly byCluster: ReadonlyMap<string, number>;
  readonly account: number;
}

/** Violations of the blast budget, as sentences. */
export function judgePeaks({ byCluster, account }: Peaks, { perCluster, perAccount }: Rules): string[] {
  const tooMany = (where: string, most: number, limit: number) =>
    most > limit ? [`${where}: ${most} node groups under update at a time, ${limit} allowed`] : [];
  return [
    ...[...byCluster].flatMap(([cluster, most]) => tooMany(cluster, most, perCluster)),
    ...tooMany('account', account, perAccount),
  ];
}

const iso = (time: number): string => new Date(time).toISOString();
