import type { Pair } from './ami-type.ts';
import type { KnownRelease } from './release-ledger.ts';
import { compareReleases } from './release-version.ts';

/**
 * Whether a release has never been seen and is newer than all that have. A release that cannot be ordered against the
 * newest one counts as newer.
 */
export function isNews({ amiType }: Pair, { seen }: KnownRelease, releaseVersion: string): boolean {
  if (seen.some((known) => known.releaseVersion === releaseVersion)) return false;
  const newest = seen.at(-1)?.releaseVersion;
  return newest === undefined || (compareReleases(amiType, releaseVersion, newest) ?? 1) > 0;
}
