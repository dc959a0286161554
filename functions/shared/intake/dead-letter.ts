import { DeleteMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import type { Recorder } from '../records/recorder.ts';
import { MESSAGE_GROUP, type ReconcileQueue } from './reconcile-queue.ts';

/** A message that the function does not understand. */
export interface Malformed {
  readonly message: SQSRecord;
  /** Names the field, and what it must be. */
  readonly fault: string;
}

export interface DeadLetterDeps {
  readonly queue: ReconcileQueue;
  readonly deadLetterQueueUrl: string;
  readonly recorder: Recorder;
}

/**
 * Maximum size of a message, bytes; attributes count with name, type and value. Source: SQS API reference, SendMessage
 * ("1 MiB or 1,048,576 bytes") and MessageAttributeValue.
 */
const MOST_BYTES = 1_048_576;
/** A fault quotes fields and values of the message, so it may be long. This many characters of it are enough. */
const FAULT_CHARACTERS = 1_000;
const [ATTRIBUTE, TYPE] = ['fault', 'String'] as const;

/**
 * Moves a malformed message to the dead-letter queue, so that it does not block the queue and somebody sees it. The
 * body is kept as it is. The fault is attached as far as there is room, and is recorded.
 *
 * It is deleted from the queue at once: Lambda deletes no message of a batch that fails for another one, so that it would
 * come again, and be put aside and recorded at each delivery. One that cannot be deleted does so.
 *
 * @throws errors that may pass by themselves: SQS does not answer, or denies access
 */
export async function putAside(
  { queue, deadLetterQueueUrl, recorder }: DeadLetterDeps,
  { message, fault: whole }: Malformed,
): Promise<void> {
  const fault = asSent(whole);
  const bytes = [message.body, ATTRIBUTE, TYPE, fault].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  await queue.sqs.send(
    new SendMessageCommand({
      QueueUrl: deadLetterQueueUrl,
      MessageBody: message.body,
      ...(bytes <= MOST_BYTES && { MessageAttributes: { [ATTRIBUTE]: { DataType: TYPE, StringValue: fault } } }),
      // The dead-letter queue of a FIFO queue is FIFO as well; deduplication then absorbs a repetition.
      ...(deadLetterQueueUrl.endsWith('.fifo') && {
        // Its group stays that of the queue, where a redrive takes it: requests of two groups would be handled side by side.
        MessageGroupId: MESSAGE_GROUP,
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
  const received = { QueueUrl: queue.url, ReceiptHandle: message.receiptHandle };
  await queue.sqs.send(new DeleteMessageCommand(received)).catch(() => undefined);
}

/**
 * Converts a text to what SQS accepts in an attribute: at least one character, and only characters that XML allows.
 * Source: SQS API reference, SendMessage: others are refused (InvalidMessageContents), or replaced by U+FFFD.
 */
function asSent(text: string): string {
  const taken = text
    .slice(0, FAULT_CHARACTERS)
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
  return taken === '' ? 'unknown' : taken;
}
