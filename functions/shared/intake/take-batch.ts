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
  /** Wakes the function for what it is to do again later; absent: the function asks nothing of itself. */
  readonly wake?: Wake;
  /**
   * How many messages one invocation takes at most. Lambda hands over ten without a batching window, and any window
   * costs the first event up to 20 s: so the function itself takes more where a full batch tells of a storm.
   */
  readonly most?: number;
}

/** All batches of SQS have at most ten entries. */
const PER_CALL = 10;
/** How many receiving calls run side by side. */
const RECEIVERS = 4;

/** Seconds until what failed for the first time comes again; each time it takes twice as long. */
const SOONEST = 10;
/** A FIFO queue holds everything up meanwhile. */
const LONGEST_FIFO = 50;
const LONGEST = 15 * 60;

/**
 * Works on a batch of messages, and has them come again soon when that fails. Without it a message stays invisible for
 * the queue's whole visibility timeout, a multiple of the function's time limit; and a FIFO queue hands out nothing else
 * of its group until then. Only where the function dies or hangs that timeout has to pass.
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

/** The longest chain of invocations by this queue that a message of the batch is the end of. */
const hopOf = (messages: readonly SQSRecord[]): number =>
  Math.max(0, ...messages.map(({ messageAttributes }) => Number(messageAttributes?.[HOP]?.stringValue ?? 0) || 0));

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
    const answers = await Promise.all(Array.from({ length: calls }, () => sqs.send(command)));
    const received = answers.flatMap(({ Messages = [] }) => Messages.map((message) => recordOf(message, url)));
    taken.push(...received);
    if (received.length < calls * PER_CALL) break;
  }
  return taken;
}

/** The message in the shape in which Lambda hands messages over. */
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

/** What could not be deleted comes again: a reconcile that finds nothing to do. */
async function remove({ sqs, url }: ReconcileQueue, messages: readonly SQSRecord[]): Promise<void> {
  for (const batch of chunks(messages, PER_CALL)) {
    const Entries = batch.map(({ receiptHandle }, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
  }
}

/** Where SQS does not take it, the messages come again when their visibility timeout has passed. */
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

/** Seconds until a message comes again that has been received so many times. */
export const comesAgainAfter = (receives: number, longest: number): number =>
  Math.min(longest, SOONEST * 2 ** Math.max(0, receives - 1));
