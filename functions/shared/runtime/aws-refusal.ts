/** Error codes that a later retry of the same call may cure. */
const PASSING: ReadonlySet<string> = new Set([
  'EC2ThrottledException',
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  // Auto Scaling is busy with the group or the instance.
  'ResourceContention',
  'ResourceContentionFault',
  'ScalingActivityInProgress',
  'ScalingActivityInProgressFault',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/**
 * The error with which an AWS service refused a call for good: `Code: message`. Undefined for everything that a retry
 * may cure (throttling, another activity, errors of the service or the network), which the caller must rethrow.
 */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('$fault' in error) || error.$fault !== 'client') return undefined;
  return PASSING.has(error.name) ? undefined : `${error.name}: ${error.message}`;
}
