import { Duration } from 'aws-cdk-lib';
import {
  GraphWidget,
  type IMetric,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  type LogQueryWidgetProps,
  MathExpression,
  Metric,
  SingleValueWidget,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { serviceOf } from '../functions/shared/runtime/metric.ts';
import { METRIC_NAMESPACE } from './metric.ts';
import { groupsAsked, type LogGroups, readQuery } from './saved-queries.ts';

/** Columns of a dashboard. */
export const FULL_WIDTH = 24;
/** Heights of tables, graphs and single numbers, in rows. */
export const TABLE_HEIGHT = 4;
const GRAPH_HEIGHT = 3;
const SINGLE_HEIGHT = 3;

/** A function's metric for a graph: its sum per quarter of an hour, unless told otherwise. */
export const line = (
  { name, stackName }: { readonly name: string; readonly stackName: string },
  metricName: string,
  {
    statistic = Stats.SUM,
    label,
  }: { readonly statistic?: string | undefined; readonly label?: string | undefined } = {},
): Metric =>
  new Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { service: serviceOf(metricName, name), stack: stackName },
    statistic,
    period: Duration.minutes(15),
    label: label ?? metricName,
  });

/** A graph whose axis starts at zero. Without data it is empty, with its title. */
export const graph = (title: string, width: number, left: IMetric[]): IWidget =>
  new GraphWidget({ title, width, height: GRAPH_HEIGHT, left, leftYAxis: { min: 0 }, liveData: true });

/** One number for the whole time range of the dashboard. */
export const single = (title: string, width: number, metric: IMetric): IWidget =>
  new SingleValueWidget({
    title,
    width,
    height: SINGLE_HEIGHT,
    metrics: [metric],
    setPeriodToTimeRange: true,
    fullPrecision: false,
  });

/** The sum of metrics. A metric without data counts as zero. */
export const sumOf = (label: string, metrics: readonly IMetric[]): MathExpression => {
  const named = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  return new MathExpression({
    label,
    expression: `SUM([${Object.keys(named).join(', ')}])`,
    usingMetrics: named,
    period: Duration.minutes(15),
  });
};

/** The result of a saved query, as a table. */
export const answer = (name: string, width: number, logGroups: LogGroups): IWidget =>
  queryWidget(name, { width, height: TABLE_HEIGHT, view: LogQueryVisualizationType.TABLE }, logGroups);

/** The result of a saved query by time, as a graph. It costs only when somebody looks. */
export const answerGraph = (name: string, width: number, logGroups: LogGroups): IWidget =>
  queryWidget(name, { width, height: GRAPH_HEIGHT, view: LogQueryVisualizationType.LINE }, logGroups);

const queryWidget = (
  name: string,
  shape: Pick<LogQueryWidgetProps, 'width' | 'height' | 'view'>,
  logGroups: LogGroups,
): IWidget => {
  const { question, text } = readQuery(name);
  // CDK puts SOURCE and a bar before the query, so a comment at its beginning would be parsed as a command.
  const commands = text
    .trimEnd()
    .split('\n')
    .filter((each) => !each.startsWith('#'));
  return new LogQueryWidget({
    title: question,
    ...shape,
    logGroupNames: groupsAsked(name, logGroups),
    queryString: commands.join('\n'),
  });
};
