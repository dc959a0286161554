/** How soon what is unfinished is reconciled again, ms. */
export const RECONCILE_AGAIN = 15_000;
/** How soon what AWS refused, or did not do, is tried again, ms. */
export const TRY_AGAIN = 5 * 60_000;

/** How long to wait for AWS, ms: as long again as it has taken so far. */
export const pauseAfter = (soFar: number): number => Math.min(TRY_AGAIN, Math.max(RECONCILE_AGAIN, soFar));
