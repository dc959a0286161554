import {
  DescribeAlarmHistory$,
  type DescribeAlarmHistoryCommandInput,
  type DescribeAlarmHistoryCommandOutput,
  DescribeAlarms$,
  type DescribeAlarmsCommandInput,
  type DescribeAlarmsCommandOutput,
  GetDashboard$,
  type GetDashboardCommandInput,
  type GetDashboardCommandOutput,
  GetMetricData$,
  type GetMetricDataCommandInput,
  type GetMetricDataCommandOutput,
  ListDashboards$,
  type ListDashboardsCommandInput,
  type ListDashboardsCommandOutput,
  ListMetrics$,
  type ListMetricsCommandInput,
  type ListMetricsCommandOutput,
} from '@aws-sdk/client-cloudwatch';
import { AwsError } from '../../wire/aws-error.ts';
import type { Faults } from '../faults.ts';
import { pageOf } from '../pagination.ts';
import { operation, type Service } from '../service.ts';
import type { World } from '../world.ts';
import { stateOf } from './alarms.ts';
import type { CloudWatch } from './cloudwatch.ts';
import { compositeAlarmDetails, historyItems, metricAlarmDetails } from './descriptions.ts';
import { metricDataResult, partOf } from './metric-data.ts';

/** Amazon CloudWatch, as clients call it. */
export const cloudWatchService = (cloudWatch: CloudWatch, world: World, faults: Faults): Service => ({
  signingName: 'monitoring',
  queryCompatible: true,
  iamPrefix: 'cloudwatch',
  protocol: 'json-1.0',
  // The AWS CLI uses this protocol.
  alsoSpeaks: ['rpc-v2-cbor'],
  operations: cloudWatchOperations(cloudWatch, world, faults),
});

/** The read operations of CloudWatch. Metrics, alarms and dashboards come from functions and templates. */
function cloudWatchOperations(cloudWatch: CloudWatch, world: World, faults: Faults): Service['operations'] {
  const arnOf = (resource: string) =>
    `arn:${world.partition}:cloudwatch:${world.region}:${world.accountId}:${resource}`;
  const dashboardArn = (name: string) => `arn:${world.partition}:cloudwatch::${world.accountId}:dashboard/${name}`;
  return {
    DescribeAlarms: operation<DescribeAlarmsCommandInput, DescribeAlarmsCommandOutput>(
      DescribeAlarms$,
      ['AlarmNames', 'AlarmNamePrefix', 'AlarmTypes', 'StateValue', 'MaxRecords', 'NextToken'],
      // Without AlarmTypes, CloudWatch returns metric alarms only.
      ({ AlarmNames, AlarmNamePrefix = '', AlarmTypes = ['MetricAlarm'], StateValue, MaxRecords = 50, NextToken }) => {
        if ((AlarmNames?.length ?? 0) > 100) {
          throw new AwsError('ValidationError', 'Member must have length less than or equal to 100: AlarmNames');
        }
        const wanted = cloudWatch.alarms.all.filter((alarm) => {
          const { kind, definition } = alarm.watched;
          return (
            (AlarmNames === undefined || AlarmNames.includes(definition.name)) &&
            definition.name.startsWith(AlarmNamePrefix) &&
            AlarmTypes.includes(kind === 'metric' ? 'MetricAlarm' : 'CompositeAlarm') &&
            (StateValue === undefined || stateOf(alarm) === StateValue)
          );
        });
        const page = pageOf(wanted, ({ watched }) => watched.definition.name, MaxRecords, NextToken, invalidToken);
        return {
          MetricAlarms: page.items.flatMap(metricAlarmDetails),
          CompositeAlarms: page.items.flatMap(compositeAlarmDetails),
          // Nothing here creates log alarms.
          ...(AlarmTypes.includes('LogAlarm') && { LogAlarms: [] }),
          NextToken: page.nextToken,
        };
      },
      // "You must be signed on with a permission that is scoped to *" (API reference, of composite alarms).
      ({ AlarmTypes = [] }) => [
        {
          action: 'cloudwatch:DescribeAlarms',
          resource: AlarmTypes.includes('CompositeAlarm') ? '*' : arnOf('alarm:*'),
        },
      ],
    ),
    DescribeAlarmHistory: operation<DescribeAlarmHistoryCommandInput, DescribeAlarmHistoryCommandOutput>(
      DescribeAlarmHistory$,
      ['AlarmName', 'AlarmTypes', 'HistoryItemType', 'StartDate', 'EndDate', 'ScanBy', 'MaxRecords', 'NextToken'],
      (input) => {
        const { AlarmName, ScanBy = 'TimestampDescending', MaxRecords = 100, NextToken } = input;
        const items = cloudWatch.alarms.all
          .filter(({ watched }) => AlarmName === undefined || watched.definition.name === AlarmName)
          .flatMap((alarm) => historyItems(alarm, input));
        items.sort(
          (a, b) => (a.Timestamp.getTime() - b.Timestamp.getTime()) * (ScanBy === 'TimestampAscending' ? 1 : -1),
        );
        const start = Number(NextToken ?? 0);
        if (!Number.isInteger(start)) throw invalidToken();
        const end = start + MaxRecords;
        return {
          AlarmHistoryItems: items.slice(start, end),
          NextToken: end < items.length ? String(end) : undefined,
        };
      },
      ({ AlarmName = '*' }) => [{ action: 'cloudwatch:DescribeAlarmHistory', resource: arnOf(`alarm:${AlarmName}`) }],
    ),
    ListMetrics: operation<ListMetricsCommandInput, ListMetricsCommandOutput>(
      ListMetrics$,
      ['Namespace', 'MetricName', 'Dimensions', 'NextToken'],
      ({ Namespace, MetricName, Dimensions = [], NextToken }) => {
        const wanted = cloudWatch.metrics.published.filter(
          ({ id }) =>
            (Namespace === undefined || id.namespace === Namespace) &&
            (MetricName === undefined || id.name === MetricName) &&
            Dimensions.every(
              ({ Name = '', Value }) => Name in id.dimensions && (Value === undefined || id.dimensions[Name] === Value),
            ),
        );
        const page = pageOf(wanted, ({ id }) => JSON.stringify(id), 500, NextToken, invalidMetricsToken);
        return {
          Metrics: page.items.map(({ id }) => ({
            Namespace: id.namespace,
            MetricName: id.name,
            Dimensions: Object.entries(id.dimensions).map(([Name, Value]) => ({ Name, Value })),
          })),
          NextToken: page.nextToken,
        };
      },
    ),
    GetMetricData: operation<GetMetricDataCommandInput, GetMetricDataCommandOutput>(
      GetMetricData$,
      ['MetricDataQueries', 'StartTime', 'EndTime', 'ScanBy'],
      ({ MetricDataQueries = [], StartTime, EndTime, ScanBy = 'TimestampDescending' }) => {
        const from = StartTime?.getTime() ?? Number.NaN;
        const to = EndTime?.getTime() ?? Number.NaN;
        if (!(from < to)) {
          throw new AwsError('ValidationError', 'The parameter StartTime must be less than the parameter EndTime.');
        }
        const asked = { queries: MetricDataQueries, from, to, order: ScanBy };
        const results = MetricDataQueries.filter(({ ReturnData = true }) => ReturnData);
        return {
          MetricDataResults: results.map((query) => {
            const result = metricDataResult(cloudWatch.metrics, cloudWatch.usage, query, asked);
            return faults.tellsMetricInPart() ? partOf(result, ScanBy) : result;
          }),
        };
      },
    ),
    ListDashboards: operation<ListDashboardsCommandInput, ListDashboardsCommandOutput>(
      ListDashboards$,
      ['DashboardNamePrefix'],
      ({ DashboardNamePrefix = '' }) => ({
        DashboardEntries: cloudWatch.dashboards
          .filter(({ name }) => name.startsWith(DashboardNamePrefix))
          .map(({ name, body, modifiedAt }) => ({
            DashboardName: name,
            DashboardArn: dashboardArn(name),
            LastModified: new Date(modifiedAt),
            Size: Buffer.byteLength(body),
          })),
      }),
    ),
    GetDashboard: operation<GetDashboardCommandInput, GetDashboardCommandOutput>(
      GetDashboard$,
      ['DashboardName'],
      ({ DashboardName = '' }) => {
        const { name, body } = cloudWatch.dashboard(DashboardName);
        return { DashboardName: name, DashboardArn: dashboardArn(name), DashboardBody: body };
      },
      ({ DashboardName = '*' }) => [{ action: 'cloudwatch:GetDashboard', resource: dashboardArn(DashboardName) }],
    ),
  };
}

/** ListMetrics has no InvalidNextToken error. */
const invalidMetricsToken = (): AwsError =>
  new AwsError('InvalidParameterValue', 'The next token that was given is invalid.');
const invalidToken = (): AwsError => new AwsError('InvalidNextToken', 'The next token that was given is invalid.');
