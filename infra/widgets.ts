import { Duration } from 'aws-cdk-lib';
import { GraphWidget, type IMetric, type IWidget, LogQueryWidget, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { METRIC_NAMESPACE } from './metric.ts';
import { groupsAsked, type LogGroups, readQuery } from './saved-queries.ts';

/** A dashboard is 24 columns wide. */
export const FULL_WIDTH = 24;
const HEIGHT = 6;

/** A metric of a function for a graph: its sum in each quarter of an hour, unless told otherwise. */
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
    dimensionsMap: { service: name, stack: stackName },
    statistic,
    period: Duration.minutes(15),
    label: label ?? metricName,
  });

/** A graph from zero up; without data it is an empty one with its title. */
export const graph = (title: string, width: number, left: IMetric[]): IWidget =>
  new GraphWidget({ title, width, height: HEIGHT, left, leftYAxis: { min: 0 }, liveData: true });

/** The answer to a saved query, as a table. */
export const answer = (name: string, width: number, logGroups: LogGroups): IWidget => {
  const { question, text } = readQuery(name);
  // CDK puts SOURCE and a bar before the query: a comment there would be a command, and none can be at its beginning.
  const commands = text
    .trimEnd()
    .split('\n')
    .filter((each) => !each.startsWith('#'));
  return new LogQueryWidget({
    title: question,
    width,
    height: HEIGHT,
    logGroupNames: groupsAsked(name, logGroups),
    queryString: commands.join('\n'),
  });
};

/** What was decided, and how long after the event. */
export const decisions = (of: { readonly name: string; readonly stackName: string }): IWidget[] => [
  graph('What was decided', 8, [
    line(of, 'Acted'),
    line(of, 'WouldAct'),
    line(of, 'Done'),
    line(of, 'Waiting'),
    line(of, 'Skipped'),
    line(of, 'Refused'),
    line(of, 'Failed'),
  ]),
  graph('From event to action, ms', 8, [
    line(of, 'Latency', { statistic: Stats.percentile(50), label: 'p50' }),
    line(of, 'Latency', { statistic: Stats.percentile(99), label: 'p99' }),
  ]),
];

/** How many messages lie in queues: in dead-letter queues there should be none. */
export const depths = (title: string, width: number, queues: Readonly<Record<string, IQueue>>): IWidget =>
  graph(
    title,
    width,
    Object.entries(queues).map(([label, queue]) =>
      queue.metricApproximateNumberOfMessagesVisible({
        label,
        statistic: Stats.MAXIMUM,
        period: Duration.minutes(5),
      }),
    ),
  );
