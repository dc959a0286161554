import { Cron } from 'croner';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeWindow, nextOpening, nextOpenings } from './change-window.ts';

const HOUR = 3_600_000;
const parse = (input: object) => changeWindow.parse(input);
const at = (iso: string) => Date.parse(iso);

describe('nextOpening', () => {
  const weeknights = parse({ cron: '0 22 * * MON-FRI', duration: '4h', timeZone: 'Europe/Berlin' });

  it.each([
    ['inside', '2026-07-14T21:30:00Z', '2026-07-14T21:30:00Z'],
    ['at the very opening', '2026-07-14T20:00:00Z', '2026-07-14T20:00:00Z'],
    ['in the last millisecond', '2026-07-14T23:59:59.999Z', '2026-07-14T23:59:59.999Z'],
    ['at the very end, which is outside', '2026-07-15T00:00:00Z', '2026-07-15T20:00:00Z'],
    ['past midnight of a Friday window', '2026-07-17T22:30:00Z', '2026-07-17T22:30:00Z'],
    ['on a Saturday', '2026-07-18T12:00:00Z', '2026-07-20T20:00:00Z'],
    ['in winter, an hour later in UTC', '2026-12-01T20:30:00Z', '2026-12-01T21:00:00Z'],
  ])('%s', (_where, now, opening) => {
    expect(nextOpening([weeknights], at(now))).toBe(at(opening));
  });

  it('is now when there are no windows', () => {
    expect(nextOpening([], 42)).toBe(42);
  });

  it('is the earliest of several', () => {
    const sundays = parse({ cron: '0 3 * * SUN', duration: '2h' });
    expect(nextOpening([weeknights, sundays], at('2026-07-18T12:00:00Z'))).toBe(at('2026-07-19T03:00:00Z'));
  });

  it.each([
    ['spring, when 02:30 does not exist', '2026-03-29T00:00:00Z', '2026-03-29T03:00:00Z'],
    ['autumn, when 02:30 comes twice', '2026-10-25T00:00:00Z', '2026-10-25T03:00:00Z'],
  ])('opens once in %s', (_when, from, to) => {
    const nightly = parse({ cron: '30 2 * * *', duration: '30m', timeZone: 'Europe/Berlin' });
    const opening = nextOpening([nightly], at(from));
    expect(opening).toBeGreaterThanOrEqual(at(from));
    expect(opening).toBeLessThanOrEqual(at(to));
  });

  it('is the same whatever was asked before', () => {
    const times = fc.array(fc.integer({ min: at('2026-03-27T00:00:00Z'), max: at('2026-03-31T00:00:00Z') }), {
      minLength: 2,
    });
    fc.assert(
      fc.property(times, (asked) => {
        const one = { ...weeknights };
        for (const now of asked) expect(nextOpening([one], now)).toBe(nextOpening([{ ...weeknights }], now));
      }),
      { numRuns: 20 },
    );
  });

  it('is never in the past, and is inside a window', () => {
    const nightly = parse({ cron: '0 1 * * *', duration: '3h' });
    fc.assert(
      fc.property(fc.integer({ min: at('2025-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') }), (now) => {
        const opening = nextOpening([nightly], now);
        expect(opening).toBeGreaterThanOrEqual(now);
        expect(opening - now).toBeLessThanOrEqual(21 * HOUR);
        const hour = new Date(opening).getUTCHours();
        expect(hour).toBeGreaterThanOrEqual(1);
        expect(hour).toBeLessThan(4);
      }),
    );
  });
});

describe('changeWindow refuses', () => {
  it.each([
    [{ cron: '0 22 * *', duration: '4h' }, 'cron', 'five fields'],
    [{ cron: '0 22 * * 1-9', duration: '4h' }, 'cron', 'has "9" as day-of-week'],
    [{ cron: '0 0 31 2 *', duration: '4h' }, 'cron', 'never comes true'],
    [{ cron: '0 22 * * *', duration: '8d' }, 'duration', 'at most 7d'],
    [{ cron: '0 22 * * *', duration: '0h' }, 'duration', 'more than 0'],
    [{ cron: '0 22 * * *', duration: '4 hours' }, 'duration', 'whole number with a unit'],
    [{ cron: '0 22 * * *', duration: '4h', timeZone: 'Europe/Atlantis' }, 'timeZone', 'IANA time zone'],
  ])('%j', (input, field, fault) => {
    const { error } = changeWindow.safeParse(input);
    expect(error?.issues[0]).toMatchObject({ path: [field], message: expect.stringContaining(fault) });
  });

  it('all that is wrong at once', () => {
    const { error } = changeWindow.safeParse({ cron: '0 25 * * *', duration: '8d', timeZone: 'CEST2' });
    expect(error?.issues.map(({ path, message }) => [...path, message].join(': '))).toEqual([
      'timeZone: must be an IANA time zone such as "Europe/Berlin" or "UTC"',
      'duration: must be more than 0 and at most 7d',
      'cron: has "25" as hour, which goes from 0 to 23',
    ]);
  });
});

describe('days of the month together with weekdays', () => {
  const faultOf = (cron: string) => changeWindow.safeParse({ cron, duration: '4h' }).error?.issues[0]?.message ?? '';
  const spellingIn = (fault: string) => /write "([^"]+)"$/.exec(fault)?.[1];

  it.each([
    ['0 2 1-7 * SAT', '0 2 * * SAT#1'],
    ['30 22 8-14 3,9 2', '30 22 * 3,9 2#2'],
    ['0 2 1-7 * SAT,SUN', '0 2 * * SAT#1,SUN#1'],
    ['0 2 22-28 * MON-FRI', '0 2 * * MON-FRI#4'],
    ['0 2 15-28 * thu', '0 2 * * thu#3,thu#4'],
    ['0 2 29-31 * SUN', '0 2 * * SUN#5'],
  ])('are refused, and spelled as they were meant: %s', (cron, spelling) => {
    expect(faultOf(cron)).toContain('which cron joins by "or"');
    expect(spellingIn(faultOf(cron))).toBe(spelling);
    // The intended meaning: both conditions at once.
    const meant = new Cron(cron, { timezone: 'UTC', domAndDow: true }).nextRuns(60, new Date('2026-01-01T00:00:00Z'));
    const window = changeWindow.parse({ cron: spelling, duration: '4h' });
    expect(nextOpenings(window, Date.parse('2026-01-01T00:00:00Z'), 60)).toEqual(meant.map((at) => at.getTime()));
  });

  it.each(['0 2 13 * FRI', '0 2 1-10 * SAT', '0 2 */2 * SAT', '0 2 1-7 * */2', '0 2 8-7 * SAT', '0 2 L * SUN'])(
    'are refused with an example where "#" cannot say what was meant: %s',
    (cron) => {
      expect(faultOf(cron)).toMatch(/leave one of the two fields "\*".*"0 2 \* \* SAT#1" is the first Saturday$/);
    },
  );

  it.each(['0 2 1-7 * *', '0 2 * * SAT', '0 2 ? * SAT#1', '0 2 1-7 * ?', '0 2 * * SAT#L', '0 2 L * *'])(
    'are fine one without the other: %s',
    (cron) => {
      expect(changeWindow.safeParse({ cron, duration: '4h' }).success).toBe(true);
    },
  );
});

describe('nextOpenings', () => {
  it('are those after now, in the time zone of the window, over a change of the clocks', () => {
    const nightly = parse({ cron: '0 2 * * SUN', duration: '2h', timeZone: 'Europe/Berlin' });
    expect(nextOpenings(nightly, at('2026-10-18T00:00:00Z'), 3).map((opens) => new Date(opens).toISOString())).toEqual([
      '2026-10-25T00:00:00.000Z',
      '2026-11-01T01:00:00.000Z',
      '2026-11-08T01:00:00.000Z',
    ]);
  });
});
