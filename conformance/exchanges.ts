import { python } from './tools.ts';
import type { Exchange } from './traffic.ts';

export interface Checked {
  /** Number of calls by result: `ok`, `error`. */
  readonly counts: Readonly<Record<string, number>>;
  /** Results of each operation: `eks.DescribeCluster` → `ok`, `error`. */
  readonly operations: Readonly<Record<string, readonly string[]>>;
  /** Problems, with how often each occurred. */
  readonly problems: Readonly<Record<string, number>>;
}

/** Checks calls against botocore's models. */
export const checkExchanges = (exchanges: Iterable<Exchange>): Checked =>
  python('boto', 'botocore/exchanges.py', exchanges) as Checked;
