import { GetQueryResultsCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Surroundings } from './command.ts';

/** CloudWatch Logs returns at most this many rows. */
const LIMIT = 10_000;
const POLL_MS = 500;
/** How long a query may take, ms. */
const PATIENCE = 60_000;

/**
 * Runs a Logs Insights query on the stack's log groups, which counts on the server, however many lines there are.
 *
 * @param since epoch milliseconds
 * @returns rows of field values
 * @throws Error when the query does not complete
 */
export async function queryLogs(
  { clients: { logs }, stack, clock, sleep }: Pick<Surroundings, 'clients' | 'stack' | 'clock' | 'sleep'>,
  queryString: string,
  since: number,
): Promise<Array<Readonly<Record<string, string>>>> {
  const { queryId } = await logs.send(
    new StartQueryCommand({
      logGroupNames: [stack.LogGroupName, ...(stack.FedLogGroupName === undefined ? [] : [stack.FedLogGroupName])],
      queryString,
      startTime: Math.floor(since / 1000),
      endTime: Math.ceil(clock.now() / 1000),
      limit: LIMIT,
    }),
  );
  const end = clock.now() + PATIENCE;
  for (;;) {
    const { status, results = [] } = await logs.send(new GetQueryResultsCommand({ queryId }));
    if (status === 'Complete') {
      return results.map((row) => Object.fromEntries(row.map(({ field = '', value = '' }) => [field, value])));
    }
    if (status !== 'Running' && status !== 'Scheduled') throw new Error(`Logs Insights ended the query: ${status}`);
    if (clock.now() >= end) throw new Error('Logs Insights did not answer within a minute.');
    await sleep(POLL_MS);
  }
}
