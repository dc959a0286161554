import type { MetricDataQuery, MetricDataResult, ScanBy } from '@aws-sdk/client-cloudwatch';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { isStatistic, type Metrics, statisticOf } from './metrics.ts';

/** What GetMetricData is asked for. */
interface Asked {
  readonly queries: readonly MetricDataQuery[];
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
  readonly order: ScanBy;
}

/** The usage of resources that AWS tells in the namespace `AWS/Usage`, and their quotas. */
export interface Usage {
  /** Undefined where AWS has no such metric. */
  at(dimensions: Readonly<Record<string, string>>, at: number): number | undefined;
  quotaOf(dimensions: Readonly<Record<string, string>>): number | undefined;
}

/**
 * The result of one query of `GetMetricData`: a statistic of a metric, by period, with periods aligned to the clock; or
 * the quota of the usage metric of another query.
 * @throws NotImplemented for other metric math
 * @throws AwsError `ValidationError`
 */
export function metricDataResult(
  metrics: Metrics,
  usage: Usage,
  query: MetricDataQuery,
  asked: Asked,
): MetricDataResult {
  const { Id = '', Expression, Label } = query;
  if (Expression === undefined) return statisticResult(metrics, usage, query, asked);
  const [, name] = /^SERVICE_QUOTA\((\w+)\)$/.exec(Expression) ?? [];
  if (name === undefined) throw new NotImplemented(`the metric math ${Expression} in GetMetricData`);
  const of = asked.queries.find((each) => each.Id === name);
  if (of === undefined) {
    throw new AwsError('ValidationError', `Error in expression '${Id}': The following ids are unknown: ${name}`);
  }
  const { Timestamps = [] } = statisticResult(metrics, usage, of, asked);
  const quota = usage.quotaOf(dimensionsOf(of));
  const known = quota === undefined ? [] : Timestamps;
  return {
    Id,
    Label: Label ?? Expression,
    Timestamps: known,
    Values: known.map(() => quota ?? 0),
    StatusCode: 'Complete',
  };
}

/**
 * The result as CloudWatch gives it where it could not read all of it: without the newest data points. Source: CloudWatch
 * API reference, MetricDataResult, StatusCode `PartialData`.
 */
export function partOf(result: MetricDataResult, order: ScanBy): MetricDataResult {
  const { Timestamps = [], Values = [] } = result;
  const [from, to] =
    order === 'TimestampDescending' ? [Math.ceil(Values.length / 2), undefined] : [0, Values.length >> 1];
  return {
    ...result,
    Timestamps: Timestamps.slice(from, to),
    Values: Values.slice(from, to),
    StatusCode: 'PartialData',
  };
}

const dimensionsOf = ({ MetricStat }: MetricDataQuery): Record<string, string> =>
  Object.fromEntries((MetricStat?.Metric?.Dimensions ?? []).map(({ Name = '', Value = '' }) => [Name, Value]));

function statisticResult(
  metrics: Metrics,
  usage: Usage,
  query: MetricDataQuery,
  { from, to, order }: Asked,
): MetricDataResult {
  const { Id = '', MetricStat, Label } = query;
  if (MetricStat === undefined) throw new AwsError('ValidationError', `The query ${Id} has no MetricStat.`);
  const { Metric, Period = 60, Stat = '', Unit } = MetricStat;
  if (Unit !== undefined) throw new NotImplemented('GetMetricData with the parameter MetricStat.Unit');
  if (!isStatistic(Stat))
    throw new AwsError('ValidationError', `The value ${Stat} for parameter Stat is not supported.`);
  const name = Metric?.MetricName ?? '';
  const dimensions = dimensionsOf(query);
  const isUsage = Metric?.Namespace === 'AWS/Usage';
  const series = metrics.series({ namespace: Metric?.Namespace ?? '', name, dimensions });
  const period = Period * 1_000;
  const points: Array<{ readonly at: number; readonly value: number }> = [];
  for (let at = Math.floor(from / period) * period; at < to; at += period) {
    const value = isUsage ? usage.at(dimensions, at) : statisticOf(series.valuesIn(at, at + period), Stat);
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
