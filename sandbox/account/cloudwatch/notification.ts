import type { EmittedEvent, World } from '../world.ts';
import type { AlarmHead, MetricAlarmDefinition, StateValue } from './alarm.ts';

/** A change of an alarm's state, as topics, EventBridge and the alarm's history get it. */
export interface StateChange {
  readonly from: StateValue;
  readonly to: StateValue;
  readonly reason: string;
  /** JSON, which CloudWatch adds for metric alarms. */
  readonly reasonData?: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What an alarm watches. */
export type Watched =
  | { readonly kind: 'metric'; readonly definition: MetricAlarmDefinition }
  | { readonly kind: 'composite'; readonly definition: AlarmHead & { readonly rule: string } };

const REGION_NAMES: Readonly<Record<string, string>> = {
  'eu-central-1': 'EU (Frankfurt)',
  'us-east-1': 'US East (N. Virginia)',
};

const regionName = (region: string): string => REGION_NAMES[region] ?? region;

/** Formats a time like CloudWatch: `2026-07-14T09:03:00.000+0000`. */
const stamp = (at: number): string => new Date(at).toISOString().replace('Z', '+0000');

/** The message that CloudWatch publishes to a topic, with its subject. */
export function notificationOf(
  { accountId, region }: Pick<World, 'accountId' | 'region'>,
  { kind, definition }: Watched,
  change: StateChange,
): { readonly subject: string; readonly message: string } {
  const { name, arn, description, alarmActions, okActions } = definition;
  const message = {
    AlarmName: name,
    AlarmDescription: description ?? null,
    AWSAccountId: accountId,
    NewStateValue: change.to,
    NewStateReason: change.reason,
    StateChangeTime: stamp(change.at),
    Region: regionName(region),
    AlarmArn: arn,
    OldStateValue: change.from,
    OKActions: okActions,
    AlarmActions: alarmActions,
    InsufficientDataActions: [],
    ...(kind === 'metric' ? { Trigger: triggerOf(definition) } : { AlarmRule: definition.rule }),
  };
  return {
    subject: `${change.to}: "${name}" in ${regionName(region)}`.slice(0, 100),
    message: JSON.stringify(message),
  };
}

function triggerOf(alarm: MetricAlarmDefinition) {
  const { metric, statistic, period, evaluationPeriods, datapointsToAlarm, comparison, threshold, missingData } = alarm;
  return {
    MetricName: metric.name,
    Namespace: metric.namespace,
    Statistic: statistic.toUpperCase(),
    Dimensions: Object.entries(metric.dimensions).map(([name, value]) => ({ value, name })),
    Period: period / 1_000,
    EvaluationPeriods: evaluationPeriods,
    DatapointsToAlarm: datapointsToAlarm,
    ComparisonOperator: comparison,
    Threshold: threshold,
    TreatMissingData: missingData,
    EvaluateLowSampleCountPercentile: '',
  };
}

/** The event `CloudWatch Alarm State Change`, for the default bus. */
export function eventOf({ kind, definition }: Watched, change: StateChange, before: StateChange): EmittedEvent {
  const state = ({ to: value, reason, reasonData, at }: StateChange) => ({
    value,
    reason,
    ...(reasonData !== undefined && { reasonData }),
    timestamp: stamp(at),
  });
  const { name, arn, description } = definition;
  return {
    source: 'aws.cloudwatch',
    detailType: 'CloudWatch Alarm State Change',
    resources: [arn],
    detail: {
      alarmName: name,
      state: state(change),
      previousState: state(before),
      configuration: {
        ...(description !== undefined && { description }),
        ...(kind === 'metric' ? { metrics: metricsOf(definition) } : { alarmRule: definition.rule }),
      },
    },
  };
}

const metricsOf = ({ metric, statistic, period, fill }: MetricAlarmDefinition) => [
  {
    id: 'm1',
    metricStat: { metric, period: period / 1_000, stat: statistic },
    returnData: fill === undefined,
  },
  ...(fill === undefined ? [] : [{ id: 'e1', expression: `FILL(m1, ${fill})`, returnData: true }]),
];
