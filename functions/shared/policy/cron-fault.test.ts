import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cron } from './cron.ts';
import { cronFault } from './cron-fault.ts';

/** The expressions that a fault says to write. */
const fixesIn = (fault = ''): string[] => [...fault.matchAll(/[Ww]rite "([^"]*)"/g)].map(([, fix = '']) => fix);

describe('a cron expression that people write', () => {
  it.each([
    ['0 22 * * FRI-MON', 'has the range "FRI-MON" as day-of-week, which runs backwards', '0 22 * * FRI,SAT,SUN,MON'],
    ['0 22 * * 7-1', 'has the range "7-1" as day-of-week, which runs backwards', '0 22 * * 0-1'],
    ['0 22 * * Mo,We', 'has "Mo" as day-of-week, which goes from 0 to 7, or SUN to SAT', '0 22 * * MON,WED'],
    ['0 10pm * * *', 'has "10pm" as hour', '0 22 * * *'],
    ['0 22 * * MON\u2013FRI', 'with signs that cron does not take', '0 22 * * MON-FRI'],
    ['0 22 * * MON;TUE', 'with signs that cron does not take', '0 22 * * MON,TUE'],
    ['0 22 * * 1,,2', 'with signs that cron does not take', '0 22 * * 1,2'],
    ['0 22 * * MON - FRI', 'must have five fields', '0 22 * * MON-FRI'],
    ['0 0 22 * * *', 'without seconds', '0 22 * * *'],
    ['0 0 22 ? * MON-FRI', 'without seconds', '0 22 * * MON-FRI'],
    ['22:30', 'must have five fields', '30 22 * * *'],
    ['0 22 * * 5-1', 'has the range "5-1" as day-of-week, which runs backwards', '0 22 * * 5-6,0-1'],
    ['0 22-5 * * *', 'has the range "22-5" as hour, which runs backwards', '0 22-23,0-5 * * *'],
    ['0 0/2 * * *', 'has "0/2" as hour, which says no end', '0 0-23/2 * * *'],
    ['0 22 * NOV-FEB *', 'has the range "NOV-FEB" as month, which runs backwards', '0 22 * NOV,DEC,JAN,FEB *'],
    ['0 22 * * MONDAY', 'has "MONDAY" as day-of-week, whose names have three letters', '0 22 * * MON'],
    ['0 22 * * Monday-Friday', 'whose names have three letters', '0 22 * * Mon-Fri'],
    ['cron(0 22 ? * MON-FRI *)', 'without cron( ), "?" and year', '0 22 * * MON-FRI'],
    ['cron(0 22 ? * 2-6 *)', 'weekdays by their names', '0 22 * * MON-FRI'],
    ['cron(0/15 22 ? * 1,6L *)', 'weekdays by their names', '0-59/15 22 * * SUN,FRI#L'],
    ['cron(0 22 ? * 7#2 *)', 'weekdays by their names', '0 22 * * SAT#2'],
    // Its first field is no second: "22 * * 2-6 *" would be each hour of some months.
    ['0 22 ? * 2-6 *', 'weekdays by their names', '0 22 * * MON-FRI'],
    ['0 0 22 ? * 2-6', 'without seconds', '0 22 * * MON-FRI'],
    ['cron(0 22 * * ? *)', 'without cron( ), "?" and year', '0 22 * * *'],
    ['@weekly', 'must have five fields', '0 0 * * SUN'],
    ['@Daily', 'must have five fields', '0 0 * * *'],
  ])('%s: is told what is wrong, and how to write it', (cron, what, fix) => {
    const fault = cronFault(cron, 'UTC');
    expect(fault).toContain(what);
    expect(fixesIn(fault)).toEqual([fix]);
    expect(new Cron(fix).nextRun()).toBeInstanceOf(Date);
  });

  it.each([
    ['0 22-4/2 * * *', 'has the range "22-4" as hour, which runs backwards'],
    ['0 25 * * *', 'has "25" as hour, which goes from 0 to 23'],
    ['60 * * * *', 'has "60" as minute, which goes from 0 to 59'],
    ['0 22 * * 8', 'has "8" as day-of-week, which goes from 0 to 7, or SUN to SAT'],
    ['0 22 * 13 *', 'has "13" as month, which goes from 1 to 12, or JAN to DEC'],
    ['0 22 * * MIT', 'has "MIT" as day-of-week, which goes from 0 to 7, or SUN to SAT'],
    ['cron(0 22 1 1 ? 2027)', 'without cron( ), "?" and year'],
    ['rate(1 day)', 'A window opens at a time and not at a rate'],
    ['@reboot', 'must have five fields: minute hour day-of-month month day-of-week'],
    ['0 22 * *', 'must have five fields: minute hour day-of-month month day-of-week'],
    ['0 0 22 * * *', 'without seconds and year'],
    ['', 'must have five fields'],
    ['0 22 31 2 *', 'never comes true'],
    ['0 22 * * MON$', 'has "MON$" as day-of-week, which goes from 0 to 7, or SUN to SAT'],
    ['0 */0 * * *', 'has "*/0" as hour: a step is a number from 1 on'],
    ['0 22 * * MON#6', 'has "MON#6" as day-of-week: a month has #1 to #5 of a weekday'],
    ['0 -1 * * *', 'has "-1" as hour, which goes from 0 to 23'],
    ['H 22 * * *', 'has "H" as minute, which goes from 0 to 59'],
    ['0 22.5 * * *', 'has "22.5" as hour'],
    ['0 22 * * MON-', 'has "MON-" as day-of-week'],
  ])('%s: is told what is wrong', (cron, what) => {
    expect(cronFault(cron, 'UTC')).toContain(what);
  });

  it.each([
    '0 22 * * MON-THU',
    '0 22 * * MON-SUN',
    '0 22 * * fri-sun',
    '0 22 * * SAT-SUN/2',
    '0 22 * * 6-SUN',
    '0 22 * * 0-7',
    '0 22 * * 6,7',
    '*/15 0-5,22,23 * JAN-MAR sun',
    '0 22 ? * MON#1',
    '0 22 L * *',
    '0 22 * * FRI#L',
    '0 0-23/2 1-7 * *',
  ])('%s: is right', (cron) => {
    expect(cronFault(cron, 'UTC')).toBeUndefined();
  });

  it('has a fault, or times at which it comes true, whatever it is; and what is said to be written has times', () => {
    const part = fc.stringMatching(/^(\*|[0-9]{1,2}|[A-Z]{3})(-([0-9]{1,2}|[A-Z]{3}))?(\/[1-9])?$/);
    const cron = fc.oneof(
      fc.array(part, { minLength: 5, maxLength: 5 }).map((parts) => parts.join(' ')),
      fc.string(),
    );
    fc.assert(
      fc.property(cron, (text) => {
        const fault = cronFault(text, 'UTC');
        if (fault === undefined) expect(new Cron(text).nextRun()).toBeInstanceOf(Date);
        else expect(fault).not.toMatch(/undefined|Syntax error|illegal|configuration entry|NaN/);
        for (const fix of fixesIn(fault)) expect(new Cron(fix).nextRun()).toBeInstanceOf(Date);
      }),
    );
  });
});
