import type { MetricDataQuery, MetricDataResult, ScanBy } from '@aws-sdk/client-cloudwatch';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { isStatistic, type Metrics, statisticOf } from './metrics.ts';

/**
 * The result of one query of `GetMetricData`: a statistic of a metric, by period, with periods aligned to the clock.
 * @throws NotImplemented for metric math
 * @throws AwsError `ValidationError`
 */
export function metricDataResult(
  metrics: Metrics,
  { Id = '', MetricStat, Label, Expression }: MetricDataQuery,
  from: number,
  to: number,
  order: ScanBy,
): MetricDataResult {
  if (Expression !== undefined || MetricStat === undefined) throw new NotImplemented('metric math in GetMetricData');
  const { Metric, Period = 60, Stat = '', Unit } = MetricStat;
  if (Unit !== undefined) throw new NotImplemented('GetMetricData with the parameter MetricStat.Unit');
  if (!isStatistic(Stat))
    throw new AwsError('ValidationError', `The value ${Stat} for parameter Stat is not supported.`);
  const name = Metric?.MetricName ?? '';
  const dimensions = Object.fromEntries((Metric?.Dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value]));
  const series = metrics.series({ namespace: Metric?.Namespace ?? '', name, dimensions });
  const period = Period * 1_000;
  const points: Array<{ readonly at: number; readonly value: number }> = [];
  for (let at = Math.floor(from / period) * period; at < to; at += period) {
    const value = statisticOf(series.valuesIn(at, at + period), Stat);
    if (value !== undefined) points.push({ at, value });
  }
  if (order === 'TimestampDescending') points.reverse();
  return {
    Id,
    Label: Label ?? name,
    Timestamps: points.map(({ at }) => new Date(at)),
    Values: points.map(({ value }) => value),
    StatusCode: 'Complete',
  };
}
