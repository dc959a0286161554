const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

/** A time difference, past or future, in one unit: `40s`, `12m`, `5h`, `3d`. A slow clock never makes it negative. */
export function spanOf(ms: number): string {
  const span = Math.max(0, Math.abs(ms));
  if (span < 2 * MINUTE) return `${Math.round(span / 1_000)}s`;
  if (span < 2 * HOUR) return `${Math.round(span / MINUTE)}m`;
  if (span < 2 * DAY) return `${Math.round(span / HOUR)}h`;
  return `${Math.round(span / DAY)}d`;
}

/** Returns `12m ago` or `in 6d`. */
export const relative = (at: number, now: number): string =>
  at <= now ? `${spanOf(now - at)} ago` : `in ${spanOf(at - now)}`;
