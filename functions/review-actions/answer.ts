import { readRecordLine } from '../shared/records/record-line.ts';
import { byTime } from '../shared/records/record-subject.ts';
import { ask, type InsightsDeps } from './insights.ts';
import { answerQuery } from './queries.ts';
import type { RequestAnswer } from './view.ts';

/** Functions answer requests within seconds; Logs Insights shows a record some seconds later. All values in ms. */
const [PATIENCE, PAUSE, LOOKED_BACK] = [5_000, 1_000, 3_600_000];
const MOST_RECORDS = 10;

/**
 * Waits briefly for the records of a request, because the viewer who made it is looking at the widget. When nothing is
 * recorded in time, the viewer is told so and can check again.
 *
 * @throws QueryUnfinished when Logs Insights does not answer in time
 */
export async function awaitAnswer(deps: InsightsDeps, event: string): Promise<RequestAnswer> {
  const { clock, sleep } = deps;
  const until = clock.now() + PATIENCE;
  for (;;) {
    const end = clock.now();
    const rows = await ask(deps, answerQuery(event, MOST_RECORDS), { start: end - LOOKED_BACK, end });
    const records = rows.flatMap((row) => readRecordLine(row.get('@message') ?? '') ?? []).sort(byTime);
    if (records.length > 0 || clock.now() >= until) return { event, records };
    await sleep(PAUSE);
  }
}
