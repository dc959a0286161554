import { type NodeGroupKey, subjectOf } from '../ledger/node-group-key.ts';
import type { Rollouts } from './rollouts.ts';
import { CUSTOM } from './wave-place.ts';

/** For how long after AMIs have come to a group others are asked about, ms: a run that ended early comes again by then. */
const ASKED_FOR = 30 * 60_000;

/**
 * The groups of earlier waves that are to be looked at, where AMIs have newly come to a group: they may have come to those,
 * too, and those take them first. The event that tells of AMIs of their owner may be lost, or there is none, and sweeps may
 * be rare.
 *
 * @param rollouts with how the group stands by this look
 */
export function unsureAboutNew(
  key: NodeGroupKey,
  rollouts: Rollouts | undefined,
  now: number,
): readonly NodeGroupKey[] {
  const { wave = 0, progress } = rollouts?.memberOf(subjectOf(key)) ?? {};
  const { pair, images = [], imagesSince = 0 } = progress ?? {};
  if (rollouts === undefined || pair !== CUSTOM || now - imagesSince > ASKED_FOR) return [];
  return images.flatMap((releaseVersion) => rollouts.unsureBefore(wave, { pair, releaseVersion }, 0, now));
}
