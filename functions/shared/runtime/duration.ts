import * as z from 'zod';

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration as written in the policy (`30m`, `24h`, `7d`), parsed to milliseconds. */
export const duration = z
  .string()
  .regex(/^\d{1,5}[mhd]$/, 'must be a whole number with a unit m, h or d, for example "30m", "24h" or "7d"')
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
