import { CloudWatchClient, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { expect, it } from 'vitest';
import { tellWaitingRequests } from './waiting-requests.ts';

const NOW = Date.parse('2026-07-20T12:00:00Z');

/** What is told where metrics have these values, the newest first, by the name of the queue or function. */
async function told(
  values: Readonly<Record<string, readonly number[]>>,
  pages = 1,
  statuses: Readonly<Record<string, string>> = {},
) {
  const client = new CloudWatchClient({ region: 'eu-central-1' });
  const send = async ({ input }: { input: { MetricDataQueries: MetricDataQuery[]; NextToken?: string } }) => {
    const page = Number(input.NextToken ?? 0);
    const isLast = page + 1 === pages;
    const MetricDataResults = input.MetricDataQueries.map(({ Id, MetricStat }) => {
      const name = MetricStat?.Metric?.Dimensions?.[0]?.Value ?? '';
      return {
        Id,
        StatusCode: isLast ? (statuses[name] ?? 'Complete') : 'PartialData',
        Values: (values[name] ?? []).filter((_, at) => at % pages === page),
      };
    });
    return { MetricDataResults, ...(!isLast && { NextToken: String(page + 1) }) };
  };
  const lines: object[] = [];
  const gauges: Array<[string, number]> = [];
  const trouble = await tellWaitingRequests(
    {
      // The SDK's paginator takes only its own client.
      cloudWatch: Object.assign(client, { send }),
      queues: { 'upgrade-node-groups': 'upgrades', 'check-posture': 'posture' },
      functions: { 'notify-stories': 'notify' },
      recorder: {
        note: (kind, members) => void lines.push({ kind, ...members }),
        gauge: (name, value) => void gauges.push([name, value]),
      },
    },
    NOW,
  ).catch((error: Error) => error.message);
  return { lines, gauges, ...(trouble !== undefined && { trouble }) };
}

it('names each function whose oldest request has waited for half an hour, and no other', async () => {
  expect(await told({ upgrades: [1_800, 1_500], posture: [1_799] })).toEqual({
    lines: [{ kind: 'waiting-requests', of: 'upgrade-node-groups', seconds: 1_800, queue: 'upgrades' }],
    gauges: [['WaitingFunctions', 1]],
  });
});

it('goes by how it is now: a request that was taken meanwhile does not wait', async () => {
  expect(await told({ upgrades: [0, 2_400], posture: [] })).toEqual({ lines: [], gauges: [['WaitingFunctions', 0]] });
});

it('names a function without a queue that Lambda refuses to run in three periods, and for fewer nobody', async () => {
  const { lines } = await told({ notify: [2, 0, 3, 1] });
  expect(lines).toEqual([{ kind: 'waiting-requests', of: 'notify-stories', throttles: 6 }]);
  expect((await told({ notify: [9, 9, 0, 0] })).lines).toEqual([]);
});

it('reads all pages of the answer', async () => {
  expect((await told({ notify: [1, 1, 1] }, 2)).gauges).toEqual([['WaitingFunctions', 1]]);
});

it('fails where CloudWatch does not tell of one, after it has told of the others', async () => {
  const values = { upgrades: [1_800], posture: [0], notify: [] };
  for (const status of ['PartialData', 'InternalError', 'Forbidden']) {
    expect(await told(values, 1, { posture: status })).toEqual({
      lines: [{ kind: 'waiting-requests', of: 'upgrade-node-groups', seconds: 1_800, queue: 'upgrades' }],
      gauges: [['WaitingFunctions', 1]],
      trouble: `CloudWatch does not tell whether requests wait for check-posture (${status}).`,
    });
  }
});
