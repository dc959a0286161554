import type { Metrics } from '@aws-lambda-powertools/metrics';
import { OF_ANY_FUNCTION, type SharedMetric, thinOut, unitOf } from './metric.ts';

/** Collects the metrics of one invocation. */
export interface Counter<Metric extends string = SharedMetric> {
  /** Adds to a metric. What stays 0 is not published: CloudWatch bills each hour in which a metric has data. */
  readonly count: (name: Metric, by?: number) => void;
  /** Tells a current value. The largest of an invocation is published, unless it is 0. */
  readonly gauge: (name: Metric, value: number) => void;
  /** Adds a value to a metric, for percentiles. */
  readonly observe: (name: Metric, value: number) => void;
  /** Publishes the metrics, if there are any. */
  readonly flush: () => void;
}

/**
 * Collects metrics and passes them to Powertools, which publishes them as one EMF blob at the end of the invocation. A
 * count is one value, however often it was added to.
 *
 * @param own publishes with the function as the service
 * @param ofAny publishes the metrics that all functions share
 */
export function createCounter<Metric extends string>(own: Metrics, ofAny: Metrics): Counter<Metric> {
  const gathered = new Map<Metric, number[]>();
  return {
    count: (name, by = 1) => {
      if (by !== 0) gathered.set(name, [(gathered.get(name)?.[0] ?? 0) + by]);
    },
    gauge: (name, value) => {
      if (value !== 0) gathered.set(name, [Math.max(value, gathered.get(name)?.[0] ?? 0)]);
    },
    observe: (name, value) => void gathered.set(name, [...(gathered.get(name) ?? []), value]),
    flush: () => {
      const used = new Set<Metrics>();
      for (const [name, values] of gathered) {
        const metrics = OF_ANY_FUNCTION.has(name) ? ofAny : own;
        for (const value of thinOut(values)) metrics.addMetric(name, unitOf(name), value);
        used.add(metrics);
      }
      gathered.clear();
      for (const metrics of used) metrics.publishStoredMetrics();
    },
  };
}
