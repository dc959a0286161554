import { describe, expect, it } from 'vitest';
import { countsIn, createClockFace, periodFor, timeIn } from './time-axis.ts';

const HOUR = 3_600_000;

it.each([
  ['an hour', HOUR, '1m'],
  ['three hours', 3 * HOUR, '5m'],
  ['a day', 24 * HOUR, '30m'],
  ['a week', 7 * 24 * HOUR, '3h'],
  ['90 days', 90 * 24 * HOUR, '7d'],
])('groups %s into bars that can be told apart', (_, span, text) => {
  const period = periodFor({ start: 0, end: span });
  expect(period.text).toBe(text);
  expect(span / period.ms).toBeLessThanOrEqual(60);
});

describe('times', () => {
  const at = Date.parse('2026-07-14T23:30:00Z');

  it.each([
    ['+00:00', '2026-07-14 23:30:00'],
    ['+02:00', '2026-07-15 01:30:00'],
    ['-03:30', '2026-07-14 20:00:00'],
  ])('are shown in the time zone of the dashboard, %s', (offset, shown) => {
    expect(createClockFace(offset).full(at)).toBe(shown);
  });

  it('are read as Logs Insights writes them', () => {
    expect(timeIn('2026-07-14 23:30:00.000')).toBe(at);
    expect(
      countsIn([
        new Map([
          ['at', '2026-07-14 23:30:00.000'],
          ['decision', 'done'],
          ['records', '3'],
        ]),
        new Map([['at', 'x']]),
      ]),
    ).toEqual([{ at, decision: 'done', records: 3 }]);
  });
});
