import type { SQSRecord } from 'aws-lambda';
import { expect, it } from 'vitest';
import { sample, schema } from '../../../events/remediation-request.ts';
import { messageReader, readMessages } from './messages.ts';

const SENT = Date.parse('2026-07-15T08:00:01.234Z');
const readers = { [sample['detail-type']]: messageReader(schema, ({ detail }) => detail.action) };

const timeOf = (time: string): number | undefined => {
  const attributes = { ApproximateReceiveCount: '1', SentTimestamp: String(SENT) };
  const message = { body: JSON.stringify({ ...sample, time }), attributes } as SQSRecord;
  return readMessages([message], readers).requests[0]?.trigger.time;
};

it('a request has the time of its event', () => {
  expect(timeOf('2026-07-15T08:00:00Z')).toBe(Date.parse('2026-07-15T08:00:00Z'));
});

it('no request is from the future, whatever time somebody puts it on the bus with: it would outrank each later one', () => {
  expect(timeOf('2099-01-01T00:00:00Z')).toBe(SENT);
  expect(timeOf('9999-12-31T23:59:59+00:00')).toBe(SENT);
});
