import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  ListQueuesCommand,
  MessageNotInflight,
  PurgeQueueCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
  StartMessageMoveTaskCommand,
  type StartMessageMoveTaskCommandInput,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND, servicesUnderTest } from '../../stack/services-under-test.ts';
import type { QueueSettings } from './queue-settings.ts';

function queueUnderTest(settings: Partial<QueueSettings> = {}, name = settings.fifo ? 'work.fifo' : 'work') {
  const { sqs, clientConfig, play } = servicesUnderTest();
  sqs.createQueue({ name, settings });
  const client = new SQSClient(clientConfig);
  const QueueUrl = sqs.urlOf(name);
  return {
    sqs,
    client,
    play,
    QueueUrl,
    send: (input: Omit<SendMessageCommandInput, 'QueueUrl'>) =>
      client.send(new SendMessageCommand({ QueueUrl, ...input })),
    receive: async (most = 10) => {
      const answer = await client.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: most,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      );
      return answer.Messages ?? [];
    },
    delete: (ReceiptHandle: string | undefined) => client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })),
    attributes: async () =>
      (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {},
  };
}

const bodies = (messages: ReadonlyArray<{ Body?: string | undefined }>) => messages.map(({ Body }) => Body);

describe('a standard queue', () => {
  it('hides a received message until its visibility timeout has passed, and counts the receives', async () => {
    const queue = queueUnderTest({ visibilityTimeoutSeconds: 30 });
    await queue.send({ MessageBody: 'a' });
    expect((await queue.receive())[0]?.Attributes?.ApproximateReceiveCount).toBe('1');
    await queue.play(29 * SECOND);
    expect(await queue.receive()).toEqual([]);
    await queue.play(SECOND);
    expect((await queue.receive())[0]?.Attributes?.ApproximateReceiveCount).toBe('2');
  });

  it('deletes by the latest receipt handle only', async () => {
    const queue = queueUnderTest();
    await queue.send({ MessageBody: 'a' });
    const [first] = await queue.receive();
    await queue.play(30 * SECOND);
    const [second] = await queue.receive();
    await queue.delete(first?.ReceiptHandle);
    expect((await queue.attributes()).ApproximateNumberOfMessagesNotVisible).toBe('1');
    await queue.delete(second?.ReceiptHandle);
    expect((await queue.attributes()).ApproximateNumberOfMessagesNotVisible).toBe('0');
  });

  it('delays, and shows so in its counts', async () => {
    const queue = queueUnderTest();
    await queue.send({ MessageBody: 'a', DelaySeconds: 60 });
    await queue.send({ MessageBody: 'b' });
    await queue.receive(1);
    await queue.send({ MessageBody: 'c' });
    expect(await queue.attributes()).toMatchObject({
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '1',
      VisibilityTimeout: '30',
    });
    await queue.play(MINUTE);
    expect(bodies(await queue.receive())).toEqual(['a', 'b', 'c']);
  });

  it('forgets messages after the retention period', async () => {
    const queue = queueUnderTest({ retentionSeconds: 60 });
    await queue.send({ MessageBody: 'a' });
    await queue.play(MINUTE);
    expect(await queue.receive()).toEqual([]);
  });

  it('changes the visibility of a message in flight only', async () => {
    const queue = queueUnderTest();
    await queue.send({ MessageBody: 'a' });
    const [message] = await queue.receive();
    const change = (VisibilityTimeout: number) =>
      queue.client.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queue.QueueUrl,
          ReceiptHandle: message?.ReceiptHandle,
          VisibilityTimeout,
        }),
      );
    await change(0);
    await expect(change(10)).rejects.toThrow(MessageNotInflight);
    expect(await queue.receive()).toHaveLength(1);
  });

  it('moves a message to the dead-letter queue after the receives that it is allowed, with its first sending time', async () => {
    const queue = queueUnderTest();
    queue.sqs.createQueue({ name: 'dead' });
    const redrive = { deadLetterTargetArn: queue.sqs.arnOf('dead'), maxReceiveCount: 2 };
    const source = queue.sqs.createQueue({ name: 'source', settings: { redrive, visibilityTimeoutSeconds: 10 } });
    const sentAt = String(Date.parse('2026-07-14T09:00:00Z'));
    source.send({ body: 'a' });
    expect(source.receive(10)).toHaveLength(1);
    await queue.play(10 * SECOND);
    expect(source.receive(10)).toHaveLength(1);
    await queue.play(10 * SECOND);
    expect(source.receive(10)).toEqual([]);
    const [dead] = queue.sqs.byName('dead').receive(10);
    expect(dead).toMatchObject({ body: 'a', receiveCount: 1 });
    expect(String(dead?.sentAt)).toBe(sentAt);
  });

  describe('whose dead letters are moved back', () => {
    const withDeadLetters = async () => {
      const queue = queueUnderTest();
      const deadLetters = queue.sqs.createQueue({ name: 'dead' });
      const redrive = { deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 1 };
      const source = queue.sqs.createQueue({ name: 'source', settings: { redrive, visibilityTimeoutSeconds: 10 } });
      for (const body of ['a', 'b', 'c']) source.send({ body });
      source.receive(10);
      await queue.play(10 * SECOND);
      source.receive(10);
      const start = (input: Partial<StartMessageMoveTaskCommandInput> = {}) =>
        queue.client.send(new StartMessageMoveTaskCommand({ SourceArn: deadLetters.arn, ...input }));
      const tasks = async () =>
        (await queue.client.send(new ListMessageMoveTasksCommand({ SourceArn: deadLetters.arn }))).Results ?? [];
      return { ...queue, source, deadLetters, start, tasks };
    };

    it('gets them anew, so many a second, and lists the task', async () => {
      const { play, source, deadLetters, start, tasks } = await withDeadLetters();
      const { TaskHandle } = await start({ MaxNumberOfMessagesPerSecond: 2 });
      await play(SECOND);
      expect([source.counts().visible, deadLetters.counts().visible]).toEqual([2, 1]);
      const counts = { ApproximateNumberOfMessagesMoved: 2, ApproximateNumberOfMessagesToMove: 3 };
      expect(await tasks()).toMatchObject([{ TaskHandle, Status: 'RUNNING', ...counts }]);
      await expect(start()).rejects.toThrow('There is already a task running');
      await play(SECOND);
      expect(source.receive(10)).toMatchObject([{ receiveCount: 1 }, { receiveCount: 1 }, { receiveCount: 1 }]);
      const [ended] = await tasks();
      expect(ended).toMatchObject({ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 3 });
      expect(ended).not.toHaveProperty('TaskHandle');
    });

    it('keeps those that somebody has sent to the dead-letter queue, unless it is said where to', async () => {
      const { play, source, deadLetters, start, tasks } = await withDeadLetters();
      deadLetters.purge();
      deadLetters.send({ body: 'sent' });
      await start();
      await play(SECOND);
      expect(await tasks()).toMatchObject([{ Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' }]);
      await start({ DestinationArn: source.arn });
      await play(SECOND);
      expect([source.counts().visible, deadLetters.counts().visible]).toEqual([1, 0]);
    });

    it('may name another queue to get them', async () => {
      const { sqs, play, QueueUrl, source, start } = await withDeadLetters();
      await start({ DestinationArn: sqs.byUrl(QueueUrl).arn });
      await play(SECOND);
      expect([source.counts().visible, sqs.byUrl(QueueUrl).counts().visible]).toEqual([0, 3]);
    });

    it.each([
      [
        "a queue that is nobody's dead-letter queue",
        { SourceArn: 'source' },
        'must be configured as a Dead Letter Queue',
      ],
      ['a queue that there is not', { SourceArn: 'none' }, "for the SourceArn parameter doesn't exist"],
      ['a destination that there is not', { DestinationArn: 'none' }, "for the DestinationArn parameter doesn't exist"],
    ])('is not moved from or to %s', async (_what, named, message) => {
      const { sqs, start } = await withDeadLetters();
      const input = Object.fromEntries(Object.entries(named).map(([key, name]) => [key, sqs.arnOf(name)]));
      await expect(start(input)).rejects.toThrow(message);
    });
  });

  it('carries attributes, with checksums that the SDK accepts', async () => {
    const queue = queueUnderTest();
    const MessageAttributes = {
      kind: { DataType: 'String', StringValue: 'x' },
      bytes: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2]) },
    };
    const sent = await queue.send({ MessageBody: 'a', MessageAttributes });
    const [message] = await queue.receive();
    expect(message?.MessageAttributes?.kind?.StringValue).toBe('x');
    expect([...(message?.MessageAttributes?.bytes?.BinaryValue ?? [])]).toEqual([1, 2]);
    expect(message?.MD5OfMessageAttributes).toBe(sent.MD5OfMessageAttributes);
    expect(sent.MD5OfMessageBody).toBe('0cc175b9c0f1b6a831c399e269772661');
  });

  it('is listed and purged', async () => {
    const queue = queueUnderTest();
    await queue.send({ MessageBody: 'a' });
    const listed = await queue.client.send(new ListQueuesCommand({ QueueNamePrefix: 'wo' }));
    expect(listed.QueueUrls).toEqual([queue.QueueUrl]);
    await queue.client.send(new PurgeQueueCommand({ QueueUrl: queue.QueueUrl }));
    expect(await queue.receive()).toEqual([]);
  });

  it.each<[string, Omit<SendMessageCommandInput, 'QueueUrl'>, string]>([
    ['an empty body', { MessageBody: '' }, 'MissingParameter'],
    ['too large a body', { MessageBody: 'x'.repeat(1_048_577) }, 'InvalidParameterValue'],
    ['too long a delay', { MessageBody: 'a', DelaySeconds: 901 }, 'InvalidParameterValue'],
    [
      'an ill-typed attribute',
      { MessageBody: 'a', MessageAttributes: { a: { DataType: 'Text', StringValue: 'b' } } },
      'InvalidParameterValue',
    ],
  ])('refuses %s', async (_, input, code) => {
    await expect(queueUnderTest().send(input)).rejects.toMatchObject({ name: code });
  });

  it('tells that a queue does not exist', async () => {
    const { client } = queueUnderTest();
    const QueueUrl = 'https://sqs.eu-central-1.amazonaws.com/111122223333/nowhere';
    await expect(client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))).rejects.toThrow(
      QueueDoesNotExist,
    );
  });
});

describe('a batch', () => {
  const entry = (Id: string, MessageBody = 'a') => ({ Id, MessageBody });
  const sendBatch = (Entries: SendMessageBatchCommandInput['Entries']) => {
    const { client, QueueUrl } = queueUnderTest();
    return client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  };

  it('succeeds and fails entry by entry', async () => {
    const answer = await sendBatch([entry('one'), entry('two', ''), entry('three')]);
    expect(answer.Successful?.map(({ Id }) => Id)).toEqual(['one', 'three']);
    expect(answer.Failed).toMatchObject([{ Id: 'two', SenderFault: true, Code: 'MissingParameter' }]);
  });

  it.each([
    ['no entry', [], 'EmptyBatchRequest'],
    ['eleven entries', Array.from({ length: 11 }, (_, index) => entry(String(index))), 'TooManyEntriesInBatchRequest'],
    ['one id twice', [entry('a'), entry('a')], 'BatchEntryIdsNotDistinct'],
    ['an ill-formed id', [entry('a b')], 'InvalidBatchEntryId'],
    ['too much in all', [entry('a', 'x'.repeat(600_000)), entry('b', 'x'.repeat(600_000))], 'BatchRequestTooLong'],
  ])('is refused with %s', async (_, entries, code) => {
    await expect(sendBatch(entries)).rejects.toMatchObject({ name: code });
  });
});

describe('a FIFO queue', () => {
  const inGroup = (MessageGroupId: string, MessageBody: string, MessageDeduplicationId = MessageBody) => ({
    MessageBody,
    MessageGroupId,
    MessageDeduplicationId,
  });

  it('keeps the order within a group and blocks it while a message is in flight', async () => {
    const queue = queueUnderTest({ fifo: true });
    for (const body of ['a1', 'a2']) await queue.send(inGroup('a', body));
    await queue.send(inGroup('b', 'b1'));
    const [first] = await queue.receive(1);
    expect(first?.Body).toBe('a1');
    expect(bodies(await queue.receive())).toEqual(['b1']);
    await queue.delete(first?.ReceiptHandle);
    expect(bodies(await queue.receive())).toEqual(['a2']);
  });

  it('gives a group out again from its head when the visibility timeout has passed', async () => {
    const queue = queueUnderTest({ fifo: true });
    for (const body of ['a1', 'a2']) await queue.send(inGroup('a', body));
    await queue.receive(1);
    await queue.play(30 * SECOND);
    expect(bodies(await queue.receive())).toEqual(['a1', 'a2']);
  });

  it('takes a repeated message within five minutes for the first one, also after that was deleted', async () => {
    const queue = queueUnderTest({ fifo: true });
    const first = await queue.send(inGroup('a', 'x', 'id'));
    const [message] = await queue.receive();
    await queue.delete(message?.ReceiptHandle);
    await queue.play(5 * MINUTE - SECOND);
    const second = await queue.send(inGroup('a', 'y', 'id'));
    expect([second.MessageId, second.SequenceNumber]).toEqual([first.MessageId, first.SequenceNumber]);
    expect(await queue.receive()).toEqual([]);
    await queue.play(SECOND);
    await queue.send(inGroup('a', 'y', 'id'));
    expect(bodies(await queue.receive())).toEqual(['y']);
  });

  it('tells messages apart by content where it is set so', async () => {
    const queue = queueUnderTest({ fifo: true, contentBasedDeduplication: true });
    for (const MessageBody of ['x', 'x', 'y']) await queue.send({ MessageBody, MessageGroupId: 'a' });
    expect(bodies(await queue.receive())).toEqual(['x', 'y']);
  });

  it('numbers messages upwards', async () => {
    const queue = queueUnderTest({ fifo: true });
    const numbers = [];
    for (const body of ['a', 'b']) numbers.push(BigInt((await queue.send(inGroup('g', body))).SequenceNumber ?? 0));
    expect(numbers[1]).toBeGreaterThan(numbers[0] ?? 0n);
  });

  it.each([
    ['no group', { MessageBody: 'a', MessageDeduplicationId: 'a' }, 'MissingParameter'],
    ['nothing to tell it by', { MessageBody: 'a', MessageGroupId: 'a' }, 'InvalidParameterValue'],
    ['a delay of its own', { ...inGroup('a', 'a'), DelaySeconds: 5 }, 'InvalidParameterValue'],
  ])('refuses a message with %s', async (_, input, code) => {
    await expect(queueUnderTest({ fifo: true }).send(input)).rejects.toMatchObject({ name: code });
  });
});
