import { expect, it } from 'vitest';
import { exampleRecord } from '../functions/shared/records/record.fixture.ts';
import {
  ANSWERS,
  IN_QUARANTINE,
  QUARANTINE_GUARDS,
  SHELL_INGRESS,
  STAYS_EXPOSED,
  STOPS,
} from '../functions/shared/records/status.ts';
import { compileQuery } from '../sandbox/account/logs/insights.ts';
import { readQuery, savedQueries } from './saved-queries.ts';

/** The texts in the list that follows a condition. */
const listAfter = (text: string, condition: string): string[] => {
  const [, list = ''] = text.split(`${condition} [`);
  return [...(list.split(']')[0] ?? '').matchAll(/"([^"]*)"/g)].map(([, each = '']) => each);
};

const lastWords = savedQueries().filter(({ text }) => /latest\((reason|decision)\)/.test(text));

it('there are queries that ask how things stand', () => {
  expect(lastWords.length).toBeGreaterThan(3);
});

it.each(lastWords.map(({ name, text }) => [name, text]))('takes no answer for how a subject stands: %s', (_, text) => {
  expect(listAfter(text.split('| stats')[0] ?? '', 'reason not in')).toEqual(expect.arrayContaining([...ANSWERS]));
});

it.each(lastWords.map(({ name, text }) => [name, text]))('lets no stop hide what was said before: %s', (name, text) => {
  // An invalid policy is itself refused, and is to be mended first.
  const hidden = name === 'what-failed-and-what-to-do' ? STOPS.filter((stop) => stop !== 'policy-invalid') : STOPS;
  expect(listAfter(text.split('| stats')[0] ?? '', 'reason not in')).toEqual(expect.arrayContaining([...hidden]));
});

it.each(savedQueries().map(({ name, text }) => [name, text]))(
  'puts back-quotes around the names of nested fields: %s',
  (_name, text) => {
    const commands = text.split('\n').filter((line) => !line.startsWith('#'));
    // Without texts, regular expressions and quoted names, no dot must be left.
    const bare = commands.join('\n').replaceAll(/"[^"]*"|`[^`]*`|\/[^\n]+\/$/gm, '');
    expect(bare.match(/\w+\.\w+/g) ?? []).toEqual([]);
  },
);

it('knows every last word after which a worker is in quarantine or stays exposed, as the widget does', () => {
  const { text } = readQuery('what-is-in-quarantine');
  expect(listAfter(text, 'lastWord in')).toEqual([...IN_QUARANTINE, ...STAYS_EXPOSED]);
  expect(listAfter(text, 'reason not in')).toEqual([...ANSWERS, ...QUARANTINE_GUARDS, ...SHELL_INGRESS]);
});

it('tells changes of every function, by what was decided or by the calls, and no announcements', () => {
  const call = { service: 'ec2', operation: 'ModifyNetworkInterfaceAttribute', requestId: 'r-1' };
  const records = [
    { remediation: 'triage-findings', decision: 'acted', reason: 'inspector-enabled', calls: [] },
    { remediation: 'quarantine-workers', decision: 'done', reason: 'quarantined', calls: [call, call] },
    { remediation: 'quarantine-workers', decision: 'failed', reason: 'released-in-part', calls: [call] },
    { remediation: 'watch-ami-releases', decision: 'acted', reason: 'release-seen', calls: [] },
    { remediation: 'triage-findings', decision: 'acted', reason: 'upgrade-requested', calls: [] },
    { remediation: 'manage-ssm-agent', decision: 'done', reason: 'agent-verified', calls: [] },
  ];
  const events = records.map((record, index) => ({
    index,
    stream: 'stream',
    timestamp: index,
    message: JSON.stringify({ ...exampleRecord, ...record }),
  }));
  const rows = compileQuery(readQuery('what-was-changed').text)(events, 'group').map(
    (row) => new Map(row.map(({ field, value }) => [field, value])),
  );
  expect(rows.map((row) => row.get('reason'))).toEqual(['released-in-part', 'quarantined', 'inspector-enabled']);
  expect(rows[1]?.get('allCalls')).toBe([call, call].map((each) => JSON.stringify(each)).join());
});
