import { expect, it } from 'vitest';
import { NO_FILTER, readQuestion } from './question.ts';

const NOW = Date.parse('2026-07-15T18:00:00Z');
const WEEK = 7 * 86_400_000;

it('shows everything of the last week where CloudWatch says nothing', () => {
  for (const nothing of [undefined, null, 'text', [], {}, { widgetContext: null }]) {
    expect(readQuestion(nothing, NOW)).toEqual({
      describe: false,
      range: { start: NOW - WEEK, end: NOW },
      filter: NO_FILTER,
      trail: [],
      look: { theme: 'light', width: 1_000, timezone: { label: 'UTC', offsetISO: '+00:00' } },
    });
  }
});

it('takes what is typed before what a button carries, also where something was deleted', () => {
  const carried = { filter: { find: 'old', decision: 'failed', remediation: '' } };
  const all = { 'ehr-find': '', 'ehr-decision': 'acted', 'ehr-function': 'manage-ssm-agent' };
  expect(readQuestion({ ...carried, widgetContext: { forms: { all } } }, NOW).filter).toEqual({
    find: '',
    decision: 'acted',
    remediation: 'manage-ssm-agent',
  });
  expect(readQuestion(carried, NOW).filter).toEqual(carried.filter);
});

it.each([
  ['no numbers', { start: '1', end: 9 }],
  ['times that no date has', { start: 0, end: 1e21 }],
  ['a zoom into times that no date has', { start: 1, end: 9, zoom: { start: 3, end: 8.7e15 } }],
])('shows the last week for a time range of %s, and keeps the rest', (_, timeRange) => {
  const { range, look } = readQuestion({ widgetContext: { theme: 'dark', timeRange } }, NOW);
  expect([range, look.theme]).toEqual([{ start: NOW - WEEK, end: NOW }, 'dark']);
});

it('begins anew where the page begins after all dates', () => {
  expect(readQuestion({ trail: [{ second: 2 ** 50, skip: 0 }] }, NOW).trail).toEqual([]);
});

it('follows the zoom before the time range', () => {
  const timeRange = { mode: 'relative', start: 1, end: 9, zoom: { start: 3, end: 5 } };
  expect(readQuestion({ widgetContext: { timeRange } }, NOW).range).toEqual({ start: 3, end: 5 });
  expect(readQuestion({ widgetContext: { timeRange: { start: 1, end: 9 } } }, NOW).range).toEqual({ start: 1, end: 9 });
});

it.each([
  ['a decision that is none', { filter: { ...NO_FILTER, decision: 'x" | fields @message' } }],
  ['a function that is none', { filter: { ...NO_FILTER, remediation: '"' } }],
  ['a text that is too long', { filter: { ...NO_FILTER, find: 'x'.repeat(10_000) } }],
  ['a page that is none', { trail: [{ second: -1, skip: 1e9 }] }],
  ['a subject that is none', { subject: { cluster: 'x'.repeat(10_000) } }],
])('takes %s for none, and keeps the rest', (_, strange) => {
  const question = readQuestion({ ...strange, widgetContext: { theme: 'dark' } }, NOW);
  expect(question).toMatchObject({ filter: NO_FILTER, trail: [], look: { theme: 'dark' } });
  expect(question).not.toHaveProperty('subject');
});

it('waits for the answer to an event only where that has the form of an event id', () => {
  const id = '0f3a5c7e-9b1d-2f4a-6c8e-0a1b2c3d4e5f';
  expect(readQuestion({ awaits: id }, NOW).awaits).toBe(id);
  for (const strange of ['', '" | fields @message', 'x'.repeat(65), 7, {}]) {
    expect(readQuestion({ awaits: strange }, NOW)).not.toHaveProperty('awaits');
  }
});
