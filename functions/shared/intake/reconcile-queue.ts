import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { chunks } from '../runtime/chunks.ts';
import type { Wake } from './wake.ts';

/**
 * The one message group of a FIFO queue, which hands out one batch of a group at a time. For upgrades that means one writer
 * in an account and region: reconciles never overlap, and every limit is counted by one hand. Conditional writes in the
 * ledger keep the limits even where a batch is delivered twice. For the rest it means one invocation at a time.
 */
export const MESSAGE_GROUP = 'all';

/** SendMessageBatch takes at most ten messages. */
const MESSAGES_PER_CALL = 10;

/**
 * Lambda counts how often one event has led to a function by SQS, SNS, S3 or Lambda, and stops after about 16 times
 * (Lambda developer guide, "Use Lambda recursive loop detection to prevent infinite loops"). How it counts a batch of
 * messages from several chains is not said: so the longest one counts for all, and a chain ends well before.
 */
export const MOST_HOPS = 10;

/** The message attribute with the number of invocations that have led to a message by its queue. */
export const HOP = 'hop';

/** A request that is due so late goes by EventBridge Scheduler, ms: it is precise enough then, and nobody counts its hops. */
const BY_SCHEDULE = 60_000;

/** Where an invocation stands in a chain of invocations of which each asks for the next one. */
export interface Chain {
  readonly hop: number;
  readonly wake: Wake;
  /** Epoch milliseconds. */
  now(): number;
}

export interface ReconcileQueue {
  readonly sqs: SQSClient;
  readonly url: string;
  /** The chain of a function that asks itself: a request that is late, or far along in the chain, goes by a schedule instead. */
  readonly chain?: Chain;
}

/** One message that is to be sent. */
export interface Outgoing {
  readonly request: object;
  /** Seconds until it is delivered, at most 900. A FIFO queue delays all its messages alike, so there it counts from a minute on. */
  readonly delaySeconds?: number;
}

/**
 * Puts requests into a queue, into a FIFO one in order. A FIFO queue deduplicates by content for five minutes, so that a
 * repetition after a lost reply adds nothing; elsewhere it adds a reconcile that finds nothing to do.
 *
 * @throws Error when SQS did not take every message
 */
export async function sendRequests({ sqs, url, chain }: ReconcileQueue, outgoing: readonly Outgoing[]): Promise<void> {
  const isFifo = url.endsWith('.fifo');
  const isLate = ({ delaySeconds = 0 }: Outgoing) => delaySeconds * 1000 >= BY_SCHEDULE;
  const goesByQueue = (each: Outgoing) => chain === undefined || (chain.hop < MOST_HOPS && !isLate(each));
  for (const each of outgoing) {
    if (chain === undefined || goesByQueue(each)) continue;
    const at = chain.now() + Math.max(BY_SCHEDULE, (each.delaySeconds ?? 0) * 1000);
    await chain.wake(JSON.stringify(each.request), at, each.request);
  }
  const hop = chain && { [HOP]: { DataType: 'Number', StringValue: String(chain.hop + 1) } };
  for (const batch of chunks(outgoing.filter(goesByQueue), MESSAGES_PER_CALL)) {
    const Entries = batch.map(({ request, delaySeconds = 0 }, index) => ({
      Id: String(index),
      MessageBody: JSON.stringify(request),
      ...(isFifo ? { MessageGroupId: MESSAGE_GROUP } : { DelaySeconds: delaySeconds }),
      ...(hop && { MessageAttributes: hop }),
    }));
    const { Failed = [] } = await sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
    if (Failed.length > 0) {
      const codes = Failed.map(({ Code }) => Code).join(', ');
      throw new Error(`SQS did not take ${Failed.length} of ${Entries.length} requests: ${codes}`);
    }
  }
}
