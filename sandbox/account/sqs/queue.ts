import type { Random } from '../../time/random.ts';
import type { VirtualTime } from '../../time/virtual-time.ts';
import { AwsError } from '../../wire/aws-error.ts';
import type { Faults } from '../faults.ts';
import { deliverableInOrder, FifoOrder } from './fifo.ts';
import { type Message, type NewMessage, refuseMessage } from './message.ts';
import type { QueueSettings } from './queue-settings.ts';

/** The parts of the account that a queue needs. */
export interface QueueSurroundings {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly faults: Faults;
  readonly deadLetterQueue: (arn: string) => Queue;
}

export interface MessageCounts {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

/** One SQS queue, standard or FIFO. */
export class Queue {
  readonly name: string;
  readonly arn: string;
  readonly settings: QueueSettings;
  readonly createdAt: number;
  readonly #around: QueueSurroundings;
  readonly #fifo: FifoOrder | undefined;
  readonly #listeners: Array<() => void> = [];
  readonly #watchers: Array<() => void> = [];
  #messages: Message[] = [];

  constructor(name: string, arn: string, settings: QueueSettings, around: QueueSurroundings) {
    this.name = name;
    this.arn = arn;
    this.settings = settings;
    this.createdAt = around.time.now;
    this.#around = around;
    this.#fifo = settings.fifo ? new FifoOrder(settings.contentBasedDeduplication) : undefined;
  }

  /** Calls `listener` whenever messages may have become receivable. */
  onAvailable(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Calls `listener` whenever a message was added, removed, or became visible or invisible. */
  onChange(listener: () => void): void {
    this.#watchers.push(listener);
  }

  /** @throws AwsError for a message that the queue does not accept */
  send(message: NewMessage): { readonly id: string; readonly sequenceNumber?: string } {
    refuseMessage(message, this.settings.maximumMessageBytes);
    const now = this.#around.time.now;
    const deduplicationId = this.#fifo?.deduplicationIdOf(message);
    if (deduplicationId !== undefined) {
      const earlier = this.#fifo?.repeated(deduplicationId, now);
      if (earlier !== undefined) return { id: earlier.id, sequenceNumber: earlier.sequenceNumber };
    }
    const id = this.#around.random.uuid();
    const sequenceNumber = deduplicationId === undefined ? undefined : this.#fifo?.accept(deduplicationId, id, now);
    const delayMs = (message.delaySeconds ?? this.settings.delaySeconds) * 1_000;
    for (let copy = 0; copy < this.#around.faults.messageCopies; copy++) {
      this.#add({
        id,
        copy,
        body: message.body,
        attributes: message.attributes ?? {},
        sentAt: now,
        visibleAt: now + delayMs + this.#around.faults.extraDeliveryDelayMs(),
        receiveCount: 0,
        ...(message.groupId === undefined ? {} : { groupId: message.groupId }),
        ...(deduplicationId === undefined ? {} : { deduplicationId }),
        ...(sequenceNumber === undefined ? {} : { sequenceNumber }),
        ...(message.traceHeader === undefined ? {} : { traceHeader: message.traceHeader }),
      });
    }
    return sequenceNumber === undefined ? { id } : { id, sequenceNumber };
  }

  /** Receives up to `most` messages, which stay invisible to others for the visibility timeout (seconds). */
  receive(most: number, visibilityTimeoutSeconds = this.settings.visibilityTimeoutSeconds): Message[] {
    const now = this.#around.time.now;
    this.#dropExpired();
    this.#redrive();
    const received = this.#deliverable().slice(0, most);
    for (const message of received) {
      message.receiveCount++;
      message.firstReceivedAt ??= now;
      message.receiptHandle = Buffer.from(
        [this.name, message.id, message.copy, message.receiveCount].join(' '),
      ).toString('base64');
      this.#hide(message, now + visibilityTimeoutSeconds * 1_000);
    }
    return received;
  }

  /** Deletes a message by its latest receipt handle. An older handle has no effect, which SQS permits. */
  delete(receiptHandle: string): void {
    const message = this.#find(receiptHandle);
    if (message === undefined) return;
    this.#remove(message);
    // Messages of the group may have waited for it.
    if (this.#fifo !== undefined) this.#notify();
  }

  /** @throws AwsError when the message is not in flight */
  changeVisibility(receiptHandle: string, seconds: number): void {
    const message = this.#find(receiptHandle);
    const now = this.#around.time.now;
    if (message === undefined || message.visibleAt <= now) {
      throw new AwsError('MessageNotInflight', 'The message referred to is not in flight.');
    }
    this.#hide(message, now + seconds * 1_000);
  }

  purge(): void {
    for (const message of [...this.#messages]) this.#remove(message);
  }

  counts(): MessageCounts {
    this.#dropExpired();
    const now = this.#around.time.now;
    const hidden = this.#messages.filter((message) => message.visibleAt > now);
    const inFlight = hidden.filter((message) => message.receiveCount > 0).length;
    return { visible: this.#messages.length - hidden.length, inFlight, delayed: hidden.length - inFlight };
  }

  /**
   * When the oldest message was sent that waits or is being processed (epoch milliseconds); undefined: there is none.
   */
  get oldestSentAt(): number | undefined {
    const now = this.#around.time.now;
    const waiting = this.#messages.filter(({ visibleAt, receiveCount }) => visibleAt <= now || receiveCount > 0);
    return waiting.length === 0 ? undefined : Math.min(...waiting.map(({ sentAt }) => sentAt));
  }

  /** How many messages can be received now. */
  get available(): number {
    return this.#deliverable().length;
  }

  #deliverable(): Message[] {
    const now = this.#around.time.now;
    if (this.#fifo !== undefined) return deliverableInOrder(this.#messages, now);
    return this.#messages.filter((message) => message.visibleAt <= now);
  }

  /** The next waiting message, for a task that moves messages; undefined: there is none. */
  get next(): Message | undefined {
    return this.#deliverable()[0];
  }

  /** Removes a message from the queue. */
  take(message: Message): void {
    this.#remove(message);
  }

  /**
   * Moves messages that were received too often to the dead-letter queue, at the time when they would be received
   * again, like SQS.
   */
  #redrive(): void {
    const { redrive } = this.settings;
    if (redrive === undefined) return;
    const tooOften = this.#deliverable().filter(({ receiveCount }) => receiveCount >= redrive.maxReceiveCount);
    for (const message of tooOften) {
      this.#remove(message);
      this.#around.deadLetterQueue(redrive.deadLetterTargetArn).#bury({ ...message, deadLetterSourceArn: this.arn });
    }
  }

  /**
   * In a standard queue the message keeps the time at which it was first sent; in a FIFO queue the time starts anew.
   */
  #bury(message: Message): void {
    const { receiptHandle: _handle, firstReceivedAt: _first, cancelNotice: _cancel, ...rest } = message;
    const now = this.#around.time.now;
    this.#add({ ...rest, sentAt: this.settings.fifo ? now : message.sentAt, visibleAt: now, receiveCount: 0 });
  }

  #add(message: Message): void {
    this.#messages.push(message);
    if (message.visibleAt > this.#around.time.now) this.#hide(message, message.visibleAt);
    else this.#notify();
    this.#changed();
  }

  #hide(message: Message, until: number): void {
    message.visibleAt = until;
    message.cancelNotice?.();
    message.cancelNotice = this.#around.time.at(until, () => {
      this.#notify();
      this.#changed();
    });
    this.#changed();
  }

  #remove(message: Message): void {
    message.cancelNotice?.();
    this.#messages = this.#messages.filter((other) => other !== message);
    this.#changed();
  }

  #dropExpired(): void {
    const oldest = this.#around.time.now - this.settings.retentionSeconds * 1_000;
    for (const message of this.#messages.filter(({ sentAt }) => sentAt <= oldest)) this.#remove(message);
  }

  #find(receiptHandle: string): Message | undefined {
    const [queue] = Buffer.from(receiptHandle, 'base64').toString().split(' ');
    if (queue !== this.name) {
      throw new AwsError(
        'ReceiptHandleIsInvalid',
        `The input receipt handle "${receiptHandle}" is not a valid receipt handle.`,
      );
    }
    return this.#messages.find((message) => message.receiptHandle === receiptHandle);
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  #changed(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
