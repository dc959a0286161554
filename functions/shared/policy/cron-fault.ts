import { Cron } from './cron.ts';

/** One of the five fields. */
interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names of its values, from `min` on. */
  readonly names?: readonly string[];
}

const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day-of-month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, names: MONTHS },
  // Both 0 and 7 are Sunday.
  { name: 'day-of-week', min: 0, max: 7, names: WEEKDAYS },
];
const FIVE = `must have five fields: ${FIELDS.map(({ name }) => name).join(' ')}`;

/** Names that some cron daemons know (crontab(5), "Extensions"). */
const NICKNAMES: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * SUN',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/** What is wrong with a cron expression and how to write it, as the end of a sentence about it; undefined: nothing. */
export function cronFault(cron: string, timeZone: string): string | undefined {
  const fields = cron.trim().split(/\s+/);
  const spelled = spelledOtherwise(cron.trim(), timeZone);
  if (spelled !== undefined) return spelled;
  if (fields.length !== FIELDS.length) return lengthFault(fields, timeZone);
  const [minute = '', hour = '', dayOfMonth = '', month = '', weekday = ''] = fields;
  if (!isAny(dayOfMonth) && !isAny(weekday)) {
    const meant = weekdaysOfWeeks(dayOfMonth, weekday);
    const spelling = [minute, hour, '*', month, meant ?? 'SAT#1'].join(' ');
    const fix = meant === undefined ? `"${spelling}" is the first Saturday` : `write "${spelling}"`;
    return `names days of the month and weekdays, which cron joins by "or": leave one of the two fields "*". The n-th weekday of a month is spelled with "#", the last one with "#L": ${fix}`;
  }
  // The parser alone decides what is right: to explain is no reason to refuse, such as MON-SUN, which it takes.
  const comesTrue = isComingTrue(cron, timeZone);
  if (comesTrue) return undefined;
  if (comesTrue === false) return 'never comes true: its months have no such day; correct day-of-month or month';
  for (const [index, field] of FIELDS.entries()) {
    const text = fields[index] ?? '';
    // Where another field is wrong, too, the whole would still be none.
    const write = (fixed: string): string => {
      const whole = fields.with(index, fixed).join(' ');
      return isComingTrue(whole, timeZone) === true ? `: write "${whole}"` : '';
    };
    const fault = fieldFault(field, text, write);
    if (fault !== undefined) return fault;
    const sign = signFault(field, text);
    if (sign !== undefined) return `${sign.what}${sign.fixed === undefined ? '' : write(sign.fixed)}`;
  }
  return 'is not a cron expression: write one such as "0 22 * * MON-FRI"';
}

/** Whether an expression comes true some time; undefined where it is none. */
function isComingTrue(cron: string, timeZone: string): boolean | undefined {
  try {
    return new Cron(cron, { timezone: timeZone }).nextRun(new Date(0)) !== null;
  } catch {
    return undefined;
  }
}

/** What is wrong with an expression that has fewer or more fields. */
function lengthFault(fields: readonly string[], timeZone: string): string {
  const [, hour, minute] = /^(\d{1,2}):(\d\d)$/.exec(fields.join(' ')) ?? [];
  const close = fields.join(' ').replaceAll(/ ?([-,/]) ?/g, '$1');
  const meant = [
    ...(hour === undefined ? [] : [`${Number(minute)} ${Number(hour)} * * *`]),
    // Blanks around the signs within a field.
    close,
    // Seconds come first. With a "?", weekdays are counted as EventBridge counts them (Quartz, "CronTrigger").
    ...(fields.length === 6 && /^0+$/.test(fields[0] ?? '') ? withoutSeconds(fields.slice(1)) : []),
  ].find((each) => each.split(' ').length === FIELDS.length && isComingTrue(each, timeZone) === true);
  const extra = fields.length > FIELDS.length && meant !== close ? ', without seconds and year' : '';
  return `${FIVE}${extra}${meant === undefined ? '' : `. Write "${meant}"`}`;
}

const withoutSeconds = (fields: string[]): string[] =>
  fields.includes('?') ? [fromEventBridge(fields) ?? ''] : [fields.join(' ')];

/** What is longer is no slip, and would make an error that nobody reads. */
const LONGEST = 60;

/** A field that is not made of numbers, names and ranges of them, and what was probably meant. */
function signFault(field: Field, text: string): { readonly what: string; readonly fixed?: string } | undefined {
  if (text.length > LONGEST) return { what: `has a ${field.name} that is none; it goes from ${boundsOf(field)}` };
  const plain = text.replaceAll(/[\u2010-\u2015]/g, '-').replaceAll(';', ',');
  const parts = plain.split(',').filter((part) => part !== '');
  if (parts.join(',') !== text)
    return { what: `has "${text}" as ${field.name}, with signs that cron does not take`, fixed: parts.join(',') };
  const wrong = parts.find((part) => !KNOWN_SIGNS.test(part));
  if (wrong === undefined) return undefined;
  if (/\/(0+|.*[^\d].*)?$/.test(wrong))
    return { what: `has "${wrong}" as ${field.name}: a step is a number from 1 on` };
  if (wrong.includes('#'))
    return { what: `has "${wrong}" as ${field.name}: a month has #1 to #5 of a weekday, and the last one, #L` };
  const meant = parts.map((part) => part.replaceAll(/[a-z0-9]+/gi, (word) => wordMeantBy(field, word)));
  return { what: `has "${wrong}" as ${field.name}, which goes from ${boundsOf(field)}`, fixed: meant.join(',') };
}

const KNOWN_SIGNS = /^(\*|\?|L|\d+[LW]|(\d+|[a-z]{3})(-(\d+|[a-z]{3}))?(#([1-5]|L))?)(\/[1-9]\d*)?$/i;

/** `MON` for `Mo`, and 22 for `10pm`. */
function wordMeantBy({ name, names = [] }: Field, word: string): string {
  const [, hour, half = ''] = name === 'hour' ? (/^(\d{1,2})([ap])m$/i.exec(word) ?? []) : [];
  if (hour !== undefined) return `${(Number(hour) % 12) + (half.toLowerCase() === 'p' ? 12 : 0)}`;
  const [only, ...others] = /^[a-z]{2}$/i.test(word) ? names.filter((each) => each.startsWith(word.toUpperCase())) : [];
  return only === undefined || others.length > 0 ? word : only;
}

const isAny = (field: string): boolean => field === '*' || field === '?';

/** Expressions of EventBridge, and names for expressions. */
function spelledOtherwise(cron: string, timeZone: string): string | undefined {
  if (cron.startsWith('@')) {
    const fix = NICKNAMES[cron.toLowerCase()];
    return fix === undefined ? FIVE : `${FIVE}. Write "${fix}"`;
  }
  if (/^rate\(/i.test(cron)) return `${FIVE}. A window opens at a time and not at a rate, for example "0 22 * * *"`;
  const [, inner] = /^cron\((.*)\)$/i.exec(cron) ?? [];
  const fields = (inner ?? cron).trim().split(/\s+/);
  // One of its days is "?", which cron joins with a year or seconds in no expression of its own.
  const isOfEventBridge = inner !== undefined || (fields.length === 6 && (fields[2] === '?' || fields[4] === '?'));
  if (!isOfEventBridge) return undefined;
  const meant = fromEventBridge(fields);
  const fix = meant !== undefined && isComingTrue(meant, timeZone) === true ? `. Write "${meant}"` : '';
  return `${FIVE}, without cron( ), "?" and year, and weekdays by their names${fix}`;
}

/**
 * An expression of EventBridge in five fields; undefined for one of some years. It counts weekdays from 1, Sunday, and
 * spells the last one with L alone (EventBridge Scheduler user guide, "Cron-based schedules").
 */
function fromEventBridge([minute = '', hour = '', dayOfMonth = '', month = '', weekday = '', year = '*']: string[]):
  | string
  | undefined {
  if (year !== '*') return undefined;
  const named = weekday
    .replace(/^L$/i, 'SAT')
    .replace(/L$/i, '#L')
    .replaceAll(/(?<![#/\d])[1-7](?!\d)/g, (day) => WEEKDAYS[Number(day) - 1] ?? day);
  // "0/15" goes on to the last value, which five fields have to say.
  const ended = (field: string, last: number): string => field.replace(/^(\d+)\//, `$1-${last}/`);
  const five = [ended(minute, 59), ended(hour, 23), dayOfMonth, month, named];
  return five.map((field) => (field === '?' ? '*' : field)).join(' ');
}

/** What is wrong with one field. What it does not understand is left to the parser. */
function fieldFault(field: Field, text: string, write: (fixed: string) => string): string | undefined {
  const parts = text.split(',');
  for (const [index, part] of parts.entries()) {
    const [range = '', step] = part.split('/');
    const ends = range.split('-');
    if (ends.length > 2 || !ends.every((end) => /^([0-9]+|[a-z]{3,9})$/i.test(end))) continue;
    const fixWith = (fixed: string) => write(parts.with(index, fixed).join(','));
    const stepped = (fixed: string) => (step === undefined ? fixed : `${fixed}/${step}`);
    const short = ends.map((end) => (/^[a-z]{4,}$/i.test(end) ? end.slice(0, 3) : end)).join('-');
    const values = short.split('-').map((end) => numberOf(field, end));
    const wrong = ends.find((_, end) => !isWithin(field, values[end]));
    if (wrong !== undefined) return `has "${wrong}" as ${field.name}, which goes from ${boundsOf(field)}`;
    if (short !== range)
      return `has "${range}" as ${field.name}, whose names have three letters${fixWith(stepped(short))}`;
    const [from, to = from] = values;
    if (from === undefined || to === undefined) continue;
    if (from > to) {
      const fix = step === undefined ? fixWith(forwards(field, ends, from, to)) : '';
      return `has the range "${range}" as ${field.name}, which runs backwards${fix}`;
    }
    if (step !== undefined && ends.length === 1)
      return `has "${part}" as ${field.name}, which says no end${fixWith(stepped(`${range}-${lastOf(field)}`))}`;
  }
  return undefined;
}

const numberOf = ({ min, names = [] }: Field, text: string): number | undefined => {
  if (/^[0-9]+$/.test(text)) return Number(text);
  const index = names.indexOf(text.toUpperCase());
  return index === -1 ? undefined : index + min;
};

const isWithin = ({ min, max }: Field, value: number | undefined): boolean =>
  value !== undefined && value >= min && value <= max;

const boundsOf = ({ min, max, names }: Field): string =>
  `${min} to ${max}${names === undefined ? '' : `, or ${names[0]} to ${names.at(-1)}`}`;

/** The last value of a field that is no other spelling of another one. */
const lastOf = ({ max, names }: Field): number => (names === WEEKDAYS ? max - 1 : max);

/** The same values as a range that runs backwards, such as `22-23,0-5` or `FRI,SAT,SUN,MON`. */
function forwards(field: Field, [first = '']: readonly string[], from: number, to: number): string {
  const { min, names } = field;
  const isNamed = names !== undefined && !/^[0-9]/.test(first);
  // 7 is the Sunday with which a week begins.
  if (from > lastOf(field)) return `${min}-${to}`;
  const all = Array.from({ length: lastOf(field) - min + 1 }, (_, index) => index + min);
  const [later, sooner] = [all.filter((value) => value >= from), all.filter((value) => value <= to)];
  if (isNamed) return [...later, ...sooner].map((value) => names[value - min]).join(',');
  return [later, sooner].map((some) => (some.length > 1 ? `${some[0]}-${some.at(-1)}` : `${some[0]}`)).join(',');
}

/**
 * Translates days of the month that cover whole weeks (`1-7` is the first, `8-21` the second and third), combined with
 * weekdays, into a day-of-week field such as `SAT#1`. Undefined where "#" cannot express it.
 */
function weekdaysOfWeeks(dayOfMonth: string, weekday: string): string | undefined {
  const [, from, to] = /^(1|8|15|22|29)-(7|14|21|28|31)$/.exec(dayOfMonth) ?? [];
  if (from === undefined || !/^[a-z0-7]+(-[a-z0-7]+)?(,[a-z0-7]+(-[a-z0-7]+)?)*$/i.test(weekday)) return undefined;
  const [first, last] = [Math.ceil(Number(from) / 7), Math.ceil(Number(to) / 7)];
  const weeks = Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
  return weeks.length === 0
    ? undefined
    : weekday
        .split(',')
        .flatMap((days) => weeks.map((week) => `${days}#${week}`))
        .join(',');
}
