/**
 * Names of throttling. Each service has its own: of those called here `Throttling` and `ThrottlingException` are the
 * usual ones, and most names of others are those by which the SDK retries.
 */
const THROTTLING: ReadonlySet<string> = new Set([
  'EC2ThrottledException',
  'KMSThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'Throttled',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/**
 * Names of the other errors with a status of 4xx that a later call may not get. Source for those of EC2 alone: EC2 API
 * reference, "Error codes for the Amazon EC2 API", which has callers wait and retry.
 */
const PASSING: ReadonlySet<string> = new Set([
  // Somebody else changes tags of the same resource.
  'ConcurrentTagAccess',
  // Somebody else changed the same role just now. Source: IAM API reference, EntityTemporarilyUnmodifiable.
  'EntityTemporarilyUnmodifiable',
  'EntityTemporarilyUnmodifiableException',
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'RequestTimeout',
  'RequestTimeoutException',
  // Auto Scaling is busy with the group or the instance.
  'ResourceContention',
  'ResourceContentionFault',
  'ScalingActivityInProgress',
  'ScalingActivityInProgressFault',
  // The last snapshot of the volume was begun less than 15 seconds ago.
  'SnapshotCreationPerVolumeRateExceeded',
  // Somebody else changes the same setting of Systems Manager.
  'TooManyUpdates',
]);

/** Names that Node and the SDK give to failed connections. */
const NETWORK_ERRORS: ReadonlySet<string> = new Set([
  'TimeoutError',
  'AbortError',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** What an error says of a call to AWS. */
export interface AwsTrouble {
  /** `Code: message`. */
  readonly why: string;
  /** The code alone, because AWS puts request ids and changing words into messages. */
  readonly code: string;
  /**
   * `refused`: for good, so that the same call gets the same answer, whatever its code: each service has its own for what
   * no policy allows, and new ones come. `throttled`: the service gets too many calls, and the SDK has retried already.
   * `passing`: another activity, an error of the service or of the network.
   */
  readonly kind: 'refused' | 'throttled' | 'passing';
}

/** Sorts an error by what it says of a call to AWS; undefined for a fault of this program. */
export function awsTroubleOf(error: unknown): AwsTrouble | undefined {
  if (!isOfAws(error)) return undefined;
  const code = codeOf(error);
  return { why: `${code}: ${error.message}`, code, kind: kindOf(error, code) };
}

function kindOf(error: Error, code: string): AwsTrouble['kind'] {
  if (isThrottlingCode(code) || statusOf(error) === TOO_MANY_REQUESTS) return 'throttled';
  const isOfCaller = '$fault' in error && error.$fault === 'client' && !PASSING.has(code);
  return isOfCaller ? 'refused' : 'passing';
}

const TOO_MANY_REQUESTS = 429;

/** The HTTP status of the answer; undefined where there was none. */
function statusOf(error: Error): number | undefined {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

/**
 * Sorts an error of a call to AWS.
 *
 * @throws the error itself, where it is a fault of this program
 */
export function sortOrThrow(error: unknown): AwsTrouble {
  const trouble = awsTroubleOf(error);
  if (trouble === undefined) throw error;
  return trouble;
}

/**
 * The error with which an AWS service refused a call for good: `Code: message`. Undefined for everything that a retry
 * may cure (throttling, another activity, errors of the service or the network), which the caller must rethrow.
 */
export function refusalOf(error: unknown): string | undefined {
  const trouble = awsTroubleOf(error);
  return trouble?.kind === 'refused' ? trouble.why : undefined;
}

/** What was read, or why AWS lets nobody read it. */
export type ReadOrRefused<Found> =
  | { readonly found: Found; readonly refused?: undefined; readonly mayPass?: undefined }
  | {
      readonly found?: undefined;
      readonly refused: string;
      /** Set where AWS did not refuse it for good, so that a later call may read it. */
      readonly mayPass?: true;
    };

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
 * Waits for a read; returns also what a later try may cure, marked as such.
 *
 * @throws a fault of this program
 */
export async function unlessUnread<Found>(reading: Promise<Found>): Promise<ReadOrRefused<Found>> {
  try {
    return { found: await reading };
  } catch (error) {
    const { kind, why } = sortOrThrow(error);
    return { refused: why, ...(kind !== 'refused' && { mayPass: true }) };
  }
}

/** Whether AWS throttled the call. */
export const isThrottling = (error: unknown): boolean => awsTroubleOf(error)?.kind === 'throttled';

/** Whether this is the code of a throttling error. */
export const isThrottlingCode = (code: string): boolean => THROTTLING.has(code);

/** Whether an error came from AWS or the network, and not from a fault of this program. */
export const isOfAws = (error: unknown): error is Error =>
  error instanceof Error && ('$metadata' in error || '$fault' in error || NETWORK_ERRORS.has(codeOf(error)));

/**
 * Whether AWS does not offer a service in the region: the host name that the SDK derives from it does not exist. A
 * later call shows if that was only a failed name resolution.
 */
export const isNotOffered = (error: unknown): error is Error => error instanceof Error && codeOf(error) === 'ENOTFOUND';

/** The code at the beginning of `Code: message`. The wording after it may change from read to read. */
export const codeIn = (error: string): string => error.split(':', 1)[0] ?? error;

/** The name of an error, or Node's code where the name says nothing. */
export const codeOf = (error: Error): string =>
  error.name === 'Error' && 'code' in error && typeof error.code === 'string' ? error.code : error.name;
