/**
 * What every SDK client of a handler is made with. Adaptive retry slows down before AWS has to refuse. All calls that
 * change something carry an idempotency token or a condition, or change nothing when repeated (AttachRolePolicy, an agent
 * update), so that a retry after a lost reply is safe.
 */
export const CLIENT_DEFAULTS = {
  retryMode: 'adaptive',
  maxAttempts: 6,
  /**
   * The SDK itself waits for ever. What hangs is given up while the function still has time to try it again, since a retry
   * mostly meets another host. Milliseconds; AWS's slowest calls here answer within some seconds.
   */
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 7_000, throwOnRequestTimeout: true },
} as const;

/** How many reads of one kind run side by side: quick, and still below EKS's default request rates. */
export const READ_CONCURRENCY = 8;
