import { describe, expect, it } from 'vitest';
import {
  type Behaviour,
  functionResources,
  HOUR,
  type Invocation,
  MINUTE,
  SECOND,
  servicesUnderTest,
} from '../stack/services-under-test.ts';

interface Record {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: { readonly ApproximateReceiveCount: string };
}

const recordsOf = ({ event }: Invocation): Record[] => (event as { Records: Record[] }).Records;

/** A queue with a dead-letter queue that feeds a function: 30 s timeout, 60 s visibility, three receives. */
async function mappingUnderTest(
  options: {
    behave?: (invocation: Invocation) => Behaviour;
    queue?: object;
    mapping?: object;
    worker?: object;
    account?: Omit<Parameters<typeof servicesUnderTest>[0], 'behave'>;
  } = {},
) {
  const { behave = () => ({}), queue = {}, mapping = {}, worker = {} } = options;
  const account = servicesUnderTest({ ...options.account, behave });
  const fifo = 'FifoQueue' in queue;
  const stack = await account.deploy({
    Dead: { Type: 'AWS::SQS::Queue', Properties: fifo ? { FifoQueue: true } : {} },
    Queue: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        VisibilityTimeout: 60,
        RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] }, maxReceiveCount: 3 },
        ...queue,
      },
    },
    ...functionResources('Worker', worker),
    Mapping: {
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: { EventSourceArn: { 'Fn::GetAtt': ['Queue', 'Arn'] }, FunctionName: { Ref: 'Worker' }, ...mapping },
    },
  });
  return {
    ...account,
    queue: account.sqs.byUrl(stack.ref('AWS::SQS::Queue', 'Queue')),
    dead: account.sqs.byUrl(stack.ref('AWS::SQS::Queue', 'Dead')),
    batches: () => account.invocations.map((invocation) => recordsOf(invocation).map(({ body }) => body)),
  };
}

describe('a mapping of a standard queue', () => {
  it('hands over batches as Lambda writes them, and deletes what was handled', async () => {
    const { queue, play, invocations, batches } = await mappingUnderTest({ mapping: { BatchSize: 2 } });
    for (const body of ['a', 'b', 'c']) queue.send({ body });
    await play(SECOND);
    expect(batches()).toEqual([['a', 'b'], ['c']]);
    expect(recordsOf(invocations[0] as Invocation)[0]).toMatchObject({
      messageId: expect.any(String),
      receiptHandle: expect.any(String),
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(Date.parse('2026-07-14T09:00:00Z')) },
      messageAttributes: {},
      md5OfBody: '0cc175b9c0f1b6a831c399e269772661',
      eventSource: 'aws:sqs',
      eventSourceARN: queue.arn,
      awsRegion: 'eu-central-1',
    });
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it('leaves a failed batch until its visibility timeout, and to the dead-letter queue after the last receive', async () => {
    const { queue, dead, play, invocations } = await mappingUnderTest({ behave: () => ({ error: 'broken' }) });
    queue.send({ body: 'a' });
    await play(HOUR);
    const receives = invocations.map((invocation) => recordsOf(invocation)[0]?.attributes.ApproximateReceiveCount);
    expect(receives).toEqual(['1', '2', '3']);
    expect((invocations[1]?.at ?? 0) - (invocations[0]?.at ?? 0)).toBeGreaterThanOrEqual(MINUTE - SECOND);
    expect(dead.counts().visible).toBe(1);
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it.each([
    ['a timeout', () => ({ ms: MINUTE })],
    ['a crash', () => ({ ms: 10 * SECOND })],
  ])('brings the message again after %s', async (kind, slow) => {
    let first = true;
    const behave = (): Behaviour => {
      const behaviour = first ? slow() : {};
      first = false;
      return behaviour;
    };
    const { queue, play, invocations, lambda } = await mappingUnderTest({ behave });
    queue.send({ body: 'a' });
    await play(SECOND);
    if (kind === 'a crash') lambda.crash(invocations[0]?.requestId ?? '');
    await play(5 * MINUTE);
    expect(invocations).toHaveLength(2);
    expect(queue.counts()).toEqual({ visible: 0, inFlight: 0, delayed: 0 });
  });

  it.each([
    ['only what the function names', (ids: string[]) => ({ batchItemFailures: [{ itemIdentifier: ids[1] }] }), ['b']],
    ['nothing for an empty list', () => ({ batchItemFailures: [] }), []],
    ['nothing for no answer', () => null, []],
    ['all for an unknown id', () => ({ batchItemFailures: [{ itemIdentifier: 'x' }] }), ['a', 'b']],
    ['all for an answer that is none', () => 'done', ['a', 'b']],
  ])('brings again %s, where failures are reported by message', async (_, answer, expected) => {
    let calls = 0;
    const behave = (invocation: Invocation): Behaviour =>
      calls++ === 0 ? { result: answer(recordsOf(invocation).map(({ messageId }) => messageId)) } : {};
    const { queue, play, batches } = await mappingUnderTest({
      behave,
      mapping: { FunctionResponseTypes: ['ReportBatchItemFailures'] },
    });
    for (const body of ['a', 'b']) queue.send({ body });
    await play(5 * MINUTE);
    expect(batches().slice(1).flat()).toEqual(expected);
  });

  it('waits for a batch to fill, but not longer than its window', async () => {
    const { queue, play, invocations, batches } = await mappingUnderTest({
      mapping: { BatchSize: 3, MaximumBatchingWindowInSeconds: 20 },
    });
    queue.send({ body: 'a' });
    await play(10 * SECOND);
    queue.send({ body: 'b' });
    await play(9 * SECOND);
    expect(invocations).toEqual([]);
    await play(2 * SECOND);
    expect(batches()).toEqual([['a', 'b']]);
  });

  it('hands over at once without a window, however little there is', async () => {
    const { queue, play, batches } = await mappingUnderTest();
    queue.send({ body: 'a' });
    await play(SECOND / 2);
    expect(batches()).toEqual([['a']]);
  });

  it('may wait up to 20 s with a window, whatever that says, unless the batch gets full', async () => {
    const { queue, play, invocations, time } = await mappingUnderTest({
      mapping: { BatchSize: 2, MaximumBatchingWindowInSeconds: 1 },
    });
    const waits: number[] = [];
    for (let round = 0; round < 20; round++) {
      const sentAt = time.now;
      queue.send({ body: `${round}` });
      await play(MINUTE);
      waits.push((invocations.at(-1)?.at ?? 0) - sentAt);
    }
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(SECOND);
    expect(Math.max(...waits)).toBeGreaterThan(15 * SECOND);
    expect(Math.max(...waits)).toBeLessThanOrEqual(20 * SECOND);
    for (const body of ['a', 'b']) queue.send({ body });
    await play(SECOND / 2);
    expect(invocations).toHaveLength(21);
  });

  it('tries a throttled invocation again, which costs the message none of its receives', async () => {
    const { queue, play, invocations } = await mappingUnderTest({
      behave: () => ({ ms: 10 * SECOND }),
      mapping: { BatchSize: 1 },
    });
    // A new account runs ten invocations at a time.
    for (let index = 0; index < 15; index++) queue.send({ body: `${index}` });
    await play(5 * SECOND);
    expect(invocations).toHaveLength(10);
    await play(MINUTE / 2);
    expect(invocations).toHaveLength(15);
    const receives = invocations.map((invocation) => recordsOf(invocation)[0]?.attributes.ApproximateReceiveCount);
    expect(new Set(receives)).toEqual(new Set(['1']));
  });

  it.each([
    ['stops a chain of invocations after sixteen of them: what comes next is dead in the end', undefined, true, 16, 1],
    ['lets a chain go on where the function allows that', 'Allow', true, 40, 0],
    ['lets each chain go on where the sandbox is told to', undefined, false, 40, 0],
  ])('%s', async (_what, RecursiveLoop, detectsLoops, expected, dead) => {
    const account = await mappingUnderTest({
      behave: ({ traceHeader, event }) => {
        const round = Number((event as { Records: Record[] }).Records[0]?.body);
        if (round < 40) account.queue.send({ body: `${round + 1}`, traceHeader: `Root=1-0-0;${traceHeader}` });
        return {};
      },
      ...(RecursiveLoop && { worker: { RecursiveLoop } }),
      account: { lambda: { detectsLoops } },
    });
    account.queue.send({ body: '1' });
    await account.play(HOUR);
    expect(account.invocations).toHaveLength(expected);
    expect(account.dead.counts().visible).toBe(dead);
    expect([...account.lambda.longestChains.values()]).toEqual([expected]);
  });

  it('runs no more than its maximum concurrency at once', async () => {
    const { queue, play, invocations } = await mappingUnderTest({
      behave: () => ({ ms: 10 * SECOND }),
      mapping: { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } },
    });
    for (const body of ['a', 'b', 'c', 'd']) queue.send({ body });
    await play(5 * SECOND);
    expect(invocations).toHaveLength(2);
    await play(MINUTE);
    expect(invocations).toHaveLength(4);
  });

  it('brings every message twice under that fault', async () => {
    const { queue, play, batches } = await mappingUnderTest({ account: { faultPlan: { duplicateMessages: true } } });
    queue.send({ body: 'a' });
    await play(MINUTE);
    expect(batches().flat()).toEqual(['a', 'a']);
  });
});

describe('a mapping of a FIFO queue', () => {
  it('runs one batch of a group at a time, and groups side by side', async () => {
    const { queue, play, batches } = await mappingUnderTest({
      behave: () => ({ ms: 10 * SECOND }),
      queue: { FifoQueue: true, ContentBasedDeduplication: true },
    });
    queue.send({ body: 'a1', groupId: 'a' });
    await play(SECOND);
    for (const body of ['a2', 'a3']) queue.send({ body, groupId: 'a' });
    queue.send({ body: 'b1', groupId: 'b' });
    await play(SECOND);
    expect(batches()).toEqual([['a1'], ['b1']]);
    await play(20 * SECOND);
    expect(batches()).toEqual([['a1'], ['b1'], ['a2', 'a3']]);
  });

  it('holds a group back behind its failed message until that is dead', async () => {
    const { queue, dead, play, batches } = await mappingUnderTest({
      behave: (invocation) => (recordsOf(invocation)[0]?.body === 'a1' ? { error: 'broken' } : {}),
      queue: { FifoQueue: true, ContentBasedDeduplication: true },
      mapping: { BatchSize: 1 },
    });
    for (const body of ['a1', 'a2']) queue.send({ body, groupId: 'a' });
    await play(HOUR);
    expect(batches()).toEqual([['a1'], ['a1'], ['a1'], ['a2']]);
    expect(dead.counts().visible).toBe(1);
  });
});

describe('Lambda refuses a mapping', () => {
  it.each([
    [
      'of a queue that shows messages again while the function still runs',
      { queue: { VisibilityTimeout: 29 } },
      'visibility timeout',
    ],
    ['with too large a FIFO batch', { queue: { FifoQueue: true }, mapping: { BatchSize: 11 } }, 'BatchSize'],
    ['with a large batch and no window', { mapping: { BatchSize: 11 } }, 'batch window'],
    [
      'with a maximum concurrency of one',
      { mapping: { ScalingConfig: { MaximumConcurrency: 1 } } },
      'MaximumConcurrency',
    ],
    ['with filters, which the sandbox does not know', { mapping: { FilterCriteria: {} } }, 'FilterCriteria'],
  ])('%s', async (_, options, reason) => {
    await expect(mappingUnderTest(options)).rejects.toThrow(reason);
  });
});
