import type { RecommendedRelease } from '../shared/ami-release.ts';
import { type Pair, pairKey } from '../shared/ami-type.ts';
import type { KnownRelease } from '../shared/release-ledger.ts';
import { compareReleases } from '../shared/release-version.ts';
import type { Target } from './observation.ts';

/**
 * Puts together what Amazon recommends now and what the ledger knows. Only a release that is both recommended at this
 * moment and the newest one ever seen is a target: a withdrawn one is not, nor the older one recommended in its place.
 */
export function targetOf(
  pair: Pair,
  recommended: RecommendedRelease | undefined,
  known: KnownRelease | undefined,
): Target {
  if (recommended === undefined || recommended.kind === 'unknown-type') {
    return none('unknown-ami-type', `${pair.amiType} is not an AMI type with releases known to this version.`);
  }
  if (recommended.kind === 'missing') {
    return none('no-release-for-version', `Amazon publishes no release for ${pairKey(pair)}.`);
  }
  const { releaseVersion } = recommended;
  if (known?.newest === releaseVersion && known.recommended === releaseVersion && known.firstSeenAt !== undefined) {
    return { kind: 'release', releaseVersion, firstSeenAt: known.firstSeenAt };
  }
  const order = known?.newest === undefined ? 1 : compareReleases(pair.amiType, releaseVersion, known.newest);
  if (order !== undefined && order < 0) {
    return none(
      'release-withdrawn',
      `Amazon recommends ${releaseVersion} again; ${known?.newest}, seen before, was withdrawn.`,
    );
  }
  return none('release-not-yet-seen', `${releaseVersion} is not yet recorded by watch-ami-releases.`);
}

const none = (reason: Extract<Target, { kind: 'none' }>['reason'], message: string): Target => ({
  kind: 'none',
  reason,
  message,
});
