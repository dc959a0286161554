import { createHash } from 'node:crypto';

/** How much of a fingerprint is kept, in characters. An item of the ledger has room for 400 KB (DynamoDB, "Constraints"). */
const LONGEST = 1_000;

/**
 * What the ledger remembers an outcome by, so that the same one is not recorded again. A variant may name each of ten
 * thousand workers: a long one is cut, and told from others by its digest.
 */
export function fingerprintOf({ reason, variant }: { readonly reason: string; readonly variant: string }): string {
  const whole = `${reason} ${variant}`.trim();
  if (whole.length <= LONGEST) return whole;
  return `${whole.slice(0, LONGEST).toWellFormed()} ${createHash('sha256').update(whole).digest('hex').slice(0, 32)}`;
}
