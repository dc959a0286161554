import type { ReceiveMessageCommandInput, Message as WireMessage } from '@aws-sdk/client-sqs';
import { AwsError } from '../../wire/aws-error.ts';
import { type Message, type MessageAttributes, md5, md5OfAttributes, type NewMessage } from './message.ts';

/** The members of a send, alone or in a batch, as the queue takes them. */
export interface SendMembers {
  readonly MessageBody: string | undefined;
  readonly DelaySeconds?: number | undefined;
  readonly MessageAttributes?: MessageAttributes | undefined;
  readonly MessageDeduplicationId?: string | undefined;
  readonly MessageGroupId?: string | undefined;
}

export function newMessage(members: SendMembers, traceHeader?: string): NewMessage {
  const { MessageBody, DelaySeconds, MessageAttributes, MessageDeduplicationId, MessageGroupId } = members;
  for (const [name, { DataType }] of Object.entries(MessageAttributes ?? {})) {
    if (!/^(String|Number|Binary)(\.|$)/.test(DataType ?? '')) {
      throw new AwsError('InvalidParameterValue', `The type of message (user) attribute '${name}' is invalid.`);
    }
  }
  return {
    body: MessageBody ?? '',
    ...(DelaySeconds === undefined ? {} : { delaySeconds: DelaySeconds }),
    ...(MessageAttributes === undefined ? {} : { attributes: MessageAttributes }),
    ...(MessageDeduplicationId === undefined ? {} : { deduplicationId: MessageDeduplicationId }),
    ...(MessageGroupId === undefined ? {} : { groupId: MessageGroupId }),
    ...(traceHeader === undefined ? {} : { traceHeader }),
  };
}

export const checksums = ({ MessageBody = '', MessageAttributes = {} }: SendMembers) => ({
  MD5OfMessageBody: md5(MessageBody),
  MD5OfMessageAttributes: md5OfAttributes(MessageAttributes),
});

/** @throws AwsError unless the visibility timeout is between 0 seconds and 12 hours */
export function checkedVisibility(seconds: number | undefined): number | undefined {
  if (seconds !== undefined && !(Number.isInteger(seconds) && seconds >= 0 && seconds <= 43_200)) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ${seconds} for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200, if provided.`,
    );
  }
  return seconds;
}

/** The system attributes that a received message may have. */
export function systemAttributes(message: Message): Record<string, string> {
  return {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAt),
    ...(message.deadLetterSourceArn !== undefined && { DeadLetterQueueSourceArn: message.deadLetterSourceArn }),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? message.sentAt),
    ...(message.groupId === undefined ? {} : { MessageGroupId: message.groupId }),
    ...(message.deduplicationId === undefined ? {} : { MessageDeduplicationId: message.deduplicationId }),
    ...(message.sequenceNumber === undefined ? {} : { SequenceNumber: message.sequenceNumber }),
    ...(message.traceHeader === undefined ? {} : { AWSTraceHeader: message.traceHeader }),
  };
}

/** The message as `ReceiveMessage` returns it, with only the requested attributes. */
export function wireMessage(message: Message, wanted: ReceiveMessageCommandInput): WireMessage {
  const system = [...(wanted.AttributeNames ?? []), ...(wanted.MessageSystemAttributeNames ?? [])];
  const shown = Object.entries(systemAttributes(message)).filter(([name]) =>
    system.some((one) => one === 'All' || one === name),
  );
  const own = Object.entries(message.attributes).filter(([name]) =>
    (wanted.MessageAttributeNames ?? []).some(
      (one) =>
        one === 'All' || one === '.*' || one === name || (one.endsWith('.*') && name.startsWith(one.slice(0, -2))),
    ),
  );
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(shown.length === 0 ? {} : { Attributes: Object.fromEntries(shown) }),
    ...(own.length === 0
      ? {}
      : {
          MessageAttributes: Object.fromEntries(own),
          MD5OfMessageAttributes: md5OfAttributes(Object.fromEntries(own)),
        }),
  };
}
