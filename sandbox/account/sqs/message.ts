import { createHash, hash } from 'node:crypto';
import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { Cancel } from '../../time/virtual-time.ts';
import { AwsError } from '../../wire/aws-error.ts';

export type MessageAttributes = Readonly<Record<string, MessageAttributeValue>>;

/** A message as a sender passes it to a queue. */
export interface NewMessage {
  readonly body: string;
  readonly attributes?: MessageAttributes;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  /** The sender's trace header, which SQS keeps with the message. */
  readonly traceHeader?: string;
  /** Overrides the queue's own delay. */
  readonly delaySeconds?: number;
}

/** A message in a queue. Times are epoch milliseconds. */
export interface Message {
  readonly id: string;
  /** Number of the copy, with the fault `duplicateMessages`. */
  readonly copy: number;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly groupId?: string;
  readonly deduplicationId?: string;
  readonly sequenceNumber?: string;
  readonly traceHeader?: string;
  readonly sentAt: number;
  /** The queue it came from, for a message in a dead-letter queue. */
  readonly deadLetterSourceArn?: string;
  /** From then on it can be received. */
  visibleAt: number;
  firstReceivedAt?: number;
  receiveCount: number;
  /** The handle of the latest receive. */
  receiptHandle?: string;
  /** Cancels the scheduled notification that it becomes visible. */
  cancelNotice?: Cancel;
}

export const md5 = (text: string): string => hash('md5', text);

/**
 * The checksum of a message's attributes, which SDKs may verify.
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const sum = createHash('md5');
  const addPart = (part: string | Uint8Array): void => {
    const bytes = Buffer.from(part);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    sum.update(length).update(bytes);
  };
  for (const name of names) {
    const { DataType = '', StringValue, BinaryValue } = attributes[name] ?? {};
    addPart(name);
    addPart(DataType);
    sum.update(Buffer.from([BinaryValue === undefined ? 1 : 2]));
    addPart(BinaryValue ?? StringValue ?? '');
  }
  return sum.digest('hex');
}

/** Bytes that count towards the size limit: the body, and each attribute's name, type and value. */
export function sizeOf(message: NewMessage): number {
  let bytes = Buffer.byteLength(message.body);
  for (const [name, { DataType = '', StringValue = '', BinaryValue }] of Object.entries(message.attributes ?? {})) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(DataType);
    bytes += BinaryValue?.byteLength ?? Buffer.byteLength(StringValue);
  }
  return bytes;
}

/** Characters that SQS never accepts. Source: SQS API reference, SendMessage. */
const NOT_OF_XML = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/**
 * Rejects a message that no queue accepts.
 *
 * @param most bytes, by the queue's `MaximumMessageSize`
 * @throws AwsError as SQS names the fault
 */
export function refuseMessage(message: NewMessage, most: number): void {
  if (message.body === '')
    throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (sizeOf(message) > most) {
    throw new AwsError(
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${most} bytes.`,
    );
  }
  // The reference says both that other characters are refused, and that they are replaced. This is the stricter of the
  // two.
  const texts = [message.body, ...Object.values(message.attributes ?? {}).map(({ StringValue = '' }) => StringValue)];
  if (texts.some((text) => NOT_OF_XML.test(text))) {
    throw new AwsError(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are those of XML.',
    );
  }
  const { delaySeconds = 0 } = message;
  if (!Number.isInteger(delaySeconds) || delaySeconds < 0 || delaySeconds > 900) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ${delaySeconds} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.`,
    );
  }
}
