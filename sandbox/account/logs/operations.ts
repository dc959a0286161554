import {
  DescribeLogGroups$,
  type DescribeLogGroupsCommandInput,
  type DescribeLogGroupsCommandOutput,
  DescribeLogStreams$,
  type DescribeLogStreamsCommandInput,
  type DescribeLogStreamsCommandOutput,
  FilterLogEvents$,
  type FilterLogEventsCommandInput,
  type FilterLogEventsCommandOutput,
  GetLogEvents$,
  type GetLogEventsCommandInput,
  type GetLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import { AwsError } from '../../wire/aws-error.ts';
import { byText, pageOf } from '../pagination.ts';
import { operation, type Permission, type Service } from '../service.ts';
import type { World } from '../world.ts';
import { compileFilterPattern } from './filter-pattern.ts';
import type { LogEvent } from './log-event.ts';
import type { LogGroup, Logs } from './logs.ts';
import { logsQueryOperations } from './query-operations.ts';

/** Amazon CloudWatch Logs, as clients call it. */
export const logsService = (logs: Logs, world: World): Service => ({
  signingName: 'logs',
  iamPrefix: 'logs',
  protocol: 'json-1.1',
  operations: { ...logsOperations(logs), ...logsQueryOperations(logs, world) },
});

/** The read operations of CloudWatch Logs. Functions write through Lambda, not through the API. */
function logsOperations(logs: Logs): Service['operations'] {
  const on =
    (action: string) =>
    (input: GroupChoice): Permission[] => [{ action: `logs:${action}`, resource: `${logs.arnOf(groupName(input))}:*` }];
  return {
    DescribeLogGroups: operation<DescribeLogGroupsCommandInput, DescribeLogGroupsCommandOutput>(
      DescribeLogGroups$,
      ['logGroupNamePrefix', 'logGroupNamePattern', 'nextToken', 'limit'],
      ({ logGroupNamePrefix = '', logGroupNamePattern = '', nextToken, limit = 50 }) => {
        const wanted = logs.groups.filter(
          ({ name }) => name.startsWith(logGroupNamePrefix) && name.includes(logGroupNamePattern),
        );
        const page = pageOf(wanted, ({ name }) => name, limit, nextToken, invalidToken);
        return { logGroups: page.items.map(groupDetails), nextToken: page.nextToken };
      },
    ),
    DescribeLogStreams: operation<DescribeLogStreamsCommandInput, DescribeLogStreamsCommandOutput>(
      DescribeLogStreams$,
      ['logGroupName', 'logGroupIdentifier', 'logStreamNamePrefix', 'orderBy', 'descending', 'nextToken', 'limit'],
      (input) => {
        const {
          logStreamNamePrefix = '',
          orderBy = 'LogStreamName',
          descending = false,
          nextToken,
          limit = 50,
        } = input;
        const group = logs.group(groupName(input));
        const streams = [...group.streams.values()].filter(({ name }) => name.startsWith(logStreamNamePrefix));
        const order = byText<(typeof streams)[number]>(
          ({ name, lastAt }) => (orderBy === 'LastEventTime' ? `${String(lastAt).padStart(16, '0')} ` : '') + name,
        );
        streams.sort(descending ? (a, b) => order(b, a) : order);
        // Pages by position, because the order may be any.
        const page = pageByPosition(streams, limit, nextToken);
        return {
          logStreams: page.items.map((stream) => ({
            logStreamName: stream.name,
            creationTime: stream.createdAt,
            firstEventTimestamp: stream.firstAt,
            lastEventTimestamp: stream.lastAt,
            lastIngestionTime: stream.lastAt,
            arn: `${group.arn}:log-stream:${stream.name}`,
            storedBytes: 0,
          })),
          nextToken: page.nextToken,
        };
      },
      on('DescribeLogStreams'),
    ),
    FilterLogEvents: operation<FilterLogEventsCommandInput, FilterLogEventsCommandOutput>(
      FilterLogEvents$,
      [
        'logGroupName',
        'logGroupIdentifier',
        'logStreamNames',
        'logStreamNamePrefix',
        'startTime',
        'endTime',
        'filterPattern',
        'nextToken',
        'limit',
        // Without effect since 2019: events are always interleaved.
        'interleaved',
      ],
      (input) => {
        const { logStreamNames, logStreamNamePrefix = '', filterPattern = '', nextToken, limit = 10_000 } = input;
        const matches = compileFilterPattern(filterPattern);
        const wanted = within(logs.group(groupName(input)).events, input).filter(
          ({ stream, message }) =>
            (logStreamNames === undefined || logStreamNames.includes(stream)) &&
            stream.startsWith(logStreamNamePrefix) &&
            matches(message),
        );
        const page = pageOf(wanted, eventId, limit, nextToken, invalidToken);
        return {
          events: page.items.map((event) => ({
            logStreamName: event.stream,
            eventId: eventId(event),
            ...output(event),
          })),
          searchedLogStreams: [],
          nextToken: page.nextToken,
        };
      },
      on('FilterLogEvents'),
    ),
    GetLogEvents: operation<GetLogEventsCommandInput, GetLogEventsCommandOutput>(
      GetLogEvents$,
      [
        'logGroupName',
        'logGroupIdentifier',
        'logStreamName',
        'startTime',
        'endTime',
        'nextToken',
        'limit',
        'startFromHead',
      ],
      (input) => {
        const { logStreamName = '', nextToken, limit = 10_000, startFromHead = false } = input;
        const group = logs.group(groupName(input));
        if (!group.streams.has(logStreamName)) {
          throw new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
        }
        const events = within(group.events, input).filter(({ stream }) => stream === logStreamName);
        const chosen = window(events, limit, startFromHead, nextToken);
        const at = (direction: 'f' | 'b', event: LogEvent | undefined): string =>
          event === undefined ? (nextToken ?? `${direction}/${eventIdOf(0)}`) : `${direction}/${eventId(event)}`;
        return {
          events: chosen.map(output),
          nextForwardToken: at('f', chosen.at(-1)),
          nextBackwardToken: at('b', chosen[0]),
        };
      },
      on('GetLogEvents'),
    ),
  };
}

interface GroupChoice {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}

/** An identifier is a name or an ARN. */
function groupName({ logGroupName, logGroupIdentifier }: GroupChoice): string {
  const name = logGroupName ?? logGroupIdentifier?.replace(/^arn:.*:log-group:/, '').replace(/:\*$/, '');
  if (name !== undefined) return name;
  throw new AwsError('InvalidParameterException', 'LogGroup name or identifier must be given.');
}

const groupDetails = ({ name, arn, createdAt, retentionDays }: LogGroup) => ({
  logGroupName: name,
  creationTime: createdAt,
  retentionInDays: retentionDays,
  metricFilterCount: 0,
  arn: `${arn}:*`,
  logGroupArn: arn,
  storedBytes: 0,
  logGroupClass: 'STANDARD' as const,
});

const within = (
  events: readonly LogEvent[],
  {
    startTime = 0,
    endTime = Number.POSITIVE_INFINITY,
  }: { startTime?: number | undefined; endTime?: number | undefined },
): LogEvent[] => events.filter(({ timestamp }) => timestamp >= startTime && timestamp < endTime);

/** Padded, so that ids sort as text. */
const eventIdOf = (index: number): string => String(index).padStart(56, '0');
const eventId = ({ index }: LogEvent): string => eventIdOf(index);

const output = ({ timestamp, message }: LogEvent) => ({ timestamp, message, ingestionTime: timestamp });

function window(events: LogEvent[], limit: number, fromHead: boolean, token: string | undefined): LogEvent[] {
  if (token === undefined) return fromHead ? events.slice(0, limit) : events.slice(-limit);
  const [, direction, position = ''] = /^([fb])\/(\d{56})$/.exec(token) ?? [];
  if (direction === 'f') return events.filter((event) => eventId(event) > position).slice(0, limit);
  if (direction === 'b') return events.filter((event) => eventId(event) < position).slice(-limit);
  throw invalidToken();
}

function pageByPosition<Item>(items: readonly Item[], size: number, token: string | undefined) {
  const start = Number(token ?? 0);
  if (!Number.isInteger(start)) throw invalidToken();
  const end = start + size;
  return { items: items.slice(start, end), nextToken: end < items.length ? String(end) : undefined };
}

const invalidToken = (): AwsError => new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
