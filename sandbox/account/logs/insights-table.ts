import type { Row } from './insights-expression.ts';

/** Rows between two commands, and the fields to show. */
export interface Table {
  readonly rows: readonly Row[];
  /** Undefined: the default fields of a query that names none. */
  readonly shown: readonly string[] | undefined;
  /** Whether rows are log events, not yet the groups of `stats`. */
  readonly events: boolean;
}
