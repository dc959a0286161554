export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The rules that the replay checks. */
export interface Rules {
  /** How long a release must have been known before it is rolled out, ms. */
  readonly bakeAge: number;
  /** How often the functions check for releases, ms. */
  readonly pollEvery: number;
  /** How many node groups may be updated at a time. */
  readonly perCluster: number;
  readonly perAccount: number;
  /** Attempts per node group and release. */
  readonly stopAfterFailures: number;
  /** The wait after the first failure, ms; doubled after each further one. */
  readonly retryAfter: number;
}

/**
 * The default policy under the default schedules. It is restated instead of read from the functions, so that the replay
 * reveals when a default, or its effect, deviates from what was promised.
 */
export const DEFAULT_RULES: Rules = {
  bakeAge: 24 * HOUR,
  pollEvery: HOUR,
  perCluster: 1,
  perAccount: 5,
  stopAfterFailures: 3,
  retryAfter: HOUR,
};
