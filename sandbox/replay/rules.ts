export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** What the replay holds the functions to. */
export interface Rules {
  /** How long a release must have been known before it is rolled out, ms. */
  readonly bakeAge: number;
  /** How often the functions look for releases, ms. */
  readonly pollEvery: number;
  /** Node groups that may be under update at a time. */
  readonly perCluster: number;
  readonly perAccount: number;
  /** Attempts per node group and release. */
  readonly stopAfterFailures: number;
  /** The wait after the first failure, ms; doubled after each further one. */
  readonly retryAfter: number;
}

/**
 * The default policy under the default schedules. Restated instead of read from the functions, so that the replay tells
 * when a default, or what a function makes of it, is no longer what was promised.
 */
export const DEFAULT_RULES: Rules = {
  bakeAge: 24 * HOUR,
  pollEvery: HOUR,
  perCluster: 1,
  perAccount: 5,
  stopAfterFailures: 3,
  retryAfter: HOUR,
};
