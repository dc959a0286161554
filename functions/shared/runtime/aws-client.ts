/**
 * The defaults of every SDK client. Adaptive retry slows down before AWS has to throttle. Every call that changes
 * something carries an idempotency token or a condition, or changes nothing when repeated (AttachRolePolicy, an agent
 * update), so a retry after a lost reply is safe.
 */
export const CLIENT_DEFAULTS = {
  retryMode: 'adaptive',
  maxAttempts: 6,
  /**
   * The SDK itself waits for ever. A call that hangs is aborted while the function still has time to retry it, since a
   * retry usually meets another host. Milliseconds; AWS's slowest calls here answer within some seconds.
   */
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 7_000, throwOnRequestTimeout: true },
} as const;

/** How many reads of one kind run concurrently: fast, and still below EKS's default request rates. */
export const READ_CONCURRENCY = 8;
