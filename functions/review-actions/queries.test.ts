import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileQuery } from '../../sandbox/account/logs/insights.ts';
import { exampleRecord } from '../shared/records/record.fixture.ts';
import {
  correlatedQuery,
  countsQuery,
  incidentQuery,
  lastGuardsQuery,
  lastWordsQuery,
  quoted,
  recordsQuery,
  statusQuery,
  wordsIn,
} from './queries.ts';
import { NO_FILTER } from './question.ts';

/** These lines as consecutive log events. */
const eventsOf = (lines: readonly object[]) =>
  lines.map((line, index) => ({
    index,
    stream: 'stream',
    timestamp: Date.parse(exampleRecord.time) + index,
    message: JSON.stringify(line),
  }));

/** The ids of the lines that a query finds. */
const found = (query: string, lines: readonly object[]): Array<string | undefined> =>
  compileQuery(query)(eventsOf(lines), 'group').map((row) => {
    const message = row.find(({ field }) => field === '@message')?.value;
    return message === undefined ? undefined : JSON.parse(message).id;
  });
const record = (id: string, more: object = {}) => ({ ...exampleRecord, id, ...more });

describe('recordsQuery', () => {
  it('gives the newest first, each outcome once, without the hourly sweep', () => {
    const lines = [
      record('a'),
      record('b'),
      record('b'),
      record('c', { reason: 'sweep-finished' }),
      { id: 'no record' },
    ];
    expect(found(recordsQuery(NO_FILTER, 10), lines)).toEqual(['b', 'a']);
    expect(
      found(recordsQuery({ ...NO_FILTER, remediation: 'sweep-fleet' }, 10), [
        record('sweep', { remediation: 'sweep-fleet', reason: 'sweep-finished' }),
      ]),
    ).toEqual(['sweep']);
  });

  it.each([
    ['shop/web', 'here'],
    ['SHOP', 'here'],
    ['being UPGRADED', 'here'],
    ['nowhere', undefined],
  ])('looks for %j in names, reason and message', (find, id) => {
    expect(found(recordsQuery({ ...NO_FILTER, find }, 10), [record('here')])).toEqual(id === undefined ? [] : [id]);
  });

  it('narrows by decision and function', () => {
    const lines = [record('a'), record('b', { decision: 'failed' }), record('c', { remediation: 'manage-ssm-agent' })];
    expect(found(recordsQuery({ ...NO_FILTER, decision: 'failed' }, 10), lines)).toEqual(['b']);
    expect(found(recordsQuery({ ...NO_FILTER, remediation: 'manage-ssm-agent' }, 10), lines)).toEqual(['c']);
  });
});

describe('incidentQuery', () => {
  it('finds a worker by its id, a group with its workers, a cluster with all in it', () => {
    const lines = [record('group'), record('worker', { instance: 'i-0abc' }), record('other', { nodegroup: 'batch' })];
    expect(found(incidentQuery({ cluster: 'shop', nodegroup: 'web', instance: 'i-0abc' }, 9), lines)).toEqual([
      'worker',
    ]);
    expect(found(incidentQuery({ cluster: 'shop', nodegroup: 'web' }, 9), lines)).toEqual(['worker', 'group']);
    expect(found(incidentQuery({ cluster: 'shop' }, 9), lines)).toHaveLength(3);
  });
});

describe('what comes from outside', () => {
  const hostile = fc.string({ unit: fc.constantFrom(...`"'\\\`|\n\r/#()[]abc *`) });

  it('never adds to a query', () => {
    fc.assert(
      fc.property(hostile, hostile, (find, name) => {
        const queries = [
          recordsQuery({ ...NO_FILTER, find }, 10),
          countsQuery({ ...NO_FILTER, find }, '1h'),
          incidentQuery({ cluster: name, nodegroup: find }, 10),
          statusQuery({ cluster: name, nodegroup: find }, 10),
          correlatedQuery([name, find], 10),
        ];
        for (const query of queries) {
          // Outside of the quotes, the commands are the same as with a harmless text.
          expect(() => compileQuery(query)).not.toThrow();
          expect(query.replaceAll(/"[^"\\]*"/g, '""')).toMatch(/^[^"\\']*(""[^"\\']*)*$/);
        }
        const commands = (query: string) => query.replaceAll(/"[^"]*"/g, '').split('|').length;
        expect(commands(recordsQuery({ ...NO_FILTER, find }, 10))).toBe(
          commands(
            recordsQuery(
              {
                ...NO_FILTER,
                find: wordsIn(find)
                  .map(() => 'x')
                  .join(' '),
              },
              10,
            ),
          ),
        );
      }),
    );
  });

  it('never makes a query longer than Logs Insights takes', () => {
    const words = Array.from({ length: 100 }, (_, index) => `w${index}`).join(' ');
    expect(recordsQuery({ ...NO_FILTER, find: words }, 10).length).toBeLessThan(10_000);
    expect(correlatedQuery(Array(40).fill('x'.repeat(500)), 200).length).toBeLessThan(10_000);
  });

  it('finds nothing by a name that cannot be written', () => {
    expect(quoted('a" or 1 = 1')).toBe('"no such name"');
  });
});

describe('the last words', () => {
  const quarantine = { remediation: 'quarantine-workers', instance: 'i-0abc' };
  const words = (lines: readonly object[]) =>
    compileQuery(lastWordsQuery())(eventsOf(lines), 'group').map((row) => row.map(({ value }) => value).slice(0, 2));

  it('are those of each function on each subject', () => {
    expect(
      words([record('a'), record('b', { decision: 'done', reason: 'upgraded' }), record('c', quarantine)]),
    ).toEqual([
      ['quarantine-workers shop/web/i-0abc', 'acted upgrade-started'],
      ['upgrade-node-groups shop/web/', 'done upgraded'],
    ]);
  });

  it.each([
    ['refused', 'request-refused'],
    ['waiting', 'request-granted'],
    ['skipped', 'kill-switch'],
    ['refused', 'policy-invalid'],
  ])('leave a worker in quarantine where the latest record is %s %s', (decision, reason) => {
    const held = record('a', { ...quarantine, decision: 'done', reason: 'quarantined' });
    expect(words([held, record('b', { ...quarantine, decision, reason })])).toEqual([
      ['quarantine-workers shop/web/i-0abc', 'done quarantined'],
    ]);
  });

  it('are those of each check of a group: one that passes does not hide another that fails', () => {
    const checked = (id: string, reason: string, check: string) =>
      record(id, {
        remediation: 'check-posture',
        decision: reason === 'posture-passed' ? 'done' : 'failed',
        reason,
        details: { check },
      });
    const lines = [
      checked('a', 'posture-failed', '3.1.1'),
      checked('b', 'posture-failed', '3.2.1'),
      checked('c', 'posture-passed', '3.2.1'),
    ];
    expect(words(lines).map(([, word]) => word)).toEqual(['done posture-passed', 'failed posture-failed']);
    expect(found(statusQuery({ cluster: 'shop', nodegroup: 'web' }, 9), lines)).toEqual(['c', 'b', 'a']);
  });

  it('tell of the account when the last sweep finished, and nothing else', () => {
    const {
      cluster: _,
      nodegroup: __,
      ...account
    } = record('a', { remediation: 'sweep-fleet', decision: 'done', reason: 'sweep-finished' });
    expect(words([account, { ...account, id: 'b', reason: 'findings-counted' }])).toEqual([
      ['sweep-fleet //', 'done sweep-finished'],
    ]);
  });

  it.each([
    ['skipped', 'kill-switch'],
    ['refused', 'policy-invalid'],
  ])('are what was said before a stop: %s %s is a guard beside it', (decision, reason) => {
    const lines = [record('a', { decision: 'failed', reason: 'halted' }), record('b', { decision, reason })];
    expect(words(lines).map(([, word]) => word)).toEqual(['failed halted']);
    const guards = compileQuery(lastGuardsQuery())(eventsOf(lines), 'group');
    expect(guards.map((row) => row[1]?.value)).toEqual([`${decision} ${reason}`]);
  });

  it.each([
    ['skipped', 'opted-out'],
    ['skipped', 'mode-off'],
  ])('are what keeps one function from acting, too: %s %s', (decision, reason) => {
    const lines = [record('a', { decision: 'failed', reason: 'halted' }), record('b', { decision, reason })];
    expect(words(lines).map(([, word]) => word)).toEqual([`${decision} ${reason}`]);
    expect(compileQuery(lastGuardsQuery())(eventsOf(lines), 'group')).toEqual([]);
  });
});

describe('statusQuery', () => {
  it('finds the newest record of each reason, of a group without its workers', () => {
    const worker = { instance: 'i-0abc', reason: 'quarantined' };
    const lines = [
      record('a'),
      record('b'),
      record('c', { reason: 'upgraded' }),
      record('d', worker),
      record('e', worker),
    ];
    expect(found(statusQuery({ cluster: 'shop', nodegroup: 'web' }, 9), lines)).toEqual(['c', 'b']);
    expect(found(statusQuery({ cluster: 'shop', nodegroup: 'web', instance: 'i-0abc' }, 9), lines)).toEqual(['e']);
  });
});
