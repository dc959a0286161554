import { python } from './tools.ts';
import type { Exchange } from './traffic.ts';

export interface Checked {
  /** Calls by how they ended: `ok`, `error`. */
  readonly counts: Readonly<Record<string, number>>;
  /** How each operation ended: `eks.DescribeCluster` → `ok`, `error`. */
  readonly operations: Readonly<Record<string, readonly string[]>>;
  /** What is wrong, with how often it was met. */
  readonly problems: Readonly<Record<string, number>>;
}

/** Checks calls against botocore's models. */
export const checkExchanges = (exchanges: Iterable<Exchange>): Checked =>
  python('boto', 'botocore/exchanges.py', exchanges) as Checked;
