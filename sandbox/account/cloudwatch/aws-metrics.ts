import type { InvocationReport } from '../../lambda/lambda-environments.ts';
import type { Queue } from '../sqs/queue.ts';
import type { World } from '../world.ts';
import { type MetricId, type Metrics, MINUTE_MS } from './metrics.ts';

/** The metrics that AWS itself publishes here, by namespace: those that alarms and graphs usually need. */
const AWS_METRICS: Readonly<Record<string, readonly string[]>> = {
  'AWS/Lambda': ['Invocations', 'Errors', 'Throttles', 'Duration'],
  'AWS/Logs': ['IncomingBytes'],
  'AWS/SQS': ['ApproximateNumberOfMessagesVisible', 'ApproximateAgeOfOldestMessage'],
};

/**
 * Whether the sandbox may ever publish the metric. Any metric outside of AWS's own namespaces may come from a function.
 */
export const isPublishable = ({ namespace, name, dimensions }: MetricId): boolean => {
  if (!namespace.startsWith('AWS/')) return true;
  return AWS_METRICS[namespace]?.includes(name) === true && Object.keys(dimensions).join() === DIMENSIONS[namespace];
};

const DIMENSIONS: Readonly<Record<string, string>> = {
  'AWS/Lambda': 'FunctionName',
  'AWS/Logs': 'LogGroupName',
  'AWS/SQS': 'QueueName',
};

/** Lambda publishes one value per invocation, at the time of its start. */
export function publishInvocation(
  metrics: Metrics,
  { functionName, startedAt, durationMs, outcome }: InvocationReport,
) {
  const publish = (name: string, value: number): void =>
    metrics
      .series({ namespace: 'AWS/Lambda', name, dimensions: { FunctionName: functionName } })
      .add(startedAt, [value]);
  if (!outcome.ok && outcome.kind === 'recursion') {
    publish('RecursiveInvocationsDropped', 1);
    return;
  }
  if (!outcome.ok && outcome.kind === 'throttled') {
    publish('Throttles', 1);
    return;
  }
  publish('Throttles', 0);
  publish('Invocations', 1);
  publish('Errors', outcome.ok ? 0 : 1);
  publish('Duration', durationMs);
}

/**
 * SQS publishes what each queue holds, once a minute. A queue is measured in the minute after something happened in it,
 * and as long as a message waits. A constant value continues without measuring.
 */
export function watchQueue({ time }: Pick<World, 'time'>, metrics: Metrics, queue: Queue): void {
  const gauge = (name: string) => metrics.series({ namespace: 'AWS/SQS', name, dimensions: { QueueName: queue.name } });
  const visible = gauge('ApproximateNumberOfMessagesVisible');
  const age = gauge('ApproximateAgeOfOldestMessage');
  let planned = false;
  const sample = (): void => {
    planned = false;
    const minute = time.now - MINUTE_MS;
    visible.hold(minute, queue.counts().visible);
    const since = queue.oldestSentAt;
    age.hold(minute, since === undefined ? 0 : Math.floor((time.now - since) / 1_000));
    if (since !== undefined) plan();
  };
  const plan = (): void => {
    if (planned) return;
    planned = true;
    time.at(Math.floor(time.now / MINUTE_MS) * MINUTE_MS + MINUTE_MS, sample);
  };
  queue.onChange(plan);
  plan();
}
