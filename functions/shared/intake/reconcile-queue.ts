import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { chunks } from '../runtime/chunks.ts';
import type { Wake } from './wake.ts';

/**
 * The only message group of a FIFO queue, which delivers one batch of a group at a time, so that invocations never
 * overlap. For upgrades this makes one writer per account and region, which counts every limit. Even if a batch is
 * delivered twice, conditional writes in the ledger keep the limits.
 */
export const MESSAGE_GROUP = 'all';

/** SendMessageBatch takes at most ten messages. */
const MESSAGES_PER_CALL = 10;

/**
 * Longest chain of invocations by this queue. Lambda counts how often one event has led to a function by SQS, SNS, S3
 * or Lambda, and stops after about 16 times (Lambda developer guide, "Use Lambda recursive loop detection to prevent
 * infinite loops"). How it counts a batch with messages of several chains is undocumented, so the longest chain counts
 * for all, and ends well before that.
 */
export const MOST_HOPS = 10;

/** The message attribute with the number of chained invocations that led to a message. */
export const HOP = 'hop';

/**
 * Requests with at least this delay go through EventBridge Scheduler, ms: its precision is sufficient then, and the
 * chain of invocations starts anew.
 */
const BY_SCHEDULE = 60_000;

/** The place of an invocation in a chain in which each invocation requests the next one. */
export interface Chain {
  readonly hop: number;
  readonly wake: Wake;
  /** Epoch milliseconds. */
  now(): number;
}

export interface ReconcileQueue {
  readonly sqs: SQSClient;
  readonly url: string;
  /**
   * The chain of a function that sends requests to itself. A request that is due late, or far along in the chain, goes
   * through a schedule instead.
   */
  readonly chain?: Chain;
}

/** A message to be sent. */
export interface Outgoing {
  readonly request: object;
  /**
   * Seconds until delivery, at most 900. A FIFO queue delays all messages alike, so there only delays from a minute on
   * count.
   */
  readonly delaySeconds?: number;
}

/**
 * Sends requests to the queues of several functions. A queue that takes nothing keeps no other function from being asked.
 *
 * @throws AggregateError where a queue did not accept every message, after all others
 */
export async function sendToEach(
  sendings: ReadonlyArray<readonly [ReconcileQueue, readonly Outgoing[]]>,
): Promise<void> {
  const troubles: unknown[] = [];
  for (const [queue, outgoing] of sendings) {
    await sendRequests(queue, outgoing).catch((error: unknown) => void troubles.push(error));
  }
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not every queue took its requests.');
}

/**
 * Sends requests to a queue, to a FIFO queue in order. A FIFO queue deduplicates by content for five minutes, so a
 * retry after a lost reply adds nothing. In a standard queue it adds a reconcile that finds nothing to do.
 *
 * @throws Error when SQS did not accept every message
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
