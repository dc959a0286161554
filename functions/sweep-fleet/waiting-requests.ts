import type { CloudWatchClient, MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { LONGEST_WAIT } from '../shared/declaration/remediation.ts';
import { readMetricData } from '../shared/runtime/metric-data.ts';
import { listed } from '../shared/text/listed.ts';
import type { Recorder } from './remediation.ts';

export interface WaitingDeps {
  readonly cloudWatch: CloudWatchClient;
  /** Names of queues, by the function that takes requests out of them. */
  readonly queues: Readonly<Record<string, string>>;
  /** Lambda's names of functions that Lambda invokes without a queue, by function. */
  readonly functions: Readonly<Record<string, string>>;
  readonly recorder: Pick<Recorder, 'gauge' | 'note'>;
}

const PERIOD = 300;
/** How far a look goes back, ms. Both services publish each minute, and a point may come some minutes late. */
const LOOKED_AT = 20 * 60_000;
/**
 * In how many periods Lambda has refused to run a function before that is told. It tries a throttled event again after
 * at most five minutes (Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation").
 */
const THROTTLED_PERIODS = 3;

/**
 * Tells which functions are not invoked: a line for each queue with a request that has waited for half an hour, a line
 * for each other function that Lambda has had no room to run for a quarter of an hour, and their number as a metric.
 *
 * The look reads the metrics that AWS publishes for nothing, because CloudWatch bills an alarm for each of them: a call
 * costs a fourteenth of that (0.01 US dollars per 1,000 metrics).
 *
 * @param now epoch ms
 * @throws Error where CloudWatch did not tell of each, after the others were told; Lambda then retries the sweep
 */
export async function tellWaitingRequests(
  { cloudWatch, queues, functions, recorder }: WaitingDeps,
  now: number,
): Promise<void> {
  const looks = [
    ...Object.entries(queues).map(([of, queue]) => ({ of, queue, asked: oldestIn(queue) })),
    ...Object.entries(functions).map(([of, name]) => ({ of, queue: undefined, asked: throttlesOf(name) })),
  ];
  // A call takes 500 queries (CloudWatch API reference, GetMetricData), and a stack has a few functions.
  const { values, incomplete } = await readMetricData(cloudWatch, {
    MetricDataQueries: looks.map(({ asked: MetricStat }, index) => ({ Id: idOf(index), MetricStat })),
    StartTime: new Date(now - LOOKED_AT),
    EndTime: new Date(now),
  });
  let waiting = 0;
  for (const [index, { of, queue }] of looks.entries()) {
    const [newest = 0, ...older] = values.get(idOf(index)) ?? [];
    if (queue !== undefined && newest >= LONGEST_WAIT) {
      recorder.note('waiting-requests', { of, seconds: newest, queue });
      waiting += 1;
    }
    const refused = [newest, ...older].filter((count) => count > 0);
    if (queue === undefined && refused.length >= THROTTLED_PERIODS) {
      recorder.note('waiting-requests', { of, throttles: refused.reduce((sum, count) => sum + count, 0) });
      waiting += 1;
    }
  }
  recorder.gauge('WaitingFunctions', waiting);
  // Services tell nothing of a queue or function that is idle. That CloudWatch did not tell is not that nothing waits.
  const untold = looks.flatMap(({ of }, index) => {
    const why = incomplete.get(idOf(index));
    return why === undefined ? [] : [`${of} (${why})`];
  });
  if (untold.length > 0) throw new Error(`CloudWatch does not tell whether requests wait for ${listed(untold)}.`);
}

/** The id of a query, by its place in the list. */
const idOf = (index: number): string => `m${index}`;

type Asked = NonNullable<MetricDataQuery['MetricStat']>;

const oldestIn = (queue: string): Asked => ({
  Metric: {
    Namespace: 'AWS/SQS',
    MetricName: 'ApproximateAgeOfOldestMessage',
    Dimensions: [{ Name: 'QueueName', Value: queue }],
  },
  Period: PERIOD,
  Stat: 'Maximum',
});

const throttlesOf = (name: string): Asked => ({
  Metric: { Namespace: 'AWS/Lambda', MetricName: 'Throttles', Dimensions: [{ Name: 'FunctionName', Value: name }] },
  Period: PERIOD,
  Stat: 'Sum',
});
