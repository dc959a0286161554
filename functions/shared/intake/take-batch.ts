import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { chunks } from '../runtime/chunks.ts';
import type { Clock } from '../runtime/clock.ts';
import { type Chain, HOP, type ReconcileQueue } from './reconcile-queue.ts';
import type { Wake } from './wake.ts';

export interface TakeOptions {
  readonly queue: ReconcileQueue;
  readonly clock: Clock;
  /** Schedules wake-ups for later reconciles; absent where the function sends no requests to itself. */
  readonly wake?: Wake;
  /**
   * How many messages one invocation takes at most. Lambda delivers at most ten without a batching window, and any
   * window delays the first event by up to 20 s. When a full batch indicates a storm, the function therefore receives
   * more messages itself.
   */
  readonly most?: number;
}

/** SQS batch calls take at most ten entries. */
const PER_CALL = 10;
/** How many receive calls run concurrently. */
const RECEIVERS = 4;

/** Seconds until a message returns after its first failure. Each further failure doubles them. */
const SOONEST = 10;
/** The limit for a FIFO queue, whose other messages are blocked meanwhile, seconds. */
const LONGEST_FIFO = 50;
const LONGEST = 15 * 60;

/**
 * Processes a batch of messages, and makes them visible again soon when that fails. Otherwise a message would stay
 * invisible for the queue's whole visibility timeout, a multiple of the function's time limit, and a FIFO queue would
 * deliver nothing else of its group until then. That timeout only has to pass where the function dies or hangs.
 *
 * Source: Amazon SQS developer guide, "Visibility timeout"; Lambda developer guide, "Handling errors for an SQS event
 * source".
 *
 * @throws whatever `run` throws
 */
export async function takeBatch(
  options: TakeOptions,
  handed: readonly SQSRecord[],
  run: (messages: readonly SQSRecord[], queue: ReconcileQueue) => Promise<void>,
): Promise<void> {
  const { queue, clock, wake, most = 0 } = options;
  const taken = handed.length < PER_CALL ? [] : await takeMore(queue, most - handed.length);
  const messages = [...handed, ...taken];
  const chain: Chain | undefined = wake && { hop: hopOf(messages), wake, now: () => clock.now() };
  try {
    await run(messages, chain === undefined ? queue : { ...queue, chain });
  } catch (error) {
    await comeAgain(queue, messages);
    throw error;
  }
  await remove(queue, taken);
}

/** Length of the longest chain of invocations by this queue that led to a message of the batch. */
const hopOf = (messages: readonly SQSRecord[]): number =>
  Math.max(0, ...messages.map(({ messageAttributes }) => Number(messageAttributes?.[HOP]?.stringValue ?? 0) || 0));

/** Receives more messages. A call that fails loses none of those received: the rest is delivered later. */
async function takeMore({ sqs, url }: ReconcileQueue, most: number): Promise<SQSRecord[]> {
  const taken: SQSRecord[] = [];
  const command = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: PER_CALL,
    MessageSystemAttributeNames: ['All'],
    MessageAttributeNames: ['All'],
  });
  while (taken.length < most) {
    const calls = Math.min(RECEIVERS, Math.ceil((most - taken.length) / PER_CALL));
    const answers = await Promise.allSettled(Array.from({ length: calls }, () => sqs.send(command)));
    const received = answers
      .flatMap((answer) => (answer.status === 'fulfilled' ? (answer.value.Messages ?? []) : []))
      .map((message) => recordOf(message, url));
    taken.push(...received);
    if (received.length < calls * PER_CALL) break;
  }
  return taken;
}

/** Converts a received message to the form in which Lambda delivers messages. */
const recordOf = (message: Message, url: string): SQSRecord => ({
  messageId: message.MessageId ?? '',
  receiptHandle: message.ReceiptHandle ?? '',
  body: message.Body ?? '',
  attributes: {
    ApproximateReceiveCount: message.Attributes?.ApproximateReceiveCount ?? '1',
    SentTimestamp: message.Attributes?.SentTimestamp ?? '0',
    SenderId: message.Attributes?.SenderId ?? '',
    ApproximateFirstReceiveTimestamp: message.Attributes?.ApproximateFirstReceiveTimestamp ?? '0',
  },
  messageAttributes: Object.fromEntries(
    Object.entries(message.MessageAttributes ?? {}).map(([name, { StringValue, DataType = 'String' }]) => [
      name,
      { dataType: DataType, ...(StringValue !== undefined && { stringValue: StringValue }) },
    ]),
  ),
  md5OfBody: message.MD5OfBody ?? '',
  eventSource: 'aws:sqs',
  eventSourceARN: url,
  awsRegion: '',
});

/** Deletes processed messages. One that cannot be deleted returns, and causes a reconcile that finds nothing to do. */
async function remove({ sqs, url }: ReconcileQueue, messages: readonly SQSRecord[]): Promise<void> {
  await Promise.allSettled(
    chunks(messages, PER_CALL).map((batch) => {
      const Entries = batch.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
      return sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
    }),
  );
}

/** Makes messages visible again soon. If SQS refuses, they return when their visibility timeout has passed. */
async function comeAgain({ sqs, url }: ReconcileQueue, messages: readonly SQSRecord[]): Promise<void> {
  const longest = url.endsWith('.fifo') ? LONGEST_FIFO : LONGEST;
  await Promise.allSettled(
    chunks(messages, PER_CALL).map((batch) =>
      sqs.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: url,
          Entries: batch.map(({ receiptHandle, attributes }, index) => ({
            Id: String(index),
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: comesAgainAfter(Number(attributes.ApproximateReceiveCount), longest),
          })),
        }),
      ),
    ),
  );
}

/** Seconds until a message returns, by how often it has been received. */
export const comesAgainAfter = (receives: number, longest: number): number =>
  Math.min(longest, SOONEST * 2 ** Math.max(0, receives - 1));
