import { CloudWatchClient, type GetMetricDataOutput } from '@aws-sdk/client-cloudwatch';
import { expect, it } from 'vitest';
import { readMetricData } from './metric-data.ts';

const asked = { StartTime: new Date(0), EndTime: new Date(1) };

/** What is read of queries `a`, `b` and `c`, where CloudWatch answers with these pages. */
function readOf(pages: readonly GetMetricDataOutput[]) {
  const client = new CloudWatchClient({ region: 'eu-central-1' });
  const send = async ({ input }: { input: { NextToken?: string } }) => {
    const page = Number(input.NextToken ?? 0);
    return { ...pages[page], ...(page + 1 < pages.length && { NextToken: String(page + 1) }) };
  };
  const MetricDataQueries = ['a', 'b', 'c'].map((Id) => ({ Id }));
  return readMetricData(Object.assign(client, { send }), { ...asked, MetricDataQueries });
}

it('takes what is complete on the last page that has it, and no part of an answer', async () => {
  const { values, incomplete } = await readOf([
    {
      MetricDataResults: [
        { Id: 'a', Values: [3, 2], StatusCode: 'PartialData' },
        { Id: 'b', Values: [9], StatusCode: 'Complete' },
        { Id: 'c', Values: [5], StatusCode: 'PartialData' },
      ],
    },
    {
      MetricDataResults: [
        { Id: 'a', Values: [1], StatusCode: 'Complete' },
        { Id: 'c', Values: [], StatusCode: 'PartialData' },
      ],
    },
  ]);
  expect([...values]).toEqual([
    ['a', [3, 2, 1]],
    ['b', [9]],
  ]);
  expect([...incomplete]).toEqual([['c', 'PartialData']]);
});

it('names why a metric was not read, in the words of CloudWatch, and takes no answer for none', async () => {
  const { values, incomplete } = await readOf([
    {
      Messages: [{ Value: 'Maximum number of allowed metrics exceeded' }],
      MetricDataResults: [
        { Id: 'a', Values: [], StatusCode: 'Complete' },
        { Id: 'b', Values: [], StatusCode: 'Forbidden', Messages: [{ Code: 'ForbiddenError', Value: 'Not yours' }] },
      ],
    },
  ]);
  expect([...values]).toEqual([['a', []]]);
  expect([...incomplete]).toEqual([
    ['b', 'Forbidden: ForbiddenError Not yours, Maximum number of allowed metrics exceeded'],
    ['c', 'no result, Maximum number of allowed metrics exceeded'],
  ]);
});
