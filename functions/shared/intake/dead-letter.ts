import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import type { Recorder } from '../records/recorder.ts';
import type { ReconcileQueue } from './reconcile-queue.ts';

/** A message that is none of the function's. */
export interface Malformed {
  readonly message: SQSRecord;
  /** Names the field and what it must be. */
  readonly fault: string;
}

export interface DeadLetterDeps {
  readonly queue: ReconcileQueue;
  readonly deadLetterQueueUrl: string;
  readonly recorder: Recorder;
}

/** Puts a message that is none of ours where somebody will look at it, so that it does not hold up the queue. */
export async function putAside(
  { queue, deadLetterQueueUrl, recorder }: DeadLetterDeps,
  { message, fault }: Malformed,
): Promise<void> {
  await queue.sqs.send(
    new SendMessageCommand({
      QueueUrl: deadLetterQueueUrl,
      MessageBody: message.body,
      MessageAttributes: { fault: { DataType: 'String', StringValue: fault } },
      // The dead-letter queue of a FIFO queue is one itself; a repetition then adds nothing.
      ...(deadLetterQueueUrl.endsWith('.fifo') && {
        MessageGroupId: 'invalid-event',
        MessageDeduplicationId: message.messageId,
      }),
    }),
  );
  recorder.record({
    subject: {},
    decision: 'refused',
    reason: 'invalid-event',
    message: `Message ${message.messageId} is in the dead-letter queue: ${fault}.`,
    trigger: { id: message.messageId, type: 'SQS message', time: Number(message.attributes.SentTimestamp) },
    fingerprint: `invalid-event ${message.messageId}`,
    correlationId: message.messageId,
  });
}
