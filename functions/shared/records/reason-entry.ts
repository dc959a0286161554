import type { Severity } from './severity.ts';

/** What is said about one reason code. */
export interface ReasonEntry {
  readonly meaning: string;
  /** What to do about it, where there is something to do. */
  readonly hint?: string;
  /** Where it weighs more or less than its decision. */
  readonly severity?: Severity;
  /** Something was done that an operator's request to reject has undone. */
  readonly rejectUndoes?: true;
}
