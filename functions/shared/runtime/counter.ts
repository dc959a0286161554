import type { Metrics } from '@aws-lambda-powertools/metrics';
import { type SharedMetric, thinOut, unitOf } from './metric.ts';

/** Collects the metrics of one invocation. */
export interface Counter<Metric extends string = SharedMetric> {
  /** Adds to a metric, such as `PolicyInvalid`; 0 says that there was nothing to count. */
  readonly count: (name: Metric, by?: number) => void;
  /** Sets a metric to a current value. */
  readonly gauge: (name: Metric, value: number) => void;
  /** Adds a value to a metric, for percentiles. */
  readonly observe: (name: Metric, value: number) => void;
  /** Publishes the metrics, and returns whether there were any. */
  readonly flush: () => boolean;
}

/**
 * Collects metrics and passes them to Powertools, which publishes them as one EMF blob at the end of the invocation. A
 * count is one value, however often it was added to.
 */
export function createCounter<Metric extends string>(metrics: Metrics): Counter<Metric> {
  const gathered = new Map<Metric, number[]>();
  return {
    count: (name, by = 1) => void gathered.set(name, [(gathered.get(name)?.[0] ?? 0) + by]),
    gauge: (name, value) => void gathered.set(name, [value]),
    observe: (name, value) => void gathered.set(name, [...(gathered.get(name) ?? []), value]),
    flush: () => {
      const any = gathered.size > 0;
      for (const [name, values] of gathered) {
        for (const value of thinOut(values)) metrics.addMetric(name, unitOf(name), value);
      }
      gathered.clear();
      return any;
    },
  };
}
