import { duration } from '../functions/shared/duration.ts';
import { UsageError } from './usage-error.ts';

/**
 * Reads a span of time of the command line, such as `7d`, in ms.
 * @throws UsageError naming the option
 */
export function readSince(text: unknown, option = 'since'): number {
  const parsed = duration.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new UsageError(`--${option}: "${text}" ${parsed.error.issues[0]?.message}`);
}
