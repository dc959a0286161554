/**
 * Error codes that a later retry of the same call may cure. Source for those of EC2 alone: EC2 API reference, "Error
 * codes for the Amazon EC2 API", which has callers wait and retry.
 */
const PASSING: ReadonlySet<string> = new Set([
  // Somebody else changes tags of the same resource.
  'ConcurrentTagAccess',
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
  // The last snapshot of the volume was begun less than 15 seconds ago.
  'SnapshotCreationPerVolumeRateExceeded',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/** What was read, or why AWS lets nobody read it. */
export type ReadOrRefused<Found> =
  | { readonly found: Found; readonly refused?: undefined }
  | { readonly found?: undefined; readonly refused: string };

/** Waits for a read; throws what a later try may cure. */
export async function unlessRefused<Found>(reading: Promise<Found>): Promise<ReadOrRefused<Found>> {
  try {
    return { found: await reading };
  } catch (error) {
    const refused = refusalOf(error);
    if (refused === undefined) throw error;
    return { refused };
  }
}

/**
 * The error with which an AWS service refused a call for good: `Code: message`. Undefined for everything that a retry
 * may cure (throttling, another activity, errors of the service or the network), which the caller must rethrow.
 */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('$fault' in error) || error.$fault !== 'client') return undefined;
  return PASSING.has(error.name) ? undefined : `${error.name}: ${error.message}`;
}
