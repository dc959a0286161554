import { expect, it } from 'vitest';
import { isActive } from './disruption-budgets.ts';

const at = (time: string) => Date.parse(`2026-07-15T${time}:00Z`);
const office = { nodes: '0', schedule: '0 8 * * MON-FRI', duration: '9h30m' };

it.each([
  ['before it', '07:59', false],
  ['at its beginning', '08:00', true],
  ['within it', '12:00', true],
  ['just before its end', '17:29', true],
  ['at its end', '17:30', false],
])('a budget with a schedule restricts only while it is active: %s', (_, time, expected) => {
  expect(isActive(office, at(time))).toBe(expected);
});

it('a budget with a schedule that comes again before its duration is over is always active, and so is one without', () => {
  const hourly = { nodes: '0', schedule: '@hourly', duration: '2h' };
  for (const time of ['00:00', '08:30', '23:59']) {
    expect([isActive(hourly, at(time)), isActive({ nodes: '10%' }, at(time))]).toEqual([true, true]);
  }
});
