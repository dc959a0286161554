import { CloudWatchLogsClient, GetQueryResultsCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, it } from 'vitest';
import { MINUTE, START, servicesUnderTest } from '../../stack/services-under-test.ts';

const LINES = [
  { kind: 'record', group: 'web', decision: 'waiting', latencyMs: 10, details: { attempt: 1 } },
  { kind: 'record', group: 'db', decision: 'failed', latencyMs: 40, hint: 'Do "this".' },
  { kind: 'other', group: 'web', count: 3 },
  { kind: 'record', group: 'web', decision: 'done', latencyMs: 30, details: { attempt: 2 } },
];

/** Events a minute apart, with a line that is not JSON at the end. */
async function queryUnderTest() {
  const account = servicesUnderTest();
  account.logs.ensureGroup('group');
  for (const line of [...LINES.map((each) => JSON.stringify(each)), 'START RequestId: 1']) {
    account.logs.append('group', 'stream', line);
    await account.play(MINUTE);
  }
  const client = new CloudWatchLogsClient(account.clientConfig);
  const start = START / 1000;
  return async (queryString: string, more: { startTime?: number; endTime?: number; limit?: number } = {}) => {
    const range = { startTime: start, endTime: start + 3600, ...more };
    const { queryId } = await client.send(new StartQueryCommand({ logGroupName: 'group', queryString, ...range }));
    const { results = [], status } = await client.send(new GetQueryResultsCommand({ queryId }));
    expect(status).toBe('Complete');
    return results.map((row) => Object.fromEntries(row.map(({ field = '', value }) => [field, value])));
  };
}

const without = ({ '@ptr': _, ...row }: Record<string, string | undefined>) => row;

describe('a query', () => {
  it('that names no fields gives time and message, the latest first', async () => {
    const query = await queryUnderTest();
    const rows = await query('limit 2');
    expect(rows).toEqual([
      { '@timestamp': '2026-07-14 09:04:00.000', '@message': 'START RequestId: 1', '@ptr': '4' },
      { '@timestamp': '2026-07-14 09:03:00.000', '@message': JSON.stringify(LINES[3]), '@ptr': '3' },
    ]);
  });

  it.each([
    ['kind = "record"', ['done', 'failed', 'waiting']],
    ["decision in ['done', 'failed']", ['done', 'failed']],
    ['ispresent(decision) and decision not in ["done"]', ['failed', 'waiting']],
    ['latencyMs >= 30 and latencyMs < 40', ['done']],
    ['latencyMs > 30 or details.attempt = 1', ['failed', 'waiting']],
    ['decision like /^d/', ['done']],
    ['decision like "ait"', ['waiting']],
    ['decision =~ /fail|done/', ['done', 'failed']],
    ['ispresent(hint)', ['failed']],
    ['kind = "record" and not ispresent(hint)', ['done', 'waiting']],
    ['(kind = "record" or kind = "other") and group != "db"', ['done', undefined, 'waiting']],
    ['hint = "Do \\"this\\"."', ['failed']],
    ['`details.attempt` = 2', ['done']],
    ['concat(kind, "-", group) = "record-db"', ['failed']],
    ['kind = "record" # and nothing else', ['done', 'failed', 'waiting']],
  ])('filters: %s', async (condition, expected) => {
    const query = await queryUnderTest();
    const rows = await query(`fields decision\n| filter ${condition}`);
    expect(rows.map(({ decision }) => decision)).toEqual(expected);
  });

  it('names, sorts, shows and cuts', async () => {
    const query = await queryUnderTest();
    const rows = await query(
      'fields latencyMs as ms, coalesce(hint, "none") as advice | filter ispresent(ms) | sort group asc, ms desc | limit 2 | display ms, advice',
    );
    expect(rows.map(without)).toEqual([
      { ms: '40', advice: 'Do "this".' },
      { ms: '30', advice: 'none' },
    ]);
  });

  it('groups', async () => {
    const query = await queryUnderTest();
    const aggregates = 'count(*) as lines, count(latencyMs) as timed, sum(latencyMs) as total, avg(latencyMs) as mean';
    const more =
      'min(latencyMs) as least, max(latencyMs) as most, pct(latencyMs, 50) as median, count_distinct(decision) as kinds';
    const rows = await query(`filter ispresent(group) | stats ${aggregates}, ${more} by group | sort group`);
    expect(rows).toEqual([
      {
        group: 'db',
        lines: '1',
        timed: '1',
        total: '40',
        mean: '40',
        least: '40',
        most: '40',
        median: '40',
        kinds: '1',
      },
      {
        group: 'web',
        lines: '3',
        timed: '2',
        total: '40',
        mean: '20',
        least: '10',
        most: '30',
        median: '10',
        kinds: '2',
      },
    ]);
  });

  it('tells the latest and the earliest of each group, and filters and groups that once more', async () => {
    const query = await queryUnderTest();
    const latest = 'filter kind = "record" | stats latest(decision) as lastWord, earliest(decision) as first by group';
    expect(await query(`${latest} | sort group`)).toEqual([
      { group: 'db', lastWord: 'failed', first: 'failed' },
      { group: 'web', lastWord: 'done', first: 'waiting' },
    ]);
    expect(await query(`${latest} | filter lastWord = "done" | stats count(*) as groups by lastWord`)).toEqual([
      { lastWord: 'done', groups: '1' },
    ]);
  });

  it('groups by time', async () => {
    const query = await queryUnderTest();
    expect(await query('stats count(*) as lines by bin(2m) as at | sort at')).toEqual([
      { at: '2026-07-14 09:00:00.000', lines: '2' },
      { at: '2026-07-14 09:02:00.000', lines: '2' },
      { at: '2026-07-14 09:04:00.000', lines: '1' },
    ]);
  });

  it('has one row for all, also for nothing', async () => {
    const query = await queryUnderTest();
    expect(await query('filter kind = "nothing" | stats count(*)')).toEqual([{ 'count(*)': '0' }]);
    expect(await query('filter kind = "nothing" | stats count(*) by group')).toEqual([]);
  });

  it('leaves out what repeats', async () => {
    const query = await queryUnderTest();
    const rows = await query('fields group, latencyMs | filter kind = "record" | sort latencyMs | dedup group');
    expect(rows.map(without)).toEqual([
      { group: 'web', latencyMs: '10' },
      { group: 'db', latencyMs: '40' },
    ]);
  });

  it('takes a text apart by a regular expression, where that fits, and ranks texts', async () => {
    const query = await queryUnderTest();
    const parsed = 'fields group | parse @message /"decision":"(?<first>.)(?<rest>[^"]*)"/ | filter kind = "record"';
    expect((await query(`${parsed} and first = "f"`)).map(without)).toEqual([
      { group: 'db', first: 'f', rest: 'ailed' },
    ]);
    const [texts] = await query(
      'stats sortsFirst(decision) as first, sortsLast(decision) as last, max(latencyMs) as most',
    );
    expect(texts).toEqual({ first: 'done', last: 'waiting', most: '40' });
    expect(await query('parse @message /"(?<what>rec)/ | stats count(what) as n')).toEqual([{ n: '3' }]);
  });

  it('reads no more than the time asked for, in whole seconds', async () => {
    const query = await queryUnderTest();
    const start = START / 1000;
    expect(await query('stats count(*) as n', { startTime: start + 60, endTime: start + 120 })).toEqual([{ n: '2' }]);
    expect(await query('fields @message', { limit: 3 })).toHaveLength(3);
  });
});

describe('refuses, as Logs Insights does,', () => {
  it.each([
    ['an unknown command', 'select * from x'],
    ['what is no expression', 'filter kind ='],
    ['what comes too late', 'limit 5 6'],
    ['an unknown sign', 'filter kind ; x'],
    ['nothing', '  # only a comment'],
    ['too much', 'limit 20000'],
  ])('%s', async (_what, text) => {
    const query = await queryUnderTest();
    await expect(query(text)).rejects.toMatchObject({ name: 'MalformedQueryException' });
  });
});

describe('says aloud that the sandbox does not know', () => {
  it.each([
    ['a command', 'parse @message "*" as x'],
    ['a function', 'fields strlen(@message) as n'],
    ['an aggregation', 'stats stddev(latencyMs)'],
    ['a division', 'fields latencyMs / 1000 as s'],
    ['what a negation makes of a missing field', 'filter hint != "x"'],
    ['what not makes of a missing field', 'filter not (hint = "x")'],
    ['what the latest value is where the latest event has none', 'stats latest(hint) by kind'],
  ])('%s', async (_what, text) => {
    const query = await queryUnderTest();
    await expect(query(text)).rejects.toMatchObject({ name: 'NotImplementedBySandbox' });
  });
});
