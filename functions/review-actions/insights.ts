import { type CloudWatchLogsClient, GetQueryResultsCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../shared/runtime/clock.ts';

/** Logs Insights did not answer within the time that a viewer waits. */
export class QueryUnfinished extends Error {
  override readonly name = 'QueryUnfinished';
}

export interface InsightsDeps {
  readonly logs: CloudWatchLogsClient;
  readonly logGroup: string;
  readonly clock: Clock;
  /** Waits, ms. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** The values of a row, by field. */
export type Row = ReadonlyMap<string, string>;

/** How long to wait for an answer, ms. Only this code waits inside a function, because Logs Insights must be polled. */
const PATIENCE = 8_000;
const [FIRST_PAUSE, LONGEST_PAUSE] = [200, 1_000];

/**
 * Runs a Logs Insights query. FilterLogEvents would not do: Logs Insights returns the newest records first, counts, and
 * finds the latest record of each subject. Only what is shown comes over the network, however large the log.
 *
 * @param range epoch milliseconds; Logs Insights takes whole seconds, both ends included
 * @throws QueryUnfinished when there is no answer in time
 */
export async function ask(
  { logs, logGroup, clock, sleep }: InsightsDeps,
  queryString: string,
  range: { readonly start: number; readonly end: number },
): Promise<Row[]> {
  const [startTime, endTime] = [Math.floor(range.start / 1_000), Math.ceil(range.end / 1_000)];
  // A page that was opened long ago may by now lie before the start of a moving time range.
  if (startTime >= endTime) return [];
  const until = clock.now() + PATIENCE;
  const { queryId } = await logs.send(
    new StartQueryCommand({ logGroupName: logGroup, startTime: Math.max(0, startTime), endTime, queryString }),
  );
  for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 1.5)) {
    await sleep(pause);
    const { status, results = [] } = await logs.send(new GetQueryResultsCommand({ queryId }));
    if (status === 'Complete')
      return results.map((row) => new Map(row.map(({ field = '', value = '' }) => [field, value])));
    if (status !== 'Running' && status !== 'Scheduled') throw new QueryUnfinished(`The query ended as ${status}.`);
    if (clock.now() >= until) throw new QueryUnfinished('CloudWatch Logs has not answered in time.');
  }
}
