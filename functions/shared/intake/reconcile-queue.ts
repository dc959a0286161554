import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, type SQSClient } from '@aws-sdk/client-sqs';
import { chunks } from '../runtime/chunks.ts';

/**
 * The one message group of the upgrade queue. A FIFO queue hands out one batch of a group at a time: so an account and
 * region has one writer, reconciles never overlap, and every limit is counted by one hand. Conditional writes in the ledger
 * keep the limits even where a batch is delivered twice.
 */
export const UPGRADE_MESSAGE_GROUP = 'upgrades';

/** SendMessageBatch takes at most ten messages. */
const MESSAGES_PER_CALL = 10;

export interface ReconcileQueue {
  readonly sqs: SQSClient;
  readonly url: string;
}

/**
 * Puts reconcile requests into the upgrade queue, in order. The queue deduplicates by content for five minutes, so that a repetition
 * after a lost reply adds nothing.
 *
 * @throws Error when SQS did not take every message
 */
export const sendReconcileRequests = (queue: ReconcileQueue, requests: readonly object[]): Promise<void> =>
  sendAll(
    queue,
    requests.map((request) => ({ MessageBody: JSON.stringify(request), MessageGroupId: UPGRADE_MESSAGE_GROUP })),
  );

export interface DelayedRequest {
  readonly request: object;
  /** At most 900. */
  readonly delaySeconds: number;
}

/**
 * Puts reconcile requests into a standard queue, each to be delivered later. A repetition after a lost reply adds a reconcile that finds
 * nothing to do.
 *
 * @throws Error when SQS did not take every message
 */
export const sendDelayedRequests = (queue: ReconcileQueue, requests: readonly DelayedRequest[]): Promise<void> =>
  sendAll(
    queue,
    requests.map(({ request, delaySeconds }) => ({ MessageBody: JSON.stringify(request), DelaySeconds: delaySeconds })),
  );

async function sendAll(
  { sqs, url }: ReconcileQueue,
  messages: ReadonlyArray<Omit<SendMessageBatchRequestEntry, 'Id'>>,
): Promise<void> {
  for (const batch of chunks(messages, MESSAGES_PER_CALL)) {
    const Entries = batch.map((message, index) => ({ Id: String(index), ...message }));
    const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    if (Failed.length > 0) {
      const codes = Failed.map(({ Code }) => Code).join(', ');
      throw new Error(`SQS did not take ${Failed.length} of ${Entries.length} requests: ${codes}`);
    }
  }
}
