/** What a read of one thing gave: the thing, that it is gone, or why AWS would not tell. */
export type Reading<T> = { readonly kind: 'found'; readonly found: T } | { readonly kind: 'gone' } | Unreadable;

export interface Unreadable {
  readonly kind: 'unreadable';
  /** `Code: message`. */
  readonly error: string;
  /** The code alone: AWS puts request ids and changing words into messages. */
  readonly code: string;
  /** AWS was only asked too often, more often than the SDK tries again. */
  readonly isThrottled: boolean;
}

/**
 * What becomes of a failed read that may pass by itself (throttling, a 5xx, no answer): `throw` has the whole batch come again;
 * `tell` makes it part of the picture, so that the other subjects go on.
 */
export type OnTrouble = 'throw' | 'tell';

/** Reads one thing. Errors of the caller about it are part of the picture, whatever `onTrouble` says. */
export async function read<T>(describe: () => Promise<T | undefined>, onTrouble: OnTrouble): Promise<Reading<T>> {
  try {
    const found = await describe();
    return found === undefined ? { kind: 'gone' } : { kind: 'found', found };
  } catch (error) {
    if (!isOfAws(error)) throw error;
    if (GONE.has(error.name)) return { kind: 'gone' };
    if (onTrouble === 'throw' && !REFUSALS.has(error.name)) throw error;
    const code = codeOf(error);
    return { kind: 'unreadable', error: `${code}: ${error.message}`, code, isThrottled: isThrottling(error) };
  }
}

/** What EKS and IAM answer where a repetition would not change it. */
const REFUSALS = new Set(['AccessDenied', 'AccessDeniedException', 'ClientException', 'InvalidParameterException']);

/** What EKS and IAM call what is not there. */
const GONE = new Set(['ResourceNotFoundException', 'NoSuchEntity', 'NoSuchEntityException']);

const THROTTLING = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
]);

/** Whether AWS was asked too often: each service has its own name for it. */
export const isThrottling = (error: unknown): boolean => error instanceof Error && isThrottlingCode(error.name);

/** The same of an error's code. */
export const isThrottlingCode = (code: string): boolean => THROTTLING.has(code);

/** An answer of AWS, or that there was none: not a fault of this program. */
export const isOfAws = (error: unknown): error is Error =>
  error instanceof Error && ('$metadata' in error || NETWORK_ERRORS.has(codeOf(error)));

/** How Node and the SDK name a connection that failed. */
const NETWORK_ERRORS = new Set([
  'TimeoutError',
  'AbortError',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/**
 * Whether AWS does not offer a service in this place: the host name that the SDK makes of the region does not exist. Whoever
 * asks again later finds out if that was a fault of name resolution.
 */
export const isNotOffered = (error: unknown): error is Error => error instanceof Error && codeOf(error) === 'ENOTFOUND';

/** The code at the head of an {@link Unreadable}'s `error`: what AWS words after it may change from look to look. */
export const codeIn = (error: string): string => error.split(':', 1)[0] ?? error;

/** The name of an error, or what Node calls it where it has none of its own. */
export const codeOf = (error: Error): string =>
  error.name === 'Error' && 'code' in error && typeof error.code === 'string' ? error.code : error.name;
