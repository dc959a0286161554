import { type CloudWatchLogsClient, GetQueryResultsCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../shared/runtime/clock.ts';

/** Logs Insights did not answer in the time that a viewer waits. */
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

/** How long an answer is waited for, ms: the one thing here that waits, because Logs Insights answers by being asked again. */
const PATIENCE = 8_000;
const [FIRST_PAUSE, LONGEST_PAUSE] = [200, 1_000];

/**
 * Asks Logs Insights. It is used rather than FilterLogEvents because it gives the newest first, counts, and finds the last
 * word on each subject by itself: what comes over the network is what is shown, however large the log.
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
  // A page that was opened long ago may by now lie before a range that moves with time.
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
