import type { Row } from './insights-expression.ts';

/** Rows on their way through the commands, and which of their fields are shown. */
export interface Table {
  readonly rows: readonly Row[];
  /** Undefined: what a query shows that names no fields. */
  readonly shown: readonly string[] | undefined;
  /** Rows are log events, not yet the groups of `stats`. */
  readonly events: boolean;
}
