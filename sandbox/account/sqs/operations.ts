import {
  ChangeMessageVisibility$,
  type ChangeMessageVisibilityCommandInput,
  type ChangeMessageVisibilityCommandOutput,
  DeleteMessage$,
  type DeleteMessageCommandInput,
  type DeleteMessageCommandOutput,
  GetQueueAttributes$,
  type GetQueueAttributesCommandInput,
  type GetQueueAttributesCommandOutput,
  GetQueueUrl$,
  type GetQueueUrlCommandInput,
  type GetQueueUrlCommandOutput,
  ListQueues$,
  type ListQueuesCommandInput,
  type ListQueuesCommandOutput,
  PurgeQueue$,
  type PurgeQueueCommandInput,
  type PurgeQueueCommandOutput,
  QueueAttributeName,
  ReceiveMessage$,
  type ReceiveMessageCommandInput,
  type ReceiveMessageCommandOutput,
  SendMessage$,
  type SendMessageCommandInput,
  type SendMessageCommandOutput,
} from '@aws-sdk/client-sqs';
import { AwsError } from '../../wire/aws-error.ts';
import { operation, type Permission, type Service } from '../service.ts';
import type { World } from '../world.ts';
import { batchOperations } from './batches.ts';
import { moveOperations } from './moves.ts';
import type { Sqs } from './sqs.ts';
import { checkedVisibility, checksums, newMessage, wireMessage } from './wire.ts';

/** Amazon SQS, as clients call it. */
export const sqsService = (world: World, sqs: Sqs): Service => ({
  signingName: 'sqs',
  queryCompatible: true,
  iamPrefix: 'sqs',
  protocol: 'json-1.0',
  operations: sqsOperations(world, sqs),
});

/** The operations of Amazon SQS. */
function sqsOperations(world: World, sqs: Sqs): Service['operations'] {
  const on =
    (action: string) =>
    ({ QueueUrl }: { readonly QueueUrl: string | undefined }): Permission[] => [
      { action: `sqs:${action}`, resource: sqs.arnOf(QueueUrl?.split('/').at(-1) ?? '') },
    ];
  return {
    ...batchOperations(sqs, on),
    ...moveOperations(world, sqs),
    SendMessage: operation<SendMessageCommandInput, SendMessageCommandOutput>(
      SendMessage$,
      ['QueueUrl', 'MessageBody', 'DelaySeconds', 'MessageAttributes', 'MessageDeduplicationId', 'MessageGroupId'],
      (input, { traceHeader }) => {
        const sent = sqs.byUrl(input.QueueUrl).send(newMessage(input, traceHeader));
        return { MessageId: sent.id, SequenceNumber: sent.sequenceNumber, ...checksums(input) };
      },
      on('SendMessage'),
    ),
    ReceiveMessage: operation<ReceiveMessageCommandInput, ReceiveMessageCommandOutput>(
      ReceiveMessage$,
      // A long poll is answered at once: waiting only saves empty responses, and virtual time cannot pass inside a
      // call.
      [
        'QueueUrl',
        'AttributeNames',
        'MessageSystemAttributeNames',
        'MessageAttributeNames',
        'MaxNumberOfMessages',
        'VisibilityTimeout',
        'WaitTimeSeconds',
      ],
      (input) => {
        const most = input.MaxNumberOfMessages ?? 1;
        if (most < 1 || most > 10) {
          throw new AwsError(
            'InvalidParameterValue',
            `Value ${most} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.`,
          );
        }
        const queue = sqs.byUrl(input.QueueUrl);
        const received = queue.receive(most, checkedVisibility(input.VisibilityTimeout));
        return received.length === 0 ? {} : { Messages: received.map((message) => wireMessage(message, input)) };
      },
      on('ReceiveMessage'),
    ),
    DeleteMessage: operation<DeleteMessageCommandInput, DeleteMessageCommandOutput>(
      DeleteMessage$,
      ['QueueUrl', 'ReceiptHandle'],
      (input) => {
        sqs.byUrl(input.QueueUrl).delete(input.ReceiptHandle ?? '');
        return {};
      },
      on('DeleteMessage'),
    ),
    ChangeMessageVisibility: operation<ChangeMessageVisibilityCommandInput, ChangeMessageVisibilityCommandOutput>(
      ChangeMessageVisibility$,
      ['QueueUrl', 'ReceiptHandle', 'VisibilityTimeout'],
      (input) => {
        const seconds = checkedVisibility(input.VisibilityTimeout) ?? 0;
        sqs.byUrl(input.QueueUrl).changeVisibility(input.ReceiptHandle ?? '', seconds);
        return {};
      },
      on('ChangeMessageVisibility'),
    ),
    PurgeQueue: operation<PurgeQueueCommandInput, PurgeQueueCommandOutput>(
      PurgeQueue$,
      ['QueueUrl'],
      (input) => {
        sqs.byUrl(input.QueueUrl).purge();
        return {};
      },
      on('PurgeQueue'),
    ),
    GetQueueUrl: operation<GetQueueUrlCommandInput, GetQueueUrlCommandOutput>(
      GetQueueUrl$,
      ['QueueName'],
      (input) => ({ QueueUrl: sqs.urlOf(sqs.byName(input.QueueName ?? '').name) }),
      (input) => [{ action: 'sqs:GetQueueUrl', resource: sqs.arnOf(input.QueueName ?? '') }],
    ),
    GetQueueAttributes: operation<GetQueueAttributesCommandInput, GetQueueAttributesCommandOutput>(
      GetQueueAttributes$,
      ['QueueUrl', 'AttributeNames'],
      (input) => {
        const queue = sqs.byUrl(input.QueueUrl);
        const wanted = input.AttributeNames ?? [];
        for (const name of wanted) {
          if (!Object.hasOwn(QueueAttributeName, name)) {
            throw new AwsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
          }
        }
        const all = Object.entries(sqs.attributesOf(queue));
        const chosen = all.filter(([name]) => wanted.some((one) => one === 'All' || one === name));
        return chosen.length === 0 ? {} : { Attributes: Object.fromEntries(chosen) };
      },
      on('GetQueueAttributes'),
    ),
    ListQueues: operation<ListQueuesCommandInput, ListQueuesCommandOutput>(
      ListQueues$,
      ['QueueNamePrefix'],
      ({ QueueNamePrefix = '' }) => {
        const names = sqs.queues.map(({ name }) => name).filter((name) => name.startsWith(QueueNamePrefix));
        return names.length === 0 ? {} : { QueueUrls: names.map((name) => sqs.urlOf(name)) };
      },
    ),
  };
}
