import type {
  AlarmHistoryItem,
  CompositeAlarm,
  DescribeAlarmHistoryCommandInput,
  MetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import type { MetricAlarmDefinition } from './alarm.ts';
import type { HeldAlarm } from './alarms.ts';

/** The details that both kinds of alarms have. */
function commonDetails({ watched, createdAt, history }: HeldAlarm) {
  const { name, arn, description, alarmActions, okActions } = watched.definition;
  const last = history.at(-1);
  return {
    AlarmName: name,
    AlarmArn: arn,
    ActionsEnabled: true,
    AlarmActions: [...alarmActions],
    OKActions: [...okActions],
    InsufficientDataActions: [],
    AlarmConfigurationUpdatedTimestamp: new Date(createdAt),
    StateValue: last?.to ?? 'INSUFFICIENT_DATA',
    StateReason: last?.reason ?? '',
    StateUpdatedTimestamp: new Date(last?.at ?? createdAt),
    StateTransitionedTimestamp: new Date(last?.at ?? createdAt),
    ...(description !== undefined && { AlarmDescription: description }),
    ...(last?.reasonData !== undefined && { StateReasonData: last.reasonData }),
  };
}

/** The alarm as `DescribeAlarms` returns it; empty for an alarm of the other kind. */
export function metricAlarmDetails(alarm: HeldAlarm): MetricAlarm[] {
  if (alarm.watched.kind !== 'metric') return [];
  const { definition } = alarm.watched;
  return [
    {
      ...commonDetails(alarm),
      EvaluationPeriods: definition.evaluationPeriods,
      DatapointsToAlarm: definition.datapointsToAlarm,
      Threshold: definition.threshold,
      ComparisonOperator: definition.comparison,
      TreatMissingData: definition.missingData,
      ...measured(definition),
    },
  ];
}

function measured({ metric, statistic, period, fill }: MetricAlarmDefinition): Partial<MetricAlarm> {
  const Dimensions = Object.entries(metric.dimensions).map(([Name, Value]) => ({ Name, Value }));
  const named = { Namespace: metric.namespace, MetricName: metric.name, Dimensions };
  const Period = period / 1_000;
  if (fill !== undefined) {
    return {
      Metrics: [
        { Id: 'e1', Expression: `FILL(m1, ${fill})` },
        { Id: 'm1', MetricStat: { Metric: named, Period, Stat: statistic }, ReturnData: false },
      ],
    };
  }
  switch (statistic) {
    case 'SampleCount':
    case 'Sum':
    case 'Average':
    case 'Minimum':
    case 'Maximum':
      return { ...named, Period, Statistic: statistic };
    default:
      return { ...named, Period, ExtendedStatistic: statistic };
  }
}

export const compositeAlarmDetails = (alarm: HeldAlarm): CompositeAlarm[] =>
  alarm.watched.kind === 'composite' ? [{ ...commonDetails(alarm), AlarmRule: alarm.watched.definition.rule }] : [];

/** State changes as `DescribeAlarmHistory` returns them. */
export function historyItems(
  { watched, history }: HeldAlarm,
  {
    AlarmTypes = ['MetricAlarm'],
    HistoryItemType,
    StartDate,
    EndDate,
  }: Pick<DescribeAlarmHistoryCommandInput, 'AlarmTypes' | 'HistoryItemType' | 'StartDate' | 'EndDate'>,
): Array<AlarmHistoryItem & { readonly Timestamp: Date }> {
  const AlarmType = watched.kind === 'metric' ? ('MetricAlarm' as const) : ('CompositeAlarm' as const);
  if (!AlarmTypes.includes(AlarmType) || (HistoryItemType ?? 'StateUpdate') !== 'StateUpdate') return [];
  const state = (stateValue: string, stateReason: string) => ({ stateValue, stateReason });
  return history
    .map((change, index) => ({ change, before: history[index - 1] }))
    .filter(({ change, before }) => {
      const within =
        change.at >= (StartDate?.getTime() ?? 0) && change.at < (EndDate?.getTime() ?? Number.MAX_SAFE_INTEGER);
      return before !== undefined && within;
    })
    .map(({ change: { from, to, reason, at }, before }) => ({
      AlarmName: watched.definition.name,
      AlarmType,
      Timestamp: new Date(at),
      HistoryItemType: 'StateUpdate' as const,
      HistorySummary: `Alarm updated from ${from} to ${to}`,
      HistoryData: JSON.stringify({
        version: '1.0',
        oldState: state(from, before?.reason ?? ''),
        newState: state(to, reason),
      }),
    }));
}
