import { hash } from 'node:crypto';
import { AwsError } from '../../wire/aws-error.ts';
import type { Message, NewMessage } from './message.ts';

const DEDUPLICATION_MS = 5 * 60_000;

/** The first message, which is the response to a repeated send within five minutes. */
export interface Accepted {
  readonly id: string;
  readonly sequenceNumber: string;
}

/** The ordering and deduplication of a FIFO queue. */
export class FifoOrder {
  readonly #contentBased: boolean;
  readonly #accepted = new Map<string, Accepted & { readonly at: number }>();
  #sequence = 0n;

  constructor(contentBasedDeduplication: boolean) {
    this.#contentBased = contentBasedDeduplication;
  }

  /**
   * The deduplication id of `message`.
   * @throws AwsError when it has none, or no group
   */
  deduplicationIdOf(message: NewMessage): string {
    if (message.groupId === undefined || message.groupId === '') {
      throw new AwsError('MissingParameter', 'The request must contain the parameter MessageGroupId.');
    }
    if (message.delaySeconds !== undefined) {
      throw new AwsError(
        'InvalidParameterValue',
        `Value ${message.delaySeconds} for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.`,
      );
    }
    if (message.deduplicationId !== undefined) return message.deduplicationId;
    if (this.#contentBased) return hash('sha256', message.body);
    throw new AwsError(
      'InvalidParameterValue',
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }

  /** The earlier message with this id within the deduplication interval, if any. */
  repeated(deduplicationId: string, now: number): Accepted | undefined {
    const earlier = this.#accepted.get(deduplicationId);
    return earlier !== undefined && now - earlier.at < DEDUPLICATION_MS ? earlier : undefined;
  }

  /** Registers a new message, and returns its sequence number. */
  accept(deduplicationId: string, id: string, now: number): string {
    for (const [known, { at }] of this.#accepted) {
      if (now - at < DEDUPLICATION_MS) break;
      this.#accepted.delete(known);
    }
    this.#sequence += 256n;
    const sequenceNumber = (18_850_000_000_000_000_000n + this.#sequence).toString();
    // Deleted first, so that the map stays ordered by time.
    this.#accepted.delete(deduplicationId);
    this.#accepted.set(deduplicationId, { id, sequenceNumber, at: now });
    return sequenceNumber;
  }
}

/**
 * The messages of a FIFO queue that can be received now: none of a group with a message in flight, and in each group
 * none behind one that is not visible yet.
 */
export function deliverableInOrder(messages: readonly Message[], now: number): Message[] {
  const blocked = new Set<string | undefined>();
  for (const message of messages) {
    if (message.receiveCount > 0 && message.visibleAt > now) blocked.add(message.groupId);
  }
  const deliverable: Message[] = [];
  for (const message of messages) {
    if (blocked.has(message.groupId)) continue;
    if (message.visibleAt > now) blocked.add(message.groupId);
    else deliverable.push(message);
  }
  return deliverable;
}
