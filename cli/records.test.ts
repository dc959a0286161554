import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it } from 'vitest';
import { exampleRecord } from '../functions/shared/records/record.fixture.ts';
import { START, servicesUnderTest } from '../sandbox/stack/services-under-test.ts';
import { createClients } from './clients.ts';
import { RECORDS_ONLY } from './operator.fixture.ts';
import { quoted, readRecords } from './records.ts';

/** A log group with these lines, and what is read from it. */
function log(...lines: object[]) {
  const { logs, clientConfig } = servicesUnderTest();
  logs.ensureGroup('records');
  for (const line of lines) logs.append('records', 'stream', JSON.stringify(line));
  const notes: string[] = [];
  const clients = createClients(clientConfig);
  const patterns: Array<string | undefined> = [];
  clients.logs.middlewareStack.add(
    (next) => (args) => {
      const { filterPattern } = args.input as FilterLogEventsCommand['input'];
      patterns.push(filterPattern);
      return next(args);
    },
    {},
  );
  return {
    notes,
    patterns,
    read: (...conditions: string[]) =>
      readRecords({ clients, stack: RECORDS_ONLY, note: (text) => notes.push(text) }, conditions, START),
  };
}

const record = (id: string, more: object = {}) => ({ ...exampleRecord, id, ...more });

describe('readRecords', () => {
  it('gives what any of the conditions finds, by time, each outcome once', async () => {
    const { read } = log(
      record('late', { cluster: 'a', time: '2026-07-14T12:00:00.000Z' }),
      record('early', { cluster: 'b', time: '2026-07-14T11:00:00.000Z' }),
      record('early', { cluster: 'b', time: '2026-07-14T11:00:00.000Z' }),
      record('other', { cluster: 'c' }),
      { message: 'no record', cluster: 'a' },
    );
    const found = await read('$.cluster = "a"', '$.cluster = "b"');
    expect(found.map(({ id }) => id)).toEqual(['early', 'late']);
  });

  it('takes members, functions and reasons that a newer writer has added', async () => {
    const { read, notes } = log(record('newer', { remediation: 'mend-hosts', reason: 'host-mended', added: 1 }));
    expect(await read('$.id = "newer"')).toMatchObject([{ remediation: 'mend-hosts', reason: 'host-mended' }]);
    expect(notes).toEqual([]);
  });

  it('leaves out records of another version, and says so', async () => {
    const { read, notes } = log(record('other', { version: 2 }), record('known'));
    expect((await read('$.kind = "record"')).map(({ id }) => id)).toEqual(['known']);
    expect(notes).toEqual(['1 record of another version is left out: update EKS Host Remediator.']);
  });

  it('asks in few patterns, none longer than CloudWatch Logs takes, for each condition once', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `${'x'.repeat(60)} ${index % 30}`);
    const { read, patterns } = log(...ids.map((id) => record(id, { correlationId: id })));
    const found = await read(...ids.map((id) => `$.correlationId = ${quoted(id)}`));
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set(ids));
    expect(patterns.length).toBeLessThan(6);
    expect(Math.max(...patterns.map((pattern = '') => pattern.length))).toBeLessThanOrEqual(1_024);
  });
});

it('finds what a pattern cannot say by a wildcard in its place', async () => {
  const { logs, clientConfig } = servicesUnderTest();
  logs.ensureGroup('group');
  logs.append('group', 'stream', JSON.stringify({ name: 'a"b' }));
  const filterPattern = `{ $.name = ${quoted('a"b')} }`;
  const find = new FilterLogEventsCommand({ logGroupName: 'group', filterPattern });
  expect((await new CloudWatchLogsClient(clientConfig).send(find)).events).toHaveLength(1);
});
