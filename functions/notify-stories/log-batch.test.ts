import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { exampleRecord } from '../shared/records/record.fixture.ts';
import { readBatch } from './log-batch.ts';

const delivery = (content: object) => ({
  awslogs: { data: gzipSync(JSON.stringify(content)).toString('base64') },
});
const lines = (...messages: string[]) =>
  delivery({ messageType: 'DATA_MESSAGE', logEvents: messages.map((message) => ({ message })) });
const line = (more: object) => JSON.stringify({ ...exampleRecord, ...more });

it('gives the records of a delivery by time, each once, and leaves out everything else', () => {
  const later = line({ id: 'later', time: '2026-07-15T18:00:00.000Z' });
  const earlier = line({ id: 'earlier', time: '2026-07-15T17:00:00.000Z' });
  // A function that was stopped while it wrote leaves a torn line, which must not hide the others.
  const torn = '{"kind":"record","version":1,"mess';
  const delivered = lines(later, earlier, later, line({ version: 2 }), '{"kind":"call"}', 'no JSON', torn);
  expect(readBatch(delivered).map(({ id }) => id)).toEqual(['earlier', 'later']);
});

it.each([
  ['without a name', { instance: '' }],
  ['with a name that no key has room for', { cluster: 'x'.repeat(1_024) }],
  ['of a function whose name leaves no room in the key', { remediation: 'x'.repeat(1_024) }],
])('leaves out a record about a subject %s, which the ledger cannot keep, and gives the others', (_what, more) => {
  const delivered = lines(line({ id: 'nameless', ...more }), line({ id: 'good' }));
  expect(readBatch(delivered).map(({ id }) => id)).toEqual(['good']);
});

it('takes it calmly when CloudWatch Logs only tries whether it is there', () => {
  expect(readBatch(delivery({ messageType: 'CONTROL_MESSAGE', logEvents: [{ message: 'ping' }] }))).toEqual([]);
});

it.each([
  {},
  { awslogs: { data: 'not base64!' } },
  { awslogs: { data: 'aGVsbG8=' } },
  delivery({ messageType: 'OTHER' }),
])('fails on what is no delivery: %j', (event) => {
  expect(() => readBatch(event)).toThrow();
});
