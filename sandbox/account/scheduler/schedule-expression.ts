import { Cron } from 'croner';

/** When a schedule fires. */
export interface Schedule {
  /** `at` fires once at most. */
  readonly kind: 'rate' | 'cron' | 'at';
  /** The first time strictly after `after`, or undefined when there is none. Both in epoch milliseconds. */
  next(after: number): number | undefined;
}

/** The expression is not valid in AWS. */
export class InvalidScheduleExpression extends Error {
  override readonly name = 'InvalidScheduleExpression';
}

const MINUTE_MS = 60_000;
const UNIT_MS: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: 1_440 * MINUTE_MS };

/**
 * Parses `rate(5 minutes)`, `cron(0 9 ? * MON-FRI *)` or `at(2026-07-14T09:00:00)`, the formats of EventBridge rules
 * (rate and cron, always UTC) and EventBridge Scheduler.
 *
 * @param timezone IANA name, for `cron()` and `at()`
 * @param startsAt epoch milliseconds from which a rate counts
 * @throws InvalidScheduleExpression
 */
export function parseScheduleExpression(expression: string, timezone: string, startsAt: number): Schedule {
  if (!isTimezone(timezone)) throw new InvalidScheduleExpression(`Invalid time zone ${timezone}`);
  const [, kind, body] = /^(rate|cron|at)\((.*)\)$/.exec(expression) ?? [];
  if (kind === 'rate' && body !== undefined) return rate(body, startsAt);
  if (kind === 'cron' && body !== undefined) return cron(body, timezone);
  if (kind === 'at' && body !== undefined) return at(body, timezone);
  throw new InvalidScheduleExpression(expression);
}

function rate(body: string, startsAt: number): Schedule {
  const [, digits = '', unit = '', plural] = /^([1-9]\d*) (minute|hour|day)(s?)$/.exec(body) ?? [];
  const unitMs = UNIT_MS[unit];
  // EventBridge requires `1 hour` and `2 hours`.
  if (unitMs === undefined || (digits === '1') === (plural === 's')) {
    throw new InvalidScheduleExpression(`rate(${body})`);
  }
  const periodMs = Number(digits) * unitMs;
  return {
    kind: 'rate',
    next: (after) =>
      after < startsAt ? startsAt : startsAt + (Math.floor((after - startsAt) / periodMs) + 1) * periodMs,
  };
}

/**
 * Converts AWS's six fields (minutes hours day-of-month month day-of-week year, Sunday = 1) to croner's seven. One of
 * the two day fields must be `?`.
 */
function cron(body: string, timezone: string): Schedule {
  const fields = body.trim().split(/\s+/);
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = fields;
  const oneDayField = (dayOfMonth === '?') !== (dayOfWeek === '?');
  const illegalQuestion = [minutes, hours, month, year].some((field) => field?.includes('?'));
  if (fields.length !== 6 || !oneDayField || illegalQuestion) throw new InvalidScheduleExpression(`cron(${body})`);
  // croner takes `?` as the day on which the pattern was created.
  const pattern = ['0', ...fields.map((field) => (field === '?' ? '*' : field))].join(' ');
  let times: Cron;
  try {
    times = new Cron(pattern, {
      timezone,
      mode: '7-part',
      alternativeWeekdays: true,
      sloppyRanges: true,
      paused: true,
    });
  } catch {
    throw new InvalidScheduleExpression(`cron(${body})`);
  }
  return {
    kind: 'cron',
    next: (after) => {
      for (let time = times.nextRun(new Date(after)); time !== null; time = times.nextRun(time)) {
        if (times.match(time) && !isRepeatedHour(time, timezone)) return time.getTime();
      }
      return undefined;
    },
  };
}

/**
 * In autumn a wall-clock hour occurs twice, and EventBridge Scheduler runs a schedule in it only once. In spring it
 * skips a time that does not exist (there croner moves a fixed time, which `match` above then refuses).
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
 */
function isRepeatedHour(time: Date, timezone: string): boolean {
  const wall = wallClock(time.getTime(), timezone);
  return [30 * MINUTE_MS, 60 * MINUTE_MS].some((shift) => wallClock(time.getTime() - shift, timezone) === wall);
}

function at(body: string, timezone: string): Schedule {
  const asUtc = Date.parse(`${body}Z`);
  const wellFormed = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(body) && !Number.isNaN(asUtc);
  if (!wellFormed || new Date(asUtc).toISOString().slice(0, 19) !== body) {
    throw new InvalidScheduleExpression(`at(${body})`);
  }
  // Two rounds find the offset even next to a change of daylight saving time.
  let instant = asUtc;
  for (let round = 0; round < 2; round++) instant = asUtc - (wallClock(instant, timezone) - instant);
  return { kind: 'at', next: (after) => (after < instant ? instant : undefined) };
}

/** The wall-clock time at `instant`, expressed as if it were UTC (epoch milliseconds). */
function wallClock(instant: number, timezone: string): number {
  if (timezone === 'UTC') return instant;
  let format = FORMATS.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' });
    FORMATS.set(timezone, format);
  }
  return Date.parse(`${format.format(instant).replace(' ', 'T')}Z`);
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** Only names that exist are kept, because whoever writes a schedule can write any other. */
const TIMEZONES = new Set<string>();

function isTimezone(timezone: string): boolean {
  if (TIMEZONES.has(timezone)) return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
    TIMEZONES.add(timezone);
    return true;
  } catch {
    return false;
  }
}
