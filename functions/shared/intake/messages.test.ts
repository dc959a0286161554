import type { SQSRecord } from 'aws-lambda';
import { expect, it } from 'vitest';
import { sample, schema } from '../../../events/remediation-request.ts';
import { messageReader, readMessages } from './messages.ts';

const SENT = Date.parse('2026-07-15T08:00:01.234Z');
const readers = { [sample['detail-type']]: messageReader(schema, ({ detail }) => detail.action) };

function triggerOf(time: string, tries = 1, queue = 'queue') {
  const attributes = { ApproximateReceiveCount: String(tries), SentTimestamp: String(SENT) };
  const eventSourceARN = `arn:aws:sqs:eu-central-1:111122223333:${queue}`;
  const message = { body: JSON.stringify({ ...sample, time }), attributes, eventSourceARN } as SQSRecord;
  return readMessages([message], readers).requests[0]?.trigger;
}

const timeOf = (time: string): number | undefined => triggerOf(time)?.time;

it('a request has the time of its event', () => {
  expect(timeOf('2026-07-15T08:00:00Z')).toBe(Date.parse('2026-07-15T08:00:00Z'));
});

it('no request is from the future, whatever time somebody puts it on the bus with: it would outrank each later one', () => {
  expect(timeOf('2099-01-01T00:00:00Z')).toBe(SENT);
  expect(timeOf('9999-12-31T23:59:59+00:00')).toBe(SENT);
});

it.each([
  [1, 'queue', false, undefined],
  [2, 'queue', true, undefined],
  [8, 'queue', true, undefined],
  [9, 'queue', true, true],
  [11, 'queue.fifo', true, undefined],
  [12, 'queue.fifo', true, true],
])(
  'knows of delivery %i by %s whether it is the first and whether it is the last',
  (tries, queue, redelivered, isLastTry) => {
    expect(triggerOf(sample.time, tries, queue)).toMatchObject({ redelivered });
    expect(triggerOf(sample.time, tries, queue)?.isLastTry).toBe(isLastTry);
  },
);

it.each([
  ['all', undefined],
  [undefined, undefined],
  ['invalid-event', 'its message group must be "all"'],
  ['', 'its message group must be "all"'],
])('a message of the group %s is taken, unless it would be handled beside others: fault %s', (group, fault) => {
  const attributes = { SentTimestamp: String(SENT), ...(group !== undefined && { MessageGroupId: group }) };
  const message = { body: JSON.stringify(sample), attributes, eventSourceARN: 'arn:queue.fifo' } as SQSRecord;
  const { requests, malformed } = readMessages([message], readers);
  expect(malformed.map((each) => each.fault)).toEqual(fault === undefined ? [] : [fault]);
  expect(requests).toHaveLength(fault === undefined ? 1 : 0);
});
