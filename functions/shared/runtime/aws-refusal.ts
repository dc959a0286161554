/** Codes of answers that ask for patience, not for a change: the same call may well be accepted later. */
const PASSING: ReadonlySet<string> = new Set([
  'EC2ThrottledException',
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  // Auto Scaling is at something else with the group or the instance.
  'ResourceContention',
  'ResourceContentionFault',
  'ScalingActivityInProgress',
  'ScalingActivityInProgressFault',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/**
 * What an AWS service said when it refused a call for good: `Code: message`. Undefined for everything that a repetition
 * may cure (throttling, something else under way, faults of the service, the network), which is to be thrown on.
 */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('$fault' in error) || error.$fault !== 'client') return undefined;
  return PASSING.has(error.name) ? undefined : `${error.name}: ${error.message}`;
}
