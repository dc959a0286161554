import type { ClosedGate } from '../../shared/gates/gates.ts';
import type { Obstacle } from '../../shared/ledger/node-group-ledger.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long to wait for something that passes by itself: the first pause, and the longest to which it grows, ms. */
interface Pauses {
  readonly first: number;
  readonly longest: number;
}

/** For a subject that cannot be read from AWS. */
export const UNREADABLE: Pauses = { first: 5 * MINUTE, longest: HOUR };
/** For what the next run of watch-ami-releases, or the next reading, will resolve. */
export const DOUBT: Pauses = { first: 15 * MINUTE, longest: HOUR };
/** For an update that EKS does not accept yet. */
export const DEFERRAL: Pauses = { first: 10 * MINUTE, longest: 6 * HOUR };
/** For a right that somebody has to grant. */
export const UNAUTHORIZED: Pauses = { first: HOUR, longest: 6 * HOUR };

/** How long a doubt can be due to two readings, ms: two runs of the watcher, and some minutes. A longer one is told. */
export const DOUBT_IS_TOLD_AFTER = 2 * HOUR + 10 * MINUTE;
/** How long AWS may be slow before it is reported, ms. */
export const SLOWNESS_IS_TOLD_AFTER = 30 * MINUTE;
/** How long EKS may defer an update before somebody is notified, ms. Attempts continue. */
export const DEFERRAL_IS_TOLD_AFTER = 24 * HOUR;

/** What an obstacle at a gate begins with. */
export const GATE = 'gate ';

/** An obstacle for which a gate is closed that nobody knows when it opens. A text of a gate that cannot be read has a blank. */
export const closedBy = (reason: ClosedGate['reason']): string => `${GATE}${reason}`;
const CLOSED: ReadonlySet<string> = new Set(
  (['alarm-gate-closed', 'calendar-gate-closed', 'workload-gate-closed'] as const).map(closedBy),
);

/** The gate that is known to be closed by what was met last, and since when. */
export const gateBehind = (met: Obstacle | undefined): Obstacle['behindGate'] =>
  met !== undefined && CLOSED.has(met.what) ? { what: met.what, since: met.since } : met?.behindGate;

/** The obstacle that something unknown is, which does not erase what was known of a closed gate before. */
export function meetUnknown(before: Obstacle | undefined, what: string, now: number, pauses: Pauses): Obstacle {
  const behindGate = gateBehind(before);
  return { ...meet(before, what, now, pauses), ...(behindGate !== undefined && { behindGate }) };
}

/** The obstacle after it occurred now: another try after a growing pause, or unchanged before the pause is over. */
export function meet(before: Obstacle | undefined, what: string, now: number, { first, longest }: Pauses): Obstacle {
  if (before?.what !== what) return { what, count: 1, since: now, until: now + first };
  if (before.until > now) return before;
  const count = before.count + 1;
  return { what, count, since: before.since, until: now + Math.min(first * 2 ** (count - 1), longest) };
}
