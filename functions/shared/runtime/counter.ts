import type { Metrics } from '@aws-lambda-powertools/metrics';
import { METRICS, type MetricName, thinOut } from './metric.ts';

/** Gathers the metrics of one invocation. */
export interface Counter {
  /** Adds to a metric, for example `PolicyInvalid`; 0 says that there was nothing to count. */
  readonly count: (name: MetricName, by?: number) => void;
  /** Sets a metric to how things stand. */
  readonly gauge: (name: MetricName, value: number) => void;
  /** Adds a value of its own to a metric, for percentiles. */
  readonly observe: (name: MetricName, value: number) => void;
  /** Hands the metrics over; answers whether there were any to publish. */
  readonly flush: () => boolean;
}

/**
 * Gathers metrics and hands them to Powertools, which publishes them as one EMF blob at the end of the invocation: a
 * count is one value, however often it was added to.
 */
export function createCounter(metrics: Metrics): Counter {
  const gathered = new Map<MetricName, number[]>();
  return {
    count: (name, by = 1) => void gathered.set(name, [(gathered.get(name)?.[0] ?? 0) + by]),
    gauge: (name, value) => void gathered.set(name, [value]),
    observe: (name, value) => void gathered.set(name, [...(gathered.get(name) ?? []), value]),
    flush: () => {
      const any = gathered.size > 0;
      for (const [name, values] of gathered) {
        for (const value of thinOut(values)) metrics.addMetric(name, METRICS[name], value);
      }
      gathered.clear();
      return any;
    },
  };
}
