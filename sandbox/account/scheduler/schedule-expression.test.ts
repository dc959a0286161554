import { describe, expect, it } from 'vitest';
import { InvalidScheduleExpression, parseScheduleExpression } from './schedule-expression.ts';

const run = (expression: string, timezone: string, from: string, count: number): string[] => {
  const schedule = parseScheduleExpression(expression, timezone, Date.parse(from));
  const times: string[] = [];
  let after = Date.parse(from);
  while (times.length < count) {
    const next = schedule.next(after);
    if (next === undefined) break;
    times.push(new Date(next).toISOString().slice(0, 16));
    after = next;
  }
  return times;
};

describe('a schedule expression', () => {
  it.each([
    ['rate(1 hour)', 'UTC', '2026-07-14T09:10:00Z', ['2026-07-14T10:10', '2026-07-14T11:10']],
    ['rate(5 minutes)', 'UTC', '2026-07-14T09:10:00Z', ['2026-07-14T09:15', '2026-07-14T09:20']],
    ['cron(15 10 * * ? *)', 'UTC', '2026-07-14T10:15:00Z', ['2026-07-15T10:15', '2026-07-16T10:15']],
    ['cron(0/15 8-9 ? * MON-FRI *)', 'UTC', '2026-07-17T09:30:00Z', ['2026-07-17T09:45', '2026-07-20T08:00']],
    ['cron(0 9 ? * 2 *)', 'UTC', '2026-07-14T00:00:00Z', ['2026-07-20T09:00', '2026-07-27T09:00']],
    ['cron(0 9 ? * 6#3 *)', 'UTC', '2026-07-01T00:00:00Z', ['2026-07-17T09:00', '2026-08-21T09:00']],
    ['cron(0 0 L * ? *)', 'UTC', '2026-02-01T00:00:00Z', ['2026-02-28T00:00', '2026-03-31T00:00']],
    ['cron(0 0 1 1 ? 2027)', 'UTC', '2026-02-01T00:00:00Z', ['2027-01-01T00:00']],
    ['cron(30 9 * * ? *)', 'Europe/Berlin', '2026-03-28T00:00:00Z', ['2026-03-28T08:30', '2026-03-29T07:30']],
    ['at(2026-07-14T09:00:00)', 'Europe/Berlin', '2026-07-14T00:00:00Z', ['2026-07-14T07:00']],
    ['at(2026-10-25T04:00:00)', 'Europe/Berlin', '2026-07-14T00:00:00Z', ['2026-10-25T03:00']],
  ])('%s in %s after %s fires at %j', (expression, timezone, from, expected) => {
    expect(run(expression, timezone, from, 2)).toEqual(expected);
  });

  it('skips a time that the change to summer time leaves out', () => {
    expect(run('cron(30 2 * * ? *)', 'Europe/Berlin', '2026-03-28T12:00:00Z', 1)).toEqual(['2026-03-30T00:30']);
  });

  it.each(['cron(30 2 * * ? *)', 'cron(30 * * * ? *)'])('runs %s once in the hour that comes twice', (expression) => {
    const wall = run(expression, 'Europe/Berlin', '2026-10-24T12:00:00Z', 20).filter(
      (time) => time === '2026-10-25T00:30' || time === '2026-10-25T01:30',
    );
    expect(wall).toEqual(['2026-10-25T00:30']);
  });

  it.each([
    'rate(5)',
    'rate(1 hours)',
    'rate(2 hour)',
    'rate(0 minutes)',
    'rate(5 weeks)',
    'cron(0 9 * * * *)',
    'cron(0 9 ? * ? *)',
    'cron(0 9 * * ?)',
    'cron(61 9 * * ? *)',
    'cron(? 9 * * ? *)',
    'at(2026-07-14 09:00:00)',
    'at(2026-02-30T09:00:00)',
    'every 5 minutes',
  ])('refuses %s', (expression) => {
    expect(() => parseScheduleExpression(expression, 'UTC', 0)).toThrow(InvalidScheduleExpression);
  });

  it('refuses a time zone that does not exist', () => {
    expect(() => parseScheduleExpression('rate(1 hour)', 'Europe/Utopia', 0)).toThrow('Europe/Utopia');
  });
});
