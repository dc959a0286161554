import { DeleteMessageCommand, type SendMessageCommandInput, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { putAside } from './dead-letter.ts';
import { MESSAGE_GROUP } from './reconcile-queue.ts';

const MOST = 1_048_576;

/** What is sent and recorded for a message and its fault. */
async function aside(body: string, fault: string, deadLetterQueueUrl = 'https://sqs/dead') {
  const sent: SendMessageCommandInput[] = [];
  const recorded: string[] = [];
  const deleted: DeleteMessageCommand['input'][] = [];
  const send = async (command: { input: SendMessageCommandInput }) => {
    if (!(command instanceof DeleteMessageCommand)) return void sent.push(command.input);
    // It is sent and recorded first, so that nothing is lost where the run ends between.
    expect([sent.length, recorded.length]).toEqual([1, 1]);
    deleted.push(command.input);
    throw new Error('not now');
  };
  const sqs = { send };
  const queue = { sqs: sqs as unknown as SQSClient, url: 'https://sqs/queue' };
  const recorder = { record: ({ message }: { message: string }) => void recorded.push(message) };
  const message = { messageId: 'm-1', receiptHandle: 'r-1', body, attributes: { SentTimestamp: '1' } } as SQSRecord;
  const deps = { queue, deadLetterQueueUrl, recorder };
  await putAside(deps as unknown as Parameters<typeof putAside>[0], { message, fault });
  return { input: sent[0]!, recorded: recorded[0]!, deleted };
}

const sizeOf = ({ MessageBody = '', MessageAttributes = {} }: SendMessageCommandInput): number =>
  Object.entries(MessageAttributes).reduce(
    (sum, [name, { DataType = '', StringValue = '' }]) => sum + Buffer.byteLength(name + DataType + StringValue),
    Buffer.byteLength(MessageBody),
  );

describe('what is put aside', () => {
  it('goes with its fault, whole', async () => {
    const { input, recorded } = await aside('{}', 'detail-type: must be one of a, b');
    expect(input).toMatchObject({
      MessageBody: '{}',
      MessageAttributes: { fault: { StringValue: expect.stringContaining('must be one of a, b') } },
    });
    expect(recorded).toContain('detail-type: must be one of a, b.');
  });

  it('is deleted from its queue, also where its batch fails later; a failure to delete it stops nothing', async () => {
    const { deleted } = await aside('{}', 'fault');
    expect(deleted).toEqual([{ QueueUrl: 'https://sqs/queue', ReceiptHandle: 'r-1' }]);
  });

  it('stays in the message group of its queue, which a redrive keeps: a FIFO queue hands out two groups side by side', async () => {
    const { input } = await aside('{}', 'fault', 'https://sqs/dead.fifo');
    expect(input).toMatchObject({ MessageGroupId: MESSAGE_GROUP, MessageDeduplicationId: 'm-1' });
  });

  it.each([MOST, MOST - 1, MOST - 11, MOST - 12, MOST - 100])(
    'fits into a message of SQS: a body of %i bytes',
    async (bytes) => {
      const { input, recorded } = await aside('x'.repeat(bytes), 'the body is not JSON');
      expect(sizeOf(input)).toBeLessThanOrEqual(MOST);
      expect(input.MessageBody).toHaveLength(bytes);
      expect(recorded).toContain('the body is not JSON');
    },
  );

  it('is never refused for what somebody wrote into it: length, control characters, halves of characters', async () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 2_000 }),
      fc.constantFrom('', '\u0000', '\u001b[2J', '\ud800', '\uffff', 'é'.repeat(600_000)),
    );
    await fc.assert(
      fc.asyncProperty(nasty, fc.constantFrom(2, MOST - 500, MOST), async (fault, bytes) => {
        const { input, recorded } = await aside('x'.repeat(bytes), fault);
        expect(sizeOf(input)).toBeLessThanOrEqual(MOST);
        const text = input.MessageAttributes?.fault?.StringValue ?? 'x';
        expect(text).toMatch(/^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]+$/u);
        expect(recorded.length).toBeLessThan(1_200);
      }),
      { numRuns: 60 },
    );
  });
});
