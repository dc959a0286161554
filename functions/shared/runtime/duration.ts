import * as z from 'zod';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

const FORM = 'must be a whole number with a unit m, h or d, for example "30m", "24h" or "7d"';

/** Units as people write them, by their first letters, in ms. */
const OTHER_UNITS: ReadonlyArray<readonly [unit: RegExp, length: number]> = [
  [/^s(ec(ond)?s?)?$/i, 1_000],
  [/^m(in(ute)?s?)?$/i, 60_000],
  [/^h(ou)?(rs?)?$/i, 3_600_000],
  [/^d(ays?)?$/i, 86_400_000],
  [/^w(ks?|eeks?)?$/i, 7 * 86_400_000],
];

/** `: write "90m"` for `1h30m`, `90 minutes`, `5400s` and `PT1H30M`; empty where nobody can tell. */
function meantBy(text: string): string {
  if (text.length > 40) return '';
  if (/^\d{1,9}$/.test(text)) {
    const seconds = written(Number(text) * 1_000);
    const minutes = written(Number(text) * 60_000);
    const meant = [
      ...(seconds === undefined ? [] : [`"${seconds}" if ${text} are seconds`]),
      ...(minutes === undefined ? [] : [`"${minutes}" if ${text} are minutes`]),
    ];
    return meant.length === 0 ? '' : `: write ${meant.join(', or ')}`;
  }
  // Numbers with units and blanks alone, or the P and T of ISO 8601 beside them.
  if (!/^p?t?(?:\d{1,9}\s*[a-z]+\s*)+$/i.test(text)) return '';
  const parts = [...text.matchAll(/(\d{1,9})\s*([a-z]+)/gi)];
  const length = parts.reduce((sum, [, count, unit = '']) => {
    const known = OTHER_UNITS.find(([pattern]) => pattern.test(unit.replace(/(?<=.)T$/, '')));
    return sum + Number(count) * (known?.[1] ?? Number.NaN);
  }, 0);
  const fit = written(length);
  return fit === undefined ? '' : `: write "${fit}"`;
}

/** A length in the largest unit of which it is a whole number; undefined where it is none of any. */
function written(length: number): string | undefined {
  const [unit, ms = 1] = Object.entries(UNITS).findLast(([, each]) => length % each === 0) ?? [];
  const count = length / ms;
  return unit === undefined || length === 0 || count > 99_999 ? undefined : `${count}${unit}`;
}

/** A duration as written in the policy (`30m`, `24h`, `7d`), parsed to milliseconds. */
export const duration = z
  .string()
  .regex(/^\d{1,5}[mhd]$/, { error: ({ input }) => `${FORM}${meantBy(String(input))}` })
  .transform((text) => Number(text.slice(0, -1)) * (UNITS[text.slice(-1)] ?? Number.NaN));

/**
 * A duration with a lower limit, for keys where less would have an effect that nobody wants.
 *
 * @param least the shortest duration that is accepted, for example `1h`
 * @param trap the effect of a shorter one, as the end of a sentence
 */
export const durationFrom = (least: `${number}${'m' | 'h' | 'd'}`, trap: string) => {
  const shortest = duration.parse(least);
  return duration.refine((length) => length >= shortest, `must be at least ${least}: ${trap}`);
};
