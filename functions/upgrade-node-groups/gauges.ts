import type { BlastBudget } from '../shared/ledger/blast-budget.ts';
import type { Decided } from './plan.ts';
import type { Recorder } from './remediation.ts';

/** How long an upgrade may be under way until it counts as stuck, ms: so long at least, or so long for each node. */
const MAY_TAKE = 6 * 3_600_000;
const MAY_TAKE_PER_NODE = 15 * 60_000;

/** Publishes how things stand after a reconcile; zeros too, so that an alarm ends when trouble does. */
export function publishGauges(
  recorder: Pick<Recorder, 'count' | 'gauge'>,
  decided: readonly Decided[],
  slots: BlastBudget['slots'],
  now: number,
): void {
  recorder.gauge('UpgradesInFlight', Object.keys(slots).length);
  recorder.count('UpgradeStuck', decided.filter((each) => isStuck(each, now)).length);
  recorder.count('Halted', decided.filter(({ decision }) => decision.reason === 'halted').length);
}

/** Whether the upgrade of a node group takes longer than it should. A large group may take long: node by node. */
function isStuck({ observation: { view }, decision }: Decided, now: number): boolean {
  const { upgrade } = decision.memory;
  if (upgrade === undefined) return false;
  const update = view.kind === 'node-group' ? view.update : undefined;
  const nodes = update?.kind === 'in-progress' ? update.desired : 0;
  return now - upgrade.requestedAt > Math.max(MAY_TAKE, nodes * MAY_TAKE_PER_NODE);
}
