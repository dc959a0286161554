import * as z from 'zod';
import { COMPARISON_OPERATORS, MISSING_DATA } from '../account/cloudwatch/alarm.ts';
import { isPublishable } from '../account/cloudwatch/aws-metrics.ts';
import { isStatistic, type MetricId } from '../account/cloudwatch/metrics.ts';
import { AwsError } from '../wire/aws-error.ts';
import { arn, type ResourceType, resourceType } from './resource-type.ts';
import { TemplateError } from './template.ts';

const withoutEffect = z.unknown().optional();

const dimensions = z
  .array(z.strictObject({ Name: z.string(), Value: z.string() }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ Name, Value }) => [Name, Value])));

const statistic = z.string().refine(isStatistic, 'is no statistic that the sandbox knows');
const period = z.number().multipleOf(60);
/** Alarms may have other actions than publishing; the sandbox does not support them. */
const actions = z.array(z.string().regex(/^arn:aws[\w-]*:sns:/)).default([]);

const metricStat = z.strictObject({
  Metric: z.strictObject({ Namespace: z.string(), MetricName: z.string(), Dimensions: dimensions }),
  Period: period,
  Stat: statistic,
});

const alarm = z.strictObject({
  AlarmName: z.string().optional(),
  // CloudWatch's limit (API reference, PutMetricAlarm and PutCompositeAlarm).
  AlarmDescription: z.string().max(1024).optional(),
  ActionsEnabled: z.literal(true).optional(),
  AlarmActions: actions,
  OKActions: actions,
  ComparisonOperator: z.enum(COMPARISON_OPERATORS),
  EvaluationPeriods: z.int().min(1),
  DatapointsToAlarm: z.int().min(1).optional(),
  Threshold: z.number(),
  TreatMissingData: z.enum(MISSING_DATA).default('missing'),
  Namespace: z.string().optional(),
  MetricName: z.string().optional(),
  Dimensions: dimensions,
  Statistic: statistic.optional(),
  ExtendedStatistic: statistic.optional(),
  Period: period.optional(),
  Metrics: z
    .array(
      z.strictObject({
        Id: z.string(),
        Label: withoutEffect,
        ReturnData: z.boolean().default(true),
        Expression: z.string().optional(),
        MetricStat: metricStat.optional(),
      }),
    )
    .optional(),
  Tags: withoutEffect,
});

const compositeAlarm = z.strictObject({
  AlarmName: z.string().optional(),
  // CloudWatch's limit (API reference, PutMetricAlarm and PutCompositeAlarm).
  AlarmDescription: z.string().max(1024).optional(),
  ActionsEnabled: z.literal(true).optional(),
  AlarmActions: actions,
  OKActions: actions,
  AlarmRule: z.string(),
  Tags: withoutEffect,
});

/** A metric filter with a fixed value. The sandbox supports no values from the lines. */
const metricFilter = z.strictObject({
  FilterName: z.string().optional(),
  LogGroupName: z.string(),
  FilterPattern: z.string(),
  // A filter has one transformation (API reference of CloudWatch Logs, PutMetricFilter). No name or namespace has a
  // colon, an asterisk or a dollar sign.
  MetricTransformations: z.tuple([
    z.strictObject({
      MetricNamespace: z.string().regex(/^[^:*$]{1,255}$/),
      MetricName: z.string().regex(/^[^:*$]{1,255}$/),
      MetricValue: z.string().regex(/^\d+(\.\d+)?$/),
    }),
  ]),
});

/** What an alarm measures. */
interface Measure {
  readonly metric: MetricId;
  readonly statistic: string;
  /** Milliseconds. */
  readonly period: number;
  readonly fill?: number;
}

const alarmIdentity: ResourceType['identify'] = ({ world, given, generated }) => {
  const name = given('AlarmName') ?? generated(255);
  return { ref: name, attributes: { Arn: arn(world, 'cloudwatch', `alarm:${name}`) } };
};

/** Alarms, dashboards and saved queries. */
export const MONITORING_RESOURCES: Readonly<Record<string, ResourceType>> = {
  'AWS::CloudWatch::Alarm': resourceType(alarm, alarmIdentity, (properties, { cloudWatch, identity, logicalId }) => {
    const measure = measureOf(properties);
    if (measure === undefined || !isPublishable(measure.metric)) {
      throw new TemplateError(`The sandbox can not make ${logicalId}: it does not know what the alarm measures.`);
    }
    cloudWatch.alarms.addMetricAlarm({
      ...head(identity, properties),
      ...measure,
      evaluationPeriods: properties.EvaluationPeriods,
      datapointsToAlarm: properties.DatapointsToAlarm ?? properties.EvaluationPeriods,
      threshold: properties.Threshold,
      comparison: properties.ComparisonOperator,
      missingData: properties.TreatMissingData,
    });
  }),
  // The composite alarm is created after the alarms that it names.
  'AWS::CloudWatch::CompositeAlarm': resourceType(
    compositeAlarm,
    alarmIdentity,
    (properties, { cloudWatch, identity }) =>
      cloudWatch.alarms.addCompositeAlarm({ ...head(identity, properties), rule: properties.AlarmRule }),
  ),
  'AWS::CloudWatch::Dashboard': resourceType(
    z.strictObject({ DashboardName: z.string().optional(), DashboardBody: z.string() }),
    ({ given, generated }) => ({ ref: given('DashboardName') ?? generated(255), attributes: {} }),
    ({ DashboardBody }, { cloudWatch, identity }) => cloudWatch.putDashboard(identity.ref, DashboardBody),
  ),
  'AWS::Logs::MetricFilter': resourceType(
    metricFilter,
    ({ given, generated }) => ({ ref: given('FilterName') ?? generated(512), attributes: {} }),
    (
      { LogGroupName, FilterPattern, MetricTransformations: [{ MetricNamespace, MetricName, MetricValue }] },
      services,
    ) =>
      services.cloudWatch.addMetricFilter({
        group: LogGroupName,
        pattern: FilterPattern,
        metric: { namespace: MetricNamespace, name: MetricName, dimensions: {} },
        value: Number(MetricValue),
      }),
  ),
  'AWS::Logs::QueryDefinition': resourceType(
    z.strictObject({ Name: z.string(), QueryString: z.string(), LogGroupNames: z.array(z.string()).default([]) }),
    ({ world, logicalId }) => {
      const id = world.random.fork(`query definition ${logicalId}`).uuid();
      return { ref: id, attributes: { QueryDefinitionId: id } };
    },
    ({ Name, QueryString, LogGroupNames }, { logs, identity, logicalId }) => {
      try {
        logs.saveQuery({ id: identity.ref, name: Name, text: QueryString, groups: LogGroupNames });
      } catch (error) {
        if (!(error instanceof AwsError)) throw error;
        throw new TemplateError(`The sandbox can not make ${logicalId}: ${error.message}`);
      }
    },
  ),
};

function head(
  { ref, attributes }: { readonly ref: string; readonly attributes: Readonly<Record<string, string>> },
  {
    AlarmDescription,
    AlarmActions,
    OKActions,
  }: { AlarmDescription?: string | undefined; AlarmActions: string[]; OKActions: string[] },
) {
  return {
    name: ref,
    arn: attributes.Arn ?? '',
    alarmActions: AlarmActions,
    okActions: OKActions,
    ...(AlarmDescription === undefined ? {} : { description: AlarmDescription }),
  };
}

/** One metric, or `FILL` of one; undefined for anything else. */
function measureOf(properties: z.output<typeof alarm>): Measure | undefined {
  const { Metrics, Namespace, MetricName, Dimensions, Statistic, ExtendedStatistic, Period } = properties;
  if (Metrics !== undefined) return filledMetric(Metrics);
  const name = Statistic ?? ExtendedStatistic;
  if (Namespace === undefined || MetricName === undefined || name === undefined || Period === undefined)
    return undefined;
  const metric = { namespace: Namespace, name: MetricName, dimensions: Dimensions };
  return { metric, statistic: name, period: Period * 1_000 };
}

function filledMetric(metrics: NonNullable<z.output<typeof alarm>['Metrics']>): Measure | undefined {
  const [expression, ...others] = metrics.filter(({ ReturnData }) => ReturnData);
  const [, id, value] = /^FILL\((\w+), ?(-?[\d.]+)\)$/.exec(expression?.Expression ?? '') ?? [];
  const stat = metrics.find(({ Id }) => Id === id)?.MetricStat;
  if (stat === undefined || metrics.length !== 2 || others.length > 0) return undefined;
  const { Namespace, MetricName, Dimensions } = stat.Metric;
  return {
    metric: { namespace: Namespace, name: MetricName, dimensions: Dimensions },
    statistic: stat.Stat,
    period: stat.Period * 1_000,
    fill: Number(value),
  };
}
