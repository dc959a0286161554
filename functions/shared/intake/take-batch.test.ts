import { SQSClient } from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { MOST_HOPS, sendRequests } from './reconcile-queue.ts';
import { comesAgainAfter, takeBatch } from './take-batch.ts';

interface Made {
  readonly name: string;
  readonly input: Record<string, unknown>;
}
const made: Made[] = [];
const woken: Array<{ at: number; request: object }> = [];
let waiting: string[] = [];

/** A client with the SQS operations that these calls need. */
const sqs = new SQSClient({ region: 'eu-central-1' });
sqs.send = async (command: { constructor: { name: string }; input: object }) => {
  const { name } = command.constructor;
  made.push({ name, input: { ...command.input } });
  if (name !== 'ReceiveMessageCommand') return {};
  const Messages = waiting.splice(0, 10).map((id) => ({ MessageId: id, ReceiptHandle: id, Body: id }));
  return { Messages };
};
const queue = { sqs, url: 'https://sqs.eu-central-1.amazonaws.com/111122223333/q' };
const now = Date.parse('2026-07-14T12:00:00Z');
const options = {
  queue,
  clock: { now: () => now },
  wake: async (_subject: string, at: number, request: object) => void woken.push({ at, request }),
};

const message = (id: string, receives = 1, hop?: number): SQSRecord => ({
  messageId: id,
  receiptHandle: id,
  body: id,
  attributes: {
    ApproximateReceiveCount: String(receives),
    SentTimestamp: '0',
    SenderId: '',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: hop === undefined ? {} : { hop: { dataType: 'Number', stringValue: String(hop) } },
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: '',
  awsRegion: '',
});
const ten = Array.from({ length: 10 }, (_, index) => message(`handed-${index}`));
const called = (name: string) => made.filter((each) => each.name === `${name}Command`);

beforeEach(() => {
  made.length = 0;
  woken.length = 0;
  waiting = [];
});

describe('a batch that fails', () => {
  it('comes again soon, each message after a pause that doubles, and the failure is thrown', async () => {
    const failing = takeBatch(options, [message('a'), message('b', 3)], async () => {
      throw new Error('no table');
    });
    await expect(failing).rejects.toThrow('no table');
    expect(called('ChangeMessageVisibilityBatch').flatMap(({ input }) => input.Entries)).toEqual([
      { Id: '0', ReceiptHandle: 'a', VisibilityTimeout: 10 },
      { Id: '1', ReceiptHandle: 'b', VisibilityTimeout: 40 },
    ]);
  });

  it('never holds a FIFO queue up for a minute', async () => {
    const fifo = { ...options, queue: { ...queue, url: `${queue.url}.fifo` } };
    await expect(takeBatch(fifo, [message('a', 11)], () => Promise.reject(new Error('no table')))).rejects.toThrow();
    expect(called('ChangeMessageVisibilityBatch')[0]?.input.Entries).toMatchObject([{ VisibilityTimeout: 50 }]);
  });

  it('comes again by its visibility timeout where SQS does not take the shorter one', async () => {
    const refusing = new SQSClient({ region: 'eu-central-1' });
    refusing.send = () => Promise.reject(new Error('AccessDenied'));
    const work = takeBatch({ ...options, queue: { ...queue, sqs: refusing } }, [message('a')], () =>
      Promise.reject(new Error('no table')),
    );
    await expect(work).rejects.toThrow('no table');
  });

  it.each([
    [1, 10],
    [2, 20],
    [7, 640],
    [30, 900],
    [Number.NaN, Number.NaN],
  ])('received %s times it waits %s s', (receives, seconds) => {
    expect(comesAgainAfter(receives, 900)).toBe(seconds);
  });
});

describe('a full batch', () => {
  it('is added to by what else waits, up to the most, and that is deleted when all went well', async () => {
    waiting = Array.from({ length: 60 }, (_, index) => `waiting-${index}`);
    let seen = 0;
    await takeBatch({ ...options, most: 50 }, ten, async (messages) => {
      seen = messages.length;
      expect(called('DeleteMessageBatch')).toEqual([]);
    });
    expect(seen).toBe(50);
    // Lambda itself deletes the messages that it delivered.
    const deleted = called('DeleteMessageBatch').flatMap(({ input }) => input.Entries);
    expect(deleted).toHaveLength(40);
    expect(JSON.stringify(deleted)).not.toContain('handed');
  });

  it.each(['ReceiveMessage', 'DeleteMessageBatch'])(
    'is done as far as it was received where %s fails',
    async (name) => {
      waiting = Array.from({ length: 15 }, (_, index) => `waiting-${index}`);
      let failures = 1;
      const flaky = new SQSClient({ region: 'eu-central-1' });
      flaky.send = async (command: Parameters<typeof sqs.send>[0]) => {
        if (command.constructor.name === `${name}Command` && failures-- > 0) throw new Error('ServiceUnavailable');
        return sqs.send(command);
      };
      let seen = 0;
      await takeBatch({ ...options, queue: { ...queue, sqs: flaky }, most: 50 }, ten, async (messages) => {
        seen = messages.length;
      });
      expect(seen).toBe(25);
      expect(called('DeleteMessageBatch').flatMap(({ input }) => input.Entries)).toHaveLength(
        name === 'ReceiveMessage' ? 15 : 5,
      );
    },
  );

  it('is taken as it is without a most', async () => {
    waiting = ['more'];
    await takeBatch(options, ten, async (messages) => expect(messages).toHaveLength(10));
    expect(made).toEqual([]);
  });

  it('has all of its messages come again when it fails', async () => {
    waiting = ['more'];
    await expect(takeBatch({ ...options, most: 200 }, ten, () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(called('ChangeMessageVisibilityBatch').flatMap(({ input }) => input.Entries)).toHaveLength(11);
    expect(called('DeleteMessageBatch')).toEqual([]);
  });
});

describe('what a function asks of itself', () => {
  it('goes by its queue while it is soon, and says how long the chain is', async () => {
    await takeBatch(options, [message('a', 1, 3), message('b', 1, 1)], (_messages, own) =>
      sendRequests(own, [{ request: { id: 'x' }, delaySeconds: 15 }]),
    );
    expect(called('SendMessageBatch')[0]?.input.Entries).toMatchObject([
      { DelaySeconds: 15, MessageAttributes: { hop: { DataType: 'Number', StringValue: '4' } } },
    ]);
    expect(woken).toEqual([]);
  });

  it('goes by its queue for fewer hops than Lambda lets through', () => {
    // Lambda developer guide, "Use Lambda recursive loop detection": "approximately 16 times".
    expect(MOST_HOPS).toBeLessThanOrEqual(12);
  });

  it('goes by a schedule from a minute on, which no loop detection counts', async () => {
    await takeBatch(options, [message('a')], (_messages, own) =>
      sendRequests(own, [{ request: { id: 'x' }, delaySeconds: 120 }]),
    );
    expect(woken).toEqual([{ at: now + 120_000, request: { id: 'x' } }]);
    expect(called('SendMessageBatch')).toEqual([]);
  });

  it.each([
    [
      'delayed',
      (own: Parameters<typeof sendRequests>[0]) => sendRequests(own, [{ request: { id: 'x' }, delaySeconds: 5 }]),
    ],
    ['in order', (own: Parameters<typeof sendRequests>[0]) => sendRequests(own, [{ request: { id: 'x' } }])],
  ])('goes by a schedule where the chain is long: %s', async (_how, send) => {
    await takeBatch(options, [message('a', 1, MOST_HOPS)], (_messages, own) => send(own));
    expect(woken).toEqual([{ at: now + 60_000, request: { id: 'x' } }]);
    expect(called('SendMessageBatch')).toEqual([]);
  });
});
