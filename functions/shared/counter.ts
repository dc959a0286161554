import type { Metrics } from '@aws-lambda-powertools/metrics';
import { MetricUnit } from '@aws-lambda-powertools/metrics';

/** Counts what happens in one invocation. */
export interface Counter {
  /** Adds to a metric, for example `PolicyInvalid`. */
  readonly count: (name: string, by?: number) => void;
  /** Hands the counts over; answers whether there were any to publish. */
  readonly flush: () => boolean;
}

/**
 * Gathers counts and hands them to Powertools Metrics, which publishes them as one EMF blob at the end of the invocation:
 * a count is one value, however often it was added to.
 */
export function createCounter(metrics: Metrics): Counter {
  const counts = new Map<string, number>();
  return {
    count: (name, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
    flush: () => {
      const counted = counts.size > 0;
      for (const [name, value] of counts) metrics.addMetric(name, MetricUnit.Count, value);
      counts.clear();
      return counted;
    },
  };
}
