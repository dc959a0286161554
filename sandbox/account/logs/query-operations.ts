import {
  DescribeQueryDefinitions$,
  type DescribeQueryDefinitionsCommandInput,
  type DescribeQueryDefinitionsCommandOutput,
  GetQueryResults$,
  type GetQueryResultsCommandInput,
  type GetQueryResultsCommandOutput,
  StartQuery$,
  type StartQueryCommandInput,
  type StartQueryCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import { AwsError } from '../../wire/aws-error.ts';
import { pageOf } from '../pagination.ts';
import { operation, type Service } from '../service.ts';
import type { World } from '../world.ts';
import { compileQuery, type ResultRow } from './insights.ts';
import type { Logs } from './logs.ts';

/** A query that was started. */
interface QueryRun {
  /** Epoch milliseconds. */
  readonly completeAt: number;
  readonly rows: readonly ResultRow[];
  readonly scanned: number;
  readonly bytes: number;
}

/** How long a function waits for a query, virtual ms. */
const [QUICKEST_MS, SLOWEST_MS] = [300, 900];

/** Source: CloudWatch Logs API reference, StartQuery: up to 50 log groups by name. */
const MOST_GROUPS = 50;

/**
 * The operations of Logs Insights. The result of a query is computed when it starts. A function gets it some virtual
 * time later, as from AWS; an operator gets it at once, because an operator's client waits in real time.
 */
export function logsQueryOperations(logs: Logs, world: World): Service['operations'] {
  const runs = new Map<string, QueryRun>();
  const random = world.random.fork('logs insights');
  return {
    StartQuery: operation<StartQueryCommandInput, StartQueryCommandOutput>(
      StartQuery$,
      ['logGroupName', 'logGroupNames', 'logGroupIdentifiers', 'startTime', 'endTime', 'queryString', 'limit'],
      (input, { caller }) => {
        const { startTime = 0, endTime = 0, queryString = '', limit = 10_000 } = input;
        const names = groupsOf(input);
        const [name] = names;
        if (name === undefined || names.length > MOST_GROUPS) {
          throw new AwsError('InvalidParameterException', `Between one and ${MOST_GROUPS} log groups must be given.`);
        }
        if (!(startTime < endTime))
          throw new AwsError('InvalidParameterException', 'End time should be after start time.');
        const query = compileQuery(queryString);
        // Both ends are included, in seconds since the epoch.
        const events = names
          .flatMap((group, position) =>
            logs
              .group(group)
              .events.map((event) => ({ ...event, group, index: event.index * names.length + position })),
          )
          .filter(({ timestamp }) => timestamp >= startTime * 1_000 && timestamp < (endTime + 1) * 1_000)
          .sort((a, b) => a.timestamp - b.timestamp);
        const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
        const queryId = random.uuid();
        const takes = caller.invocationId === undefined ? 0 : random.integer(QUICKEST_MS, SLOWEST_MS);
        runs.set(queryId, {
          completeAt: world.time.now + takes,
          rows: query(events, name).slice(0, limit),
          scanned: events.length,
          bytes,
        });
        return { queryId };
      },
      (input) => groupsOf(input).map((name) => ({ action: 'logs:StartQuery', resource: `${logs.arnOf(name)}:*` })),
    ),
    GetQueryResults: operation<GetQueryResultsCommandInput, GetQueryResultsCommandOutput>(
      GetQueryResults$,
      ['queryId'],
      ({ queryId = '' }) => {
        const run = runs.get(queryId);
        if (run === undefined) throw new AwsError('ResourceNotFoundException', `Query ${queryId} does not exist.`);
        if (world.time.now < run.completeAt) return { queryLanguage: 'CWLI', results: [], status: 'Running' };
        return {
          queryLanguage: 'CWLI',
          results: run.rows.map((row) => [...row]),
          statistics: { recordsMatched: run.rows.length, recordsScanned: run.scanned, bytesScanned: run.bytes },
          status: 'Complete',
        };
      },
    ),
    DescribeQueryDefinitions: operation<DescribeQueryDefinitionsCommandInput, DescribeQueryDefinitionsCommandOutput>(
      DescribeQueryDefinitions$,
      ['queryDefinitionNamePrefix', 'maxResults', 'nextToken'],
      ({ queryDefinitionNamePrefix = '', maxResults = 1_000, nextToken }) => {
        const wanted = logs.savedQueries.filter(({ name }) => name.startsWith(queryDefinitionNamePrefix));
        const page = pageOf(wanted, ({ name }) => name, maxResults, nextToken, invalidToken);
        return {
          queryDefinitions: page.items.map(({ id, name, text, groups, modifiedAt }) => ({
            queryDefinitionId: id,
            name,
            queryString: text,
            logGroupNames: [...groups],
            lastModified: modifiedAt,
            queryLanguage: 'CWLI' as const,
          })),
          nextToken: page.nextToken,
        };
      },
    ),
  };
}

/** Groups may be given by name or by ARN. */
const groupsOf = ({ logGroupName, logGroupNames = [], logGroupIdentifiers = [] }: StartQueryCommandInput): string[] => [
  ...(logGroupName === undefined ? [] : [logGroupName]),
  ...logGroupNames,
  ...logGroupIdentifiers.map((identifier) => identifier.replace(/^arn:.*:log-group:/, '').replace(/:\*$/, '')),
];

const invalidToken = (): AwsError => new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
