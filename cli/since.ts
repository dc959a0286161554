import { duration } from '../functions/shared/runtime/duration.ts';
import { UsageError } from './usage-error.ts';

/** An option that takes a duration. */
export interface SpanOption {
  /** Name without the dashes. */
  readonly name: string;
  /** A valid value, such as `3d`. */
  readonly example: string;
  /** The maximum, ms, and the error for longer durations. */
  readonly most?: { readonly ms: number; readonly refusal: string };
}

const SINCE: SpanOption = { name: 'since', example: '24h' };

/**
 * Reads a duration from the command line, such as `7d`, in ms.
 * @throws UsageError that names the option, and what would be right
 */
export function readSpan(text: unknown, { name, example, most }: SpanOption): number {
  if (text === undefined) throw new UsageError(`--${name}: missing; give a time, such as --${name} ${example}`);
  const parsed = duration.safeParse(text);
  if (!parsed.success) throw new UsageError(`--${name}: "${text}" ${parsed.error.issues[0]?.message}`);
  if (parsed.data === 0) throw new UsageError(`--${name}: "${text}" is no time at all; give more, such as ${example}`);
  if (most !== undefined && parsed.data > most.ms) throw new UsageError(`--${name}: "${text}": ${most.refusal}`);
  return parsed.data;
}

/** How far to look back, ms. @throws UsageError */
export const readSince = (text: unknown): number => readSpan(text, SINCE);

/** The time that long ago, epoch milliseconds. AWS accepts none before 1970. */
export const ago = (now: number, span: number): number => Math.max(0, now - span);
