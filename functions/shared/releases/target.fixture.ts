import type { Target } from './target-release.ts';

/** Releases on offer, oldest first, all first seen at the same time; the newest is recommended. */
export const targeting = (
  firstSeenAt: number,
  ...releases: readonly string[]
): Extract<Target, { kind: 'release' }> => ({
  kind: 'release',
  releaseVersion: releases.at(-1) ?? '',
  firstSeenAt,
  offered: releases.map((releaseVersion) => ({ releaseVersion, firstSeenAt })),
  withdrawn: [],
  isInDoubt: false,
});
