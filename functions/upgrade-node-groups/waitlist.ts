import { makeReconcileRequest, type UpgradeReconcileRequest } from '../../events/upgrade-reconcile-request.ts';
import type { BlastBudget } from '../shared/ledger/blast-budget.ts';
import { failureCount, type NodeGroupState } from '../shared/ledger/node-group-ledger.ts';
import { type Decision, iso } from './decision.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';

export interface WaitlistOptions {
  readonly account: string;
  readonly region: string;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Names the reconcile that calls the next ones: part of each reconcile request's id. */
  readonly caller: string;
  /** Who has urgent findings, by subject. */
  readonly urgent: ReadonlySet<string>;
}

/** Whoever was last told one of these waits for a slot of the blast budget. */
export const WAITING: readonly Reason[] = ['cluster-concurrency', 'account-concurrency'];

/**
 * Who of those that wait for a slot is called now that some are free: urgent findings first, then by their places, as many
 * as find room in their cluster and in the account. Being called is only a hint: the next reconcile decides.
 */
export function callNext(
  line: ReadonlyMap<string, NodeGroupState>,
  slots: BlastBudget['slots'],
  { perCluster, perAccount }: Policy['upgrades']['concurrency'],
  { account, region, now, caller, urgent }: WaitlistOptions,
): UpgradeReconcileRequest[] {
  const taken = Object.values(slots).map(({ cluster }) => cluster);
  const requests: UpgradeReconcileRequest[] = [];
  const inOrder = [...line].sort(
    ([a, first], [b, second]) =>
      Number(urgent.has(b)) - Number(urgent.has(a)) || byWaiting(first, second) || (a < b ? -1 : 1),
  );
  for (const [subject] of inOrder) {
    const [clusterName, nodegroupName] = subject.split('/');
    if (taken.length >= perAccount) break;
    if (clusterName === undefined || nodegroupName === undefined || subject in slots) continue;
    if (taken.filter((cluster) => cluster === clusterName).length >= perCluster) continue;
    taken.push(clusterName);
    const detail = { trigger: 'slot-free', clusterName, nodegroupName } as const;
    requests.push(makeReconcileRequest({ account, region, time: iso(now) }, `slot-free ${subject} ${caller}`, detail));
  }
  return requests;
}

/** Who has failed comes after all that have not yet been tried; then the longest waiting comes first. */
export const byWaiting = (a: NodeGroupState, b: NodeGroupState): number =>
  Number(hasFailed(a)) - Number(hasFailed(b)) || waitingSince(a) - waitingSince(b);

const hasFailed = ({ failures }: NodeGroupState): boolean => failureCount(failures) > 0;

/** Who has not had to wait yet comes last. */
const waitingSince = ({ since }: NodeGroupState): number => since ?? Number.MAX_SAFE_INTEGER;

/**
 * Since when a subject waits for a slot once a decision holds, epoch milliseconds; undefined while it has no place. One
 * that is held up by something else meanwhile, such as a window that closes, keeps its place; an attempt, its end or
 * another release ends it.
 */
export function waitingSinceAfter(
  { since, incident }: NodeGroupState,
  { decision, reason, releaseVersion }: Pick<Decision, 'decision' | 'reason' | 'releaseVersion'>,
  now: number,
): number | undefined {
  const isOther = releaseVersion !== undefined && releaseVersion !== incident?.releaseVersion;
  const before = isOther ? undefined : since;
  if (reason === 'cluster-concurrency' || reason === 'account-concurrency') return before ?? now;
  const isTried = decision === 'acted' || (decision === 'failed' && reason !== 'unreadable');
  return isTried || decision === 'done' ? undefined : before;
}
