import {
  type CloudWatchClient,
  type GetMetricDataInput,
  type MessageData,
  paginateGetMetricData,
} from '@aws-sdk/client-cloudwatch';
import { listed } from '../text/listed.ts';

/** What CloudWatch has answered to `GetMetricData`. */
export interface MetricData {
  /** The values of each query that was answered as a whole, by its id, the newest first. */
  readonly values: ReadonlyMap<string, readonly number[]>;
  /** Why queries have no such answer, in CloudWatch's words, by id. A part of the values says nothing of the newest one. */
  readonly incomplete: ReadonlyMap<string, string>;
}

/**
 * Reads metrics, with all pages. CloudWatch answers with success also where it could not read a metric, or only a part of
 * it: the status of each query says so.
 *
 * Source: CloudWatch API reference, MetricDataResult, StatusCode (`PartialData`, also on each page that another one
 * follows; `InternalError`, `Forbidden`), and GetMetricData, Messages.
 */
export async function readMetricData(client: CloudWatchClient, request: GetMetricDataInput): Promise<MetricData> {
  const found = new Map<string, number[]>();
  const status = new Map<string, string>();
  const general: string[] = [];
  for await (const { MetricDataResults = [], Messages = [] } of paginateGetMetricData({ client }, request)) {
    general.push(...Messages.map(wordsOf));
    for (const { Id = '', Values = [], StatusCode = 'no status', Messages: own = [] } of MetricDataResults) {
      found.set(Id, [...(found.get(Id) ?? []), ...Values]);
      status.set(Id, [StatusCode, ...own.map(wordsOf)].join(': '));
    }
  }
  const asked = (request.MetricDataQueries ?? []).flatMap(({ Id, ReturnData = true }) =>
    Id !== undefined && ReturnData ? [Id] : [],
  );
  const isComplete = (id: string) => status.get(id)?.split(':', 1)[0] === 'Complete';
  return {
    values: new Map([...found].filter(([id]) => isComplete(id))),
    incomplete: new Map(
      asked.flatMap((id) => (isComplete(id) ? [] : [[id, listed([status.get(id) ?? 'no result', ...general])]])),
    ),
  };
}

const wordsOf = ({ Code = '', Value = '' }: MessageData): string =>
  [Code, Value].filter((word) => word !== '').join(' ');
