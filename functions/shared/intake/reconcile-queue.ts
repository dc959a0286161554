import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, type SQSClient } from '@aws-sdk/client-sqs';
import { chunks } from '../runtime/chunks.ts';

/**
 * The one message group of the upgrade queue. A FIFO queue hands out one batch of a group at a time: so an account and
 * region has one writer, looks never overlap, and every limit is counted by one hand. Conditional writes in the ledger
 * keep the limits even where a batch is delivered twice.
 */
export const UPGRADE_MESSAGE_GROUP = 'upgrades';

/** SendMessageBatch takes at most ten messages. */
const MESSAGES_PER_CALL = 10;

export interface HintQueue {
  readonly sqs: SQSClient;
  readonly url: string;
}

/**
 * Puts hints into the upgrade queue, in order. The queue deduplicates by content for five minutes, so that a repetition
 * after a lost reply adds nothing.
 *
 * @throws Error when SQS did not take every message
 */
export const sendHints = (queue: HintQueue, hints: readonly object[]): Promise<void> =>
  sendAll(
    queue,
    hints.map((hint) => ({ MessageBody: JSON.stringify(hint), MessageGroupId: UPGRADE_MESSAGE_GROUP })),
  );

export interface DelayedHint {
  readonly hint: object;
  /** At most 900. */
  readonly delaySeconds: number;
}

/**
 * Puts hints into a standard queue, each to be delivered later. A repetition after a lost reply adds a look that finds
 * nothing to do.
 *
 * @throws Error when SQS did not take every message
 */
export const sendDelayedHints = (queue: HintQueue, hints: readonly DelayedHint[]): Promise<void> =>
  sendAll(
    queue,
    hints.map(({ hint, delaySeconds }) => ({ MessageBody: JSON.stringify(hint), DelaySeconds: delaySeconds })),
  );

async function sendAll(
  { sqs, url }: HintQueue,
  messages: ReadonlyArray<Omit<SendMessageBatchRequestEntry, 'Id'>>,
): Promise<void> {
  for (const batch of chunks(messages, MESSAGES_PER_CALL)) {
    const Entries = batch.map((message, index) => ({ Id: String(index), ...message }));
    const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    if (Failed.length > 0) {
      const codes = Failed.map(({ Code }) => Code).join(', ');
      throw new Error(`SQS did not take ${Failed.length} of ${Entries.length} hints: ${codes}`);
    }
  }
}
