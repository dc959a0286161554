import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatch$,
  type ChangeMessageVisibilityBatchCommandInput,
  type ChangeMessageVisibilityBatchCommandOutput,
  DeleteMessageBatch$,
  type DeleteMessageBatchCommandInput,
  type DeleteMessageBatchCommandOutput,
  SendMessageBatch$,
  type SendMessageBatchCommandInput,
  type SendMessageBatchCommandOutput,
} from '@aws-sdk/client-sqs';
import { AwsError } from '../../wire/aws-error.ts';
import { operation, type Permission, type Service } from '../service.ts';
import { sizeOf } from './message.ts';
import type { Sqs } from './sqs.ts';
import { checkedVisibility, checksums, newMessage } from './wire.ts';

type PermissionsOn = (action: string) => (input: { readonly QueueUrl: string | undefined }) => Permission[];

/** The whole request may be as large as the largest message. */
const MOST_BATCH_BYTES = 1_048_576;

/** The batch operations of SQS. Each entry succeeds or fails separately. */
export function batchOperations(sqs: Sqs, on: PermissionsOn): Service['operations'] {
  return {
    SendMessageBatch: operation<SendMessageBatchCommandInput, SendMessageBatchCommandOutput>(
      SendMessageBatch$,
      ['QueueUrl', 'Entries'],
      (input, { traceHeader }) => {
        const queue = sqs.byUrl(input.QueueUrl);
        const entries = checkedEntries(input.Entries);
        if (entries.reduce((bytes, entry) => bytes + sizeOf(newMessage(entry)), 0) > MOST_BATCH_BYTES) {
          const message = `Batch requests cannot be longer than ${MOST_BATCH_BYTES} bytes.`;
          throw new AwsError('BatchRequestTooLong', message);
        }
        const { done, failed } = each(entries, (entry) => {
          const sent = queue.send(newMessage(entry, traceHeader));
          return { Id: entry.Id, MessageId: sent.id, SequenceNumber: sent.sequenceNumber, ...checksums(entry) };
        });
        return { Successful: done, Failed: failed };
      },
      on('SendMessage'),
    ),
    DeleteMessageBatch: operation<DeleteMessageBatchCommandInput, DeleteMessageBatchCommandOutput>(
      DeleteMessageBatch$,
      ['QueueUrl', 'Entries'],
      (input) => {
        const queue = sqs.byUrl(input.QueueUrl);
        const { done, failed } = each(checkedEntries(input.Entries), (entry) => {
          queue.delete(entry.ReceiptHandle ?? '');
          return { Id: entry.Id };
        });
        return { Successful: done, Failed: failed };
      },
      on('DeleteMessage'),
    ),
    ChangeMessageVisibilityBatch: operation<
      ChangeMessageVisibilityBatchCommandInput,
      ChangeMessageVisibilityBatchCommandOutput
    >(
      ChangeMessageVisibilityBatch$,
      ['QueueUrl', 'Entries'],
      (input) => {
        const queue = sqs.byUrl(input.QueueUrl);
        const { done, failed } = each(checkedEntries(input.Entries), (entry) => {
          queue.changeVisibility(entry.ReceiptHandle ?? '', checkedVisibility(entry.VisibilityTimeout) ?? 0);
          return { Id: entry.Id };
        });
        return { Successful: done, Failed: failed };
      },
      on('ChangeMessageVisibility'),
    ),
  };
}

interface Entry {
  readonly Id: string | undefined;
}

function checkedEntries<One extends Entry>(entries: readonly One[] = []): readonly One[] {
  if (entries.length === 0) {
    throw new AwsError(
      'EmptyBatchRequest',
      'There should be at least one SendMessageBatchRequestEntry in the request.',
    );
  }
  if (entries.length > 10) {
    const message = `Maximum number of entries per request are 10. You have sent ${entries.length}.`;
    throw new AwsError('TooManyEntriesInBatchRequest', message);
  }
  const ids = entries.map(({ Id }) => Id ?? '');
  const ill = ids.find((id) => !/^[\w-]{1,80}$/.test(id));
  if (ill !== undefined) {
    const message =
      'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.';
    throw new AwsError('InvalidBatchEntryId', message);
  }
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  if (repeated !== undefined) throw new AwsError('BatchEntryIdsNotDistinct', `Id ${repeated} repeated.`);
  return entries;
}

function each<One extends Entry, Done>(entries: readonly One[], act: (entry: One) => Done) {
  const done: Done[] = [];
  const failed: BatchResultErrorEntry[] = [];
  for (const entry of entries) {
    try {
      done.push(act(entry));
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({ Id: entry.Id, SenderFault: error.status < 500, Code: error.code, Message: error.message });
    }
  }
  return { done, failed };
}
