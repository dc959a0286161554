import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { UpgradeHint } from '../../events/upgrade-hint.ts';

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
export async function sendHints({ sqs, url }: HintQueue, hints: readonly UpgradeHint[]): Promise<void> {
  for (let start = 0; start < hints.length; start += MESSAGES_PER_CALL) {
    const Entries = hints.slice(start, start + MESSAGES_PER_CALL).map((hint, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify(hint),
      MessageGroupId: UPGRADE_MESSAGE_GROUP,
    }));
    const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    if (Failed.length > 0) {
      const codes = Failed.map(({ Code }) => Code).join(', ');
      throw new Error(`SQS did not take ${Failed.length} of ${Entries.length} hints: ${codes}`);
    }
  }
}
