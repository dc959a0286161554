import type { Duration } from 'aws-cdk-lib';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { serviceOf } from '../functions/shared/runtime/metric.ts';

/** The namespace of the metrics that the functions publish. */
export const METRIC_NAMESPACE = 'EksHostRemediator';

/**
 * A metric that a function publishes, as its count per `period`. CloudWatch identifies metrics by all their dimensions,
 * so these must match the ones that the function sets.
 */
export const remediatorMetric = (metricName: string, functionName: string, stackName: string, period: Duration) =>
  new Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { service: serviceOf(metricName, functionName), stack: stackName },
    statistic: Stats.SUM,
    period,
  });

/**
 * The metric with zeros in periods without data. CloudWatch fills nothing where there is no data at all (CloudWatch user
 * guide, "Using math expressions with CloudWatch metrics").
 */
export const zeroIfMissing = (counted: Metric): MathExpression =>
  new MathExpression({ expression: 'FILL(counted, 0)', usingMetrics: { counted }, period: counted.period });
