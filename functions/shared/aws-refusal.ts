/** Codes of answers that ask for patience, not for a change: they come again by themselves. */
const THROTTLES: ReadonlySet<string> = new Set([
  'EC2ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/**
 * What an AWS service said when it refused a call for good: `Code: message`. Undefined for everything that a repetition
 * may cure (throttling, faults of the service, the network), which is to be thrown on.
 */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('$fault' in error) || error.$fault !== 'client') return undefined;
  return THROTTLES.has(error.name) ? undefined : `${error.name}: ${error.message}`;
}
