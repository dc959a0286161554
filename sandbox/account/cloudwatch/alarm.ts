import type { MetricId } from './metrics.ts';

export type StateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';

const COMPARISONS = {
  GreaterThanOrEqualToThreshold: { text: 'greater than or equal to', holds: (a: number, b: number) => a >= b },
  GreaterThanThreshold: { text: 'greater than', holds: (a: number, b: number) => a > b },
  LessThanThreshold: { text: 'less than', holds: (a: number, b: number) => a < b },
  LessThanOrEqualToThreshold: { text: 'less than or equal to', holds: (a: number, b: number) => a <= b },
} as const;

export type ComparisonOperator = keyof typeof COMPARISONS;
export const COMPARISON_OPERATORS = Object.keys(COMPARISONS) as [ComparisonOperator, ...ComparisonOperator[]];
export const MISSING_DATA = ['missing', 'notBreaching', 'breaching', 'ignore'] as const;

/** The common part of all alarms. */
export interface AlarmHead {
  readonly name: string;
  readonly arn: string;
  readonly description?: string;
  readonly alarmActions: readonly string[];
  readonly okActions: readonly string[];
}

/** An alarm on one metric. Times in ms. */
export interface MetricAlarmDefinition extends AlarmHead {
  readonly metric: MetricId;
  readonly statistic: string;
  readonly period: number;
  /** Fill value for periods without data, from the metric math `FILL(metric, value)`, the only one supported here. */
  readonly fill?: number;
  readonly evaluationPeriods: number;
  readonly datapointsToAlarm: number;
  readonly threshold: number;
  readonly comparison: ComparisonOperator;
  readonly missingData: (typeof MISSING_DATA)[number];
}

/** The value of a period; undefined: no data. */
export interface Datapoint {
  /** Start of the period, epoch ms. */
  readonly at: number;
  readonly value: number | undefined;
}

/** `undefined` leaves the state unchanged. */
export interface Verdict {
  readonly state: StateValue | undefined;
  readonly reason: string;
  /** The data points that were evaluated, newest first. */
  readonly recent: readonly Datapoint[];
}

/**
 * How many periods are evaluated. CloudWatch evaluates more than the evaluation periods, but does not say how many; the
 * examples of its documentation have five for three.
 */
export const periodsLookedAt = ({ evaluationPeriods }: MetricAlarmDefinition): number => evaluationPeriods + 2;

/** The periods that end at `now`, newest first: a sliding window, as by CloudWatch's default. */
export function datapointsAt(
  alarm: MetricAlarmDefinition,
  now: number,
  measure: (from: number, to: number) => number | undefined,
): Datapoint[] {
  const points = Array.from({ length: periodsLookedAt(alarm) }, (_, index) => {
    const at = now - (index + 1) * alarm.period;
    return { at, value: measure(at, at + alarm.period) };
  });
  // Metric math has nothing to fill where there is no data at all.
  if (alarm.fill === undefined || points.every(({ value }) => value === undefined)) return points;
  return points.map(({ at, value = alarm.fill }) => ({ at, value }));
}

/**
 * Evaluates an alarm as CloudWatch documents it. Real data points come first, including older ones of the range. Only
 * when there are too few does the treatment of missing data apply.
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
export function judge(alarm: MetricAlarmDefinition, points: readonly Datapoint[], state: StateValue): Verdict {
  const { evaluationPeriods, datapointsToAlarm, missingData } = alarm;
  const recent = points.filter(({ value }) => value !== undefined).slice(0, evaluationPeriods);
  const breaching = recent.filter(({ value }) => breaches(alarm, value)).length;
  const unknown = evaluationPeriods - recent.length;
  const is = (next: StateValue | undefined): Verdict => ({
    state: next,
    // An alarm's future is judged minute by minute, and only a change needs its reason in words.
    get reason() {
      return reasonOf(alarm, recent, unknown, next ?? state, state);
    },
    recent,
  });
  if (breaching >= datapointsToAlarm) return is('ALARM');
  if (unknown === 0) return is('OK');
  if (missingData === 'breaching') return is(breaching + unknown >= datapointsToAlarm ? 'ALARM' : 'OK');
  if (missingData === 'notBreaching') return is('OK');
  if (recent.length === 0) return is(missingData === 'ignore' ? undefined : 'INSUFFICIENT_DATA');
  // There are too few points for the threshold, but all breach, and the oldest is as old as the required number of
  // points.
  const oldest = points.findLastIndex(({ value }) => value !== undefined);
  if (breaching === recent.length && oldest >= datapointsToAlarm - 1) {
    return is(missingData === 'ignore' ? undefined : 'ALARM');
  }
  return is('OK');
}

const breaches = ({ comparison, threshold }: MetricAlarmDefinition, value: number | undefined): boolean =>
  value !== undefined && COMPARISONS[comparison].holds(value, threshold);

function reasonOf(
  { comparison, threshold, datapointsToAlarm, evaluationPeriods, missingData }: MetricAlarmDefinition,
  recent: readonly Datapoint[],
  unknown: number,
  next: StateValue,
  before: StateValue,
): string {
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
  if (next === 'INSUFFICIENT_DATA') {
    return `Insufficient Data: ${count(unknown, 'datapoint')} ${unknown === 1 ? 'was' : 'were'} unknown.`;
  }
  if (recent.length === 0) {
    const treated = missingData === 'breaching' ? 'Breaching' : 'NonBreaching';
    return `Threshold Crossed: no datapoints were received for ${count(evaluationPeriods, 'period')} and ${count(unknown, 'missing datapoint')} ${unknown === 1 ? 'was' : 'were'} treated as [${treated}].`;
  }
  const values = recent.map(({ at, value = 0 }) => `${withPoint(value)} (${dayTime(at)})`).join(', ');
  const not = next === 'ALARM' ? '' : 'not ';
  return (
    `Threshold Crossed: ${recent.length} out of the last ${count(evaluationPeriods, 'datapoint')} [${values}] ` +
    `${recent.length === 1 ? 'was' : 'were'} ${not}${COMPARISONS[comparison].text} the threshold (${withPoint(threshold)}) ` +
    `(minimum ${count(datapointsToAlarm, 'datapoint')} for ${before} -> ${next} transition).`
  );
}

/** CloudWatch formats whole numbers as `1.0`. */
const withPoint = (value: number): string => (Number.isInteger(value) ? `${value}.0` : String(value));

/** Formats a time as `14/07/26 09:03:00`. */
function dayTime(at: number): string {
  const [date = '', time = ''] = new Date(at).toISOString().split('T');
  return `${date.slice(2).split('-').reverse().join('/')} ${time.slice(0, 8)}`;
}
