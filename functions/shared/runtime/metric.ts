import { MetricUnit } from '@aws-lambda-powertools/metrics';

/**
 * The metrics that any function publishes, in the namespace `EksHostRemediator` with the dimensions `service` (the
 * function) and `stack`; each function declares its own beside. It is a closed list, so that no name and no dimension grows with the fleet. What is wanted by cluster,
 * node group or release stands in the log lines, for Logs Insights.
 */
export const SHARED_METRICS = {
  // Records written, by their decision.
  Acted: MetricUnit.Count,
  WouldAct: MetricUnit.Count,
  Waiting: MetricUnit.Count,
  Skipped: MetricUnit.Count,
  Refused: MetricUnit.Count,
  Failed: MetricUnit.Count,
  Done: MetricUnit.Count,
  /** How long each outcome `acted` or `done` took, from its triggering event to the record. */
  Latency: MetricUnit.Milliseconds,
  InvocationFailed: MetricUnit.Count,
  /** 1 for a reconcile that could not read the policy, 0 for one that could. */
  PolicyInvalid: MetricUnit.Count,
} as const;

export type SharedMetric = keyof typeof SHARED_METRICS;

/** The unit of a metric: those that functions declare count. */
export const unitOf = (name: string): (typeof MetricUnit)[keyof typeof MetricUnit] =>
  Object.hasOwn(SHARED_METRICS, name) ? SHARED_METRICS[name as SharedMetric] : MetricUnit.Count;

/**
 * At most `most` of the values: those at equal steps in their order, the least and the greatest among them, so that
 * percentiles stay what they are. Powertools writes a blob of its own for every hundred values of a metric.
 */
export function thinOut(values: readonly number[], most = 50): number[] {
  if (values.length <= most) return [...values];
  const sorted = values.toSorted((a, b) => a - b);
  return Array.from(
    { length: most },
    (_, index) => sorted[Math.round((index * (sorted.length - 1)) / (most - 1))] ?? 0,
  );
}
