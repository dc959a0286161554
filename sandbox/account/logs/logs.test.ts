import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  type FilterLogEventsCommandInput,
  GetLogEventsCommand,
  ResourceNotFoundException,
} from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it } from 'vitest';
import { START, servicesUnderTest } from '../../stack/services-under-test.ts';

/** A group with five lines, a second apart, in two streams. */
async function logsUnderTest() {
  const account = servicesUnderTest();
  account.logs.ensureGroup('group', 1);
  for (const [index, stream] of ['a', 'b', 'a', 'b', 'a'].entries()) {
    account.logs.append('group', stream, JSON.stringify({ n: index, level: index % 2 === 0 ? 'INFO' : 'ERROR' }));
    await account.play(1_000);
  }
  const client = new CloudWatchLogsClient(account.clientConfig);
  return {
    account,
    client,
    filter: async (input: Omit<FilterLogEventsCommandInput, 'logGroupName'> = {}) => {
      const answer = await client.send(new FilterLogEventsCommand({ logGroupName: 'group', ...input }));
      return {
        ns: (answer.events ?? []).map(({ message = '' }) => JSON.parse(message).n),
        nextToken: answer.nextToken,
      };
    },
  };
}

describe('FilterLogEvents', () => {
  it.each<[string, Omit<FilterLogEventsCommandInput, 'logGroupName'>, number[]]>([
    ['everything', {}, [0, 1, 2, 3, 4]],
    ['from a time on, up to another', { startTime: START + 1_000, endTime: START + 3_000 }, [1, 2]],
    ['one stream', { logStreamNames: ['b'] }, [1, 3]],
    ['streams by prefix', { logStreamNamePrefix: 'a' }, [0, 2, 4]],
    ['what matches a pattern', { filterPattern: '{ $.level = "ERROR" }', interleaved: true }, [1, 3]],
  ])('finds %s', async (_, input, expected) => {
    const { filter } = await logsUnderTest();
    expect((await filter(input)).ns).toEqual(expected);
  });

  it('gives pages, and goes on where the last one ended', async () => {
    const { filter, account } = await logsUnderTest();
    const first = await filter({ limit: 4 });
    account.logs.append('group', 'a', '{"n":5}');
    const second = await filter({ limit: 4, nextToken: first.nextToken });
    expect([first.ns, second.ns, second.nextToken]).toEqual([[0, 1, 2, 3], [4, 5], undefined]);
  });

  it('takes an ARN for the group', async () => {
    const { client, account } = await logsUnderTest();
    const logGroupIdentifier = account.logs.arnOf('group');
    const { events } = await client.send(new FilterLogEventsCommand({ logGroupIdentifier }));
    expect(events).toHaveLength(5);
  });

  it('knows no events of a group that does not exist', async () => {
    const { client } = await logsUnderTest();
    await expect(client.send(new FilterLogEventsCommand({ logGroupName: 'nowhere' }))).rejects.toThrow(
      ResourceNotFoundException,
    );
  });
});

it('GetLogEvents reads a stream from its head or its tail, and on from a token', async () => {
  const { client } = await logsUnderTest();
  const get = async (more: { startFromHead?: boolean; nextToken?: string | undefined }) => {
    const answer = await client.send(
      new GetLogEventsCommand({ logGroupName: 'group', logStreamName: 'a', limit: 2, ...more }),
    );
    return { ...answer, ns: answer.events?.map(({ message = '' }) => JSON.parse(message).n) };
  };
  const head = await get({ startFromHead: true });
  const next = await get({ nextToken: head.nextForwardToken });
  const end = await get({ nextToken: next.nextForwardToken });
  expect([head.ns, next.ns, end.ns]).toEqual([[0, 2], [4], []]);
  // The same token again means that the end is reached.
  expect(end.nextForwardToken).toBe(next.nextForwardToken);
  const tail = await get({});
  expect(tail.ns).toEqual([2, 4]);
  expect((await get({ nextToken: tail.nextBackwardToken })).ns).toEqual([0]);
});

it('describes groups, and streams by name or by their last event', async () => {
  const { client } = await logsUnderTest();
  const { logGroups } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: 'gr' }));
  expect(logGroups).toMatchObject([{ logGroupName: 'group', retentionInDays: 1 }]);
  const streams = async (orderBy: 'LogStreamName' | 'LastEventTime') => {
    const input = { logGroupName: 'group', orderBy, descending: true };
    return (await client.send(new DescribeLogStreamsCommand(input))).logStreams?.map(
      ({ logStreamName }) => logStreamName,
    );
  };
  expect(await streams('LogStreamName')).toEqual(['b', 'a']);
  expect(await streams('LastEventTime')).toEqual(['a', 'b']);
});

it('deletes events after the retention', async () => {
  const { account, filter } = await logsUnderTest();
  await account.play(3 * 86_400_000);
  account.logs.append('group', 'a', '{"n":5}');
  expect((await filter()).ns).toEqual([5]);
});
