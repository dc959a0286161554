import type { BlastBudget } from '../shared/ledger/blast-budget.ts';
import { oldestLaunchOf } from './decide/ageing.ts';
import type { Decided } from './plan/plan.ts';
import type { Recorder } from './remediation.ts';

/**
 * Publishes the state after a reconcile as metrics, and logs the age of the oldest node. The age of the fleet is the
 * maximum of what the reconciles of one sweep log; a reconcile that has observed no node logs no age.
 */
export function publishGauges(
  recorder: Pick<Recorder, 'count' | 'gauge' | 'note'>,
  decided: readonly Decided[],
  slots: BlastBudget['slots'],
  now: number,
): void {
  recorder.count('UpgradesInFlight', Object.values(slots).filter(({ foreign }) => foreign !== true).length);
  recorder.gauge('UpgradeStuck', decided.filter((each) => isStuck(each, now)).length);
  recorder.gauge('Halted', decided.filter(({ decision }) => STOPPED.has(decision.reason)).length);
  const oldest = oldestLaunchOf(decided.map(({ observation }) => observation));
  if (oldest !== undefined) recorder.note('figures', { oldestNodeDays: Math.floor((now - oldest) / DAY) });
}

const DAY = 86_400_000;

/** The reasons after which nothing more is tried until somebody acts. */
const STOPPED: ReadonlySet<string> = new Set(['halted', 'breaker-tripped', 'held-by-breaker']);

/** Whether an update, ours or not, takes longer than a node group needs, even one that cannot be read. */
const isStuck = ({ decision: { reason, memory } }: Decided, now: number): boolean =>
  reason === 'upgrade-stuck' ||
  reason === 'update-stuck' ||
  (memory.upgrade?.dueBy !== undefined && memory.upgrade.dueBy < now);
