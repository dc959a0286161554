import type { Obstacle } from '../shared/ledger/node-group-ledger.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long something that passes by itself is waited for: the first pause, and the longest that it grows to, ms. */
interface Pauses {
  readonly first: number;
  readonly longest: number;
}

/** A subject that AWS does not tell about. */
export const UNREADABLE: Pauses = { first: 5 * MINUTE, longest: HOUR };
/** What the next run of watch-ami-releases, or the next reading, tells. */
export const DOUBT: Pauses = { first: 15 * MINUTE, longest: HOUR };
/** An update that EKS does not take yet. */
export const DEFERRAL: Pauses = { first: 10 * MINUTE, longest: 6 * HOUR };
/** A right that somebody has to grant. */
export const UNAUTHORIZED: Pauses = { first: HOUR, longest: 6 * HOUR };

/** Long enough that a doubt is no matter of two readings any more, ms: two runs of the watcher, and some minutes. */
export const DOUBT_IS_TOLD_AFTER = 2 * HOUR + 10 * MINUTE;
/** How long AWS may be slow until that is told, ms. */
export const SLOWNESS_IS_TOLD_AFTER = 30 * MINUTE;
/** How long EKS may put an update off until somebody is told, ms; it is tried on. */
export const DEFERRAL_IS_TOLD_AFTER = 24 * HOUR;

/** The obstacle as it is now that it was met: again after a pause that grows, or before the pause is over. */
export function meet(before: Obstacle | undefined, what: string, now: number, { first, longest }: Pauses): Obstacle {
  if (before?.what !== what) return { what, count: 1, since: now, until: now + first };
  if (before.until > now) return before;
  const count = before.count + 1;
  return { what, count, since: before.since, until: now + Math.min(first * 2 ** (count - 1), longest) };
}
