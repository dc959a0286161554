import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Recorder } from './remediation.ts';

export interface DeadLetterDeps {
  readonly sqs: SQSClient;
  /** URLs of dead-letter queues, by the function whose messages they hold. */
  readonly deadLetters: Readonly<Record<string, string>>;
  readonly recorder: Pick<Recorder, 'gauge' | 'note'>;
}

/**
 * Tells how many messages are in dead-letter queues: a line for each queue that is not empty, and their sum as a metric.
 * A message gets there after minutes or half an hour of tries, in which other alarms are raised, and the sweep makes up for
 * it. So an hourly look is soon enough, and CloudWatch would bill an alarm for each queue.
 *
 * @throws AggregateError for queues that could not be read. All others are told of by then.
 */
export async function tellDeadLetters({ sqs, deadLetters, recorder }: DeadLetterDeps): Promise<void> {
  const troubles: unknown[] = [];
  let sum = 0;
  for (const [name, queueUrl] of Object.entries(deadLetters)) {
    try {
      const { Attributes = {} } = await sqs.send(
        new GetQueueAttributesCommand({
          QueueUrl: queueUrl,
          AttributeNames: ['ApproximateNumberOfMessages', 'QueueArn'],
        }),
      );
      const messages = Number(Attributes.ApproximateNumberOfMessages ?? 0);
      if (messages > 0)
        recorder.note('dead-letters', { of: name, messages, queueUrl, queueArn: Attributes.QueueArn ?? '' });
      sum += messages;
    } catch (error) {
      troubles.push(error);
    }
  }
  recorder.gauge('DeadLetters', sum);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not every dead-letter queue could be read.');
}
