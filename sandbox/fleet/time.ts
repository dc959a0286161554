/** The formats of {@link parseDuration}, for messages. */
export const DURATION_FORMS = 'a duration such as 30s, 45m, 6h, 2d, 1w or 1h30m';

/** The formats of {@link parseTime}, for messages. */
export const TIME_FORMS = `an ISO 8601 time with a zone (2026-07-14T06:00:00Z), or a time from the start: +2h, -3d, +1h30m`;

/** The patterns check the form only, so that JSON Schema can contain them. */
export const ISO_PATTERN = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;
export const DATE_PATTERN = /^\d{4}-\d\d-\d\d$/;
export const TIME_PATTERN = new RegExp(`${ISO_PATTERN.source}|^[+-](\\d+[wdhms])+$`);

const UNITS_MS: Readonly<Record<string, number>> = {
  w: 7 * 86_400_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
};

/** Milliseconds of a duration such as `6h` or `1h30m`; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+[wdhms])+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, count, unit = ''] of text.matchAll(/(\d+)([wdhms])/gy)) ms += Number(count) * (UNITS_MS[unit] ?? 0);
  return ms;
}

/** Epoch ms of an ISO time with a zone; undefined for any other text, or a day that does not exist. */
export function parseIso(text: string): number | undefined {
  if (!ISO_PATTERN.test(text)) return undefined;
  const time = Date.parse(text);
  return Number.isNaN(time) || parseDate(text.slice(0, 10)) === undefined ? undefined : time;
}

/** Epoch ms of a date's UTC midnight; undefined for any other text. */
export function parseDate(text: string): number | undefined {
  const time = DATE_PATTERN.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  // Date.parse takes February 30 as March 2.
  return Number.isNaN(time) || !new Date(time).toISOString().startsWith(text) ? undefined : time;
}

/** Epoch ms of an ISO time, or of one relative to the start, such as `+2h`. */
export function parseTime(text: string, startsAt: number): number | undefined {
  if (!/^[+-]/.test(text)) return parseIso(text);
  const offset = parseDuration(text.slice(1));
  if (offset === undefined) return undefined;
  return text.startsWith('-') ? startsAt - offset : startsAt + offset;
}
