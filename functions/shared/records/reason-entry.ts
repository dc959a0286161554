import type { Severity } from './severity.ts';

/** The description of one reason code. */
export interface ReasonEntry {
  readonly meaning: string;
  /** What to do about it, where there is something to do. */
  readonly hint?: string;
  /** Set where the reason is more or less severe than its decision. */
  readonly severity?: Severity;
  /** Set when the outcome undoes something on an operator's request to reject. */
  readonly rejectUndoes?: true;
}
