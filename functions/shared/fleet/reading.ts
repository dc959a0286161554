import { refusalOf } from '../runtime/aws-refusal.ts';

/** The result of reading one resource: the resource, that it is gone, or why it could not be read. */
export type Reading<T> = { readonly kind: 'found'; readonly found: T } | { readonly kind: 'gone' } | Unreadable;

export interface Unreadable {
  readonly kind: 'unreadable';
  /** `Code: message`. */
  readonly error: string;
  /** The code alone, because AWS puts request ids and changing words into messages. */
  readonly code: string;
  /** Whether AWS throttled the call more often than the SDK retries. */
  readonly isThrottled: boolean;
}

/**
 * What to do with a failed read that may pass by itself (throttling, a 5xx, no response). `throw` has the whole batch
 * delivered again. `tell` returns it as a result, so that other subjects go on.
 */
export type OnTrouble = 'throw' | 'tell';

/** Reads one resource. Client errors are returned as a result, whatever `onTrouble` says. */
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

/** Errors of EKS and IAM that a retry would not change. */
const REFUSALS = new Set(['AccessDenied', 'AccessDeniedException', 'ClientException', 'InvalidParameterException']);

/** Errors of EKS and IAM for resources that do not exist. */
const GONE = new Set(['ResourceNotFoundException', 'NoSuchEntity', 'NoSuchEntityException']);

const THROTTLING = new Set([
  'ThrottlingException',
  'Throttling',
  'ThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'RequestThrottled',
]);

/** Whether AWS refused the call for good, so that a retry would change nothing. @param code of an {@link Unreadable} */
export const isRefusalCode = (code: string): boolean => REFUSALS.has(code);

/** Whether AWS throttled the call. Each service has its own name for that. */
export const isThrottling = (error: unknown): boolean => error instanceof Error && isThrottlingCode(error.name);

/** Whether this is the code of a throttling error. */
export const isThrottlingCode = (code: string): boolean => THROTTLING.has(code);

/** Whether an error came from AWS or the network, and not from a fault of this program. */
export const isOfAws = (error: unknown): error is Error =>
  error instanceof Error && ('$metadata' in error || NETWORK_ERRORS.has(codeOf(error)));

/** Names that Node and the SDK give to failed connections. */
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
 * Whether AWS does not offer a service in the region: the host name that the SDK derives from it does not exist. A
 * later call shows if that was only a failed name resolution.
 */
export const isNotOffered = (error: unknown): error is Error => error instanceof Error && codeOf(error) === 'ENOTFOUND';

/** The code at the beginning of an {@link Unreadable}'s `error`. The wording after it may change from read to read. */
export const codeIn = (error: string): string => error.split(':', 1)[0] ?? error;

/** The name of an error, or Node's code where the name says nothing. */
export const codeOf = (error: Error): string =>
  error.name === 'Error' && 'code' in error && typeof error.code === 'string' ? error.code : error.name;

/**
 * The error with which an AWS service did not do a call for now, `Code: message`: throttling, another activity, an error of
 * the service or of the network. Undefined for what it refused for good, and for a fault of this program.
 */
export function passingErrorOf(error: unknown): string | undefined {
  if (!isOfAws(error) || refusalOf(error) !== undefined) return undefined;
  return `${codeOf(error)}: ${error.message}`;
}
