import { sortOrThrow } from '../runtime/aws-error.ts';

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
  /** Set where AWS did not refuse it for good, so that a later call may read it. */
  readonly mayPass?: true;
}

/**
 * What to do with a failed read that may pass by itself (throttling, a 5xx, no response). `throw` has the whole batch
 * delivered again. `tell` returns it as a result, so that other subjects go on.
 */
export type OnTrouble = 'throw' | 'tell';

/** Reads one resource. What AWS refuses for good is returned as a result, whatever `onTrouble` says. */
export async function read<T>(describe: () => Promise<T | undefined>, onTrouble: OnTrouble): Promise<Reading<T>> {
  try {
    const found = await describe();
    return found === undefined ? { kind: 'gone' } : { kind: 'found', found };
  } catch (error) {
    const { kind, code, why } = sortOrThrow(error);
    if (GONE.has(code)) return { kind: 'gone' };
    if (kind === 'refused') return { kind: 'unreadable', error: why, code, isThrottled: false };
    if (onTrouble === 'throw') throw error;
    return { kind: 'unreadable', error: why, code, isThrottled: kind === 'throttled', mayPass: true };
  }
}

/** Errors of EKS and IAM for resources that do not exist. */
const GONE = new Set(['ResourceNotFoundException', 'NoSuchEntity', 'NoSuchEntityException']);
