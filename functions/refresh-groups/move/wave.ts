import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import type { RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import type { OfferedImage } from '../../shared/releases/wanted-image.ts';
import {
  chooseAmong,
  type Held,
  heldFrom,
  inWordsOf,
  passedInWords,
  type WaveWait,
} from '../../shared/rollouts/held-by-waves.ts';
import { CUSTOM, placeOfWave } from '../../shared/rollouts/wave-place.ts';
import type { Circumstances } from '../model/decision.ts';
import type { Policy } from '../policy.ts';

/** A group that may move to an AMI, where it has its place in the waves. */
interface Mover {
  readonly key: NodeGroupKey;
  readonly state: Pick<RefreshState, 'progress'>;
}

/**
 * The AMI to move to, among those that have baked, oldest first, as far as waves let it; a pure function. It is
 * undefined where the policy has no waves or none has baked.
 */
export function chooseByWave(
  baked: readonly OfferedImage[],
  mover: Mover,
  policy: Policy,
  circumstances: Pick<Circumstances, 'rollouts' | 'now'>,
): OfferedImage | undefined {
  if (policy.upgrades.waves.length === 0) return undefined;
  return chooseAmong(
    baked,
    ({ imageId }) => heldAt(imageId, mover, policy, circumstances),
    policy.upgrades.bakeBetween,
  );
}

/** What the group waits for, where waves keep an AMI from it; a pure function. */
export function waitAtWave(
  imageId: string,
  mover: Mover,
  policy: Policy,
  circumstances: Pick<Circumstances, 'rollouts' | 'now'>,
): WaveWait | undefined {
  const { waves, bakeBetween } = policy.upgrades;
  if (waves.length === 0) return undefined;
  const held = heldAt(imageId, mover, policy, circumstances);
  return held && inWordsOf(held, { releaseVersion: imageId, waves, bakeBetween });
}

/** Tells of earlier waves in which nothing takes an AMI that starts now; begins with a blank. */
export function passedWaves(
  releaseVersion: string,
  policy: Policy,
  { rollouts, now }: Pick<Circumstances, 'rollouts' | 'now'>,
): string {
  const { waves, bakeBetween } = policy.upgrades;
  if (waves.length === 0) return '';
  const taker = { wave: placeOfWave(policy), bakeBetween };
  return passedInWords(taker, { pair: CUSTOM, releaseVersion }, { rollouts, waves, now });
}

function heldAt(
  imageId: string,
  { key, state: { progress } }: Mover,
  policy: Policy,
  { rollouts, now }: Pick<Circumstances, 'rollouts' | 'now'>,
): Held | undefined {
  const { bakeBetween } = policy.upgrades;
  // The creation of an AMI does not say since when it is known here: it may have been shared or named later.
  const knownSince = progress?.images?.includes(imageId) === true ? (progress.imagesSince ?? now) : now;
  const taker = { key, wave: placeOfWave(policy), bakeBetween, knownSince };
  return heldFrom(taker, { pair: CUSTOM, releaseVersion: imageId }, rollouts, now);
}
