import { makeHint, type UpgradeHint } from '../../events/upgrade-reconcile-request.ts';
import type { BlastBudget } from '../shared/ledger/blast-budget.ts';
import { failureCount, type NodeGroupState } from '../shared/ledger/node-group-ledger.ts';
import type { Policy } from '../shared/policy/policy.ts';
import { type Decision, iso } from './decision.ts';

export interface LineOptions {
  readonly account: string;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Names the look that calls the next ones: part of each hint's id. */
  readonly caller: string;
  /** Who has urgent findings, by subject. */
  readonly urgent: ReadonlySet<string>;
}

/**
 * Who of those that wait for a slot is called now that some are free: urgent findings first, then by their places, as many
 * as find room in their cluster and in the account. Being called is only a hint: the next look decides.
 */
export function callNext(
  line: ReadonlyMap<string, NodeGroupState>,
  slots: BlastBudget['slots'],
  { perCluster, perAccount }: Policy['upgrades']['concurrency'],
  { account, region, now, caller, urgent }: LineOptions,
): UpgradeHint[] {
  const taken = Object.values(slots).map(({ cluster }) => cluster);
  const hints: UpgradeHint[] = [];
  const inOrder = [...line].sort(
    ([a, first], [b, second]) =>
      Number(urgent.has(b)) - Number(urgent.has(a)) || byPlace(first, second) || (a < b ? -1 : 1),
  );
  for (const [subject] of inOrder) {
    const [clusterName, nodegroupName] = subject.split('/');
    if (taken.length >= perAccount) break;
    if (clusterName === undefined || nodegroupName === undefined || subject in slots) continue;
    if (taken.filter((cluster) => cluster === clusterName).length >= perCluster) continue;
    taken.push(clusterName);
    const detail = { trigger: 'slot-free', clusterName, nodegroupName } as const;
    hints.push(makeHint({ account, region, time: iso(now) }, `slot-free ${subject} ${caller}`, detail));
  }
  return hints;
}

/** Who has failed comes after all that have not yet been tried; then the longest waiting comes first. */
export const byPlace = (a: NodeGroupState, b: NodeGroupState): number =>
  Number(hasFailed(a)) - Number(hasFailed(b)) || placeOf(a) - placeOf(b);

const hasFailed = ({ failures }: NodeGroupState): boolean => failureCount(failures) > 0;

/** Who has not had to wait yet comes last. */
const placeOf = ({ since }: NodeGroupState): number => since ?? Number.MAX_SAFE_INTEGER;

/**
 * Since when a subject waits for a slot once a decision holds, epoch milliseconds; undefined while it has no place. One
 * that is held up by something else meanwhile, such as a window that closes, keeps its place; an attempt, its end or
 * another release ends it.
 */
export function placeAfter(
  { since, story }: NodeGroupState,
  { decision, reason, releaseVersion }: Pick<Decision, 'decision' | 'reason' | 'releaseVersion'>,
  now: number,
): number | undefined {
  const isOther = releaseVersion !== undefined && releaseVersion !== story?.releaseVersion;
  const before = isOther ? undefined : since;
  if (reason === 'cluster-concurrency' || reason === 'account-concurrency') return before ?? now;
  const isTried = decision === 'acted' || (decision === 'failed' && reason !== 'unreadable');
  return isTried || decision === 'done' ? undefined : before;
}
