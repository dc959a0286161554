import type { Candidate, Rollouts } from './rollouts.ts';

/**
 * In how many clusters of earlier waves nodes and pods are read before one upgrade: the clusters that took the release
 * last.
 */
const CLUSTERS_BEFORE = 20;

/** The clusters in which waves before a wave have taken a release, the last one first; a pure function. */
export function clustersBefore(rollouts: Rollouts, wave: number, candidate: Candidate): string[] {
  const takers = rollouts.takersBefore(wave, candidate);
  const latest = takers.toSorted((a, b) => (b.progress?.runs.since ?? 0) - (a.progress?.runs.since ?? 0));
  return [...new Set(latest.map(({ key }) => key.cluster))].slice(0, CLUSTERS_BEFORE);
}
