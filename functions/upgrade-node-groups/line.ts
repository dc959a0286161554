import { makeHint, type UpgradeHint } from '../../events/upgrade-hint.ts';
import type { BlastBudget } from '../shared/blast-budget.ts';
import type { NodeGroupState } from '../shared/node-group-ledger.ts';
import type { Policy } from '../shared/policy.ts';
import { iso } from './decision.ts';

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
 * Who of those that wait for a slot is called now that some are free: urgent findings first, then the longest waiting, as
 * many as find room in their cluster and in the account. Being called is only a hint: the next look decides.
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
      Number(urgent.has(b)) - Number(urgent.has(a)) || since(first) - since(second) || (a < b ? -1 : 1),
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

const since = (state: NodeGroupState): number => state.since ?? 0;
