import { type DecisionKind, decisionKind } from '../shared/records/record.ts';
import type { Row } from './insights.ts';

/** A period by which Logs Insights groups. */
export interface Period {
  /** A value such as `1h`. */
  readonly text: string;
  readonly ms: number;
}

/** The number of records of one decision in the period that begins at `at` (epoch milliseconds). */
export interface Count {
  readonly at: number;
  readonly decision: DecisionKind;
  readonly records: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const PERIODS: readonly Period[] = [
  { text: '1m', ms: MINUTE_MS },
  { text: '5m', ms: 5 * MINUTE_MS },
  { text: '15m', ms: 15 * MINUTE_MS },
  { text: '30m', ms: 30 * MINUTE_MS },
  { text: '1h', ms: HOUR_MS },
  { text: '3h', ms: 3 * HOUR_MS },
  { text: '6h', ms: 6 * HOUR_MS },
  { text: '12h', ms: 12 * HOUR_MS },
  { text: '1d', ms: 24 * HOUR_MS },
];
const LONGEST: Period = { text: '7d', ms: 7 * 24 * HOUR_MS };

/** How many bars can still be told apart. */
const MOST_BARS = 60;

/** The shortest period that divides the range into few enough bars. */
export const periodFor = ({ start, end }: { readonly start: number; readonly end: number }): Period =>
  PERIODS.find(({ ms }) => (end - start) / ms <= MOST_BARS) ?? LONGEST;

/** Parses a time in Logs Insights' format, `2026-07-14 09:00:00.000` in UTC, into epoch milliseconds. */
export const timeIn = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`);

export const countsIn = (rows: readonly Row[]): Count[] =>
  rows.flatMap((row) => {
    const decision = decisionKind.safeParse(row.get('decision'));
    const at = timeIn(row.get('at') ?? '');
    const records = Number(row.get('records'));
    return decision.success && Number.isFinite(at + records) ? [{ at, decision: decision.data, records }] : [];
  });

const OFFSET = /^([+-])(\d\d):(\d\d)$/;

/** Formats times like the dashboard: in the viewer's time zone, given as its offset from UTC (`+02:00`). */
export function createClockFace(offsetISO: string) {
  const [, sign = '+', hours = '0', minutes = '0'] = OFFSET.exec(offsetISO) ?? [];
  const offset = (sign === '-' ? -1 : 1) * (Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS);
  const local = (at: number): string => new Date(at + offset).toISOString();
  return {
    /** `2026-07-14 09:00:00` */
    full: (at: number): string => local(at).slice(0, 19).replace('T', ' '),
    /** `07-14 09:00` */
    short: (at: number): string => local(at).slice(5, 16).replace('T', ' '),
  };
}
export type ClockFace = ReturnType<typeof createClockFace>;
