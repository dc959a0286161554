import { MetricUnit } from '@aws-lambda-powertools/metrics';

/**
 * The metrics that any function publishes, in the namespace `EksHostRemediator` with the dimensions `service` (the
 * function) and `stack`. Each function declares its own in addition. The list is closed, so that neither names nor
 * dimensions grow with the fleet. Figures by cluster, node group or release are in the log lines, for Logs Insights.
 */
export const SHARED_METRICS = {
  // Records written, by decision.
  Acted: MetricUnit.Count,
  WouldAct: MetricUnit.Count,
  Waiting: MetricUnit.Count,
  Skipped: MetricUnit.Count,
  Refused: MetricUnit.Count,
  Failed: MetricUnit.Count,
  Done: MetricUnit.Count,
  /** Time from the triggering event to the record, for outcomes `acted` and `done` of functions with a queue. */
  Latency: MetricUnit.Milliseconds,
  InvocationFailed: MetricUnit.Count,
  /** 1 for an invocation that could not read the policy. */
  PolicyInvalid: MetricUnit.Count,
  /** Of the groups reconciled: those that are halted after failures, and those that a breaker holds. */
  Halted: MetricUnit.Count,
} as const;

export type SharedMetric = keyof typeof SHARED_METRICS;

/**
 * The service of metrics that all functions share, because their cause is the same and CloudWatch bills each metric.
 */
export const ANY_FUNCTION = 'any-function';

/** The metrics that all functions share. */
export const OF_ANY_FUNCTION: ReadonlySet<string> = new Set<SharedMetric>(['PolicyInvalid', 'Halted']);

/** The dimension `service` of a metric that a function publishes. */
export const serviceOf = (metric: string, functionName: string): string =>
  OF_ANY_FUNCTION.has(metric) ? ANY_FUNCTION : functionName;

/** The unit of a metric. The metrics that functions declare are counts. */
export const unitOf = (name: string): (typeof MetricUnit)[keyof typeof MetricUnit] =>
  Object.hasOwn(SHARED_METRICS, name) ? SHARED_METRICS[name as SharedMetric] : MetricUnit.Count;

/**
 * Reduces values to at most `most`, at equal steps in their order, including the smallest and the largest, so that
 * percentiles stay the same. Powertools writes a separate blob for every hundred values of a metric.
 */
export function thinOut(values: readonly number[], most = 50): number[] {
  if (values.length <= most) return [...values];
  const sorted = values.toSorted((a, b) => a - b);
  return Array.from(
    { length: most },
    (_, index) => sorted[Math.round((index * (sorted.length - 1)) / (most - 1))] ?? 0,
  );
}
