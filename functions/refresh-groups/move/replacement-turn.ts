import { inWordsOf, type WaveWait } from '../../shared/rollouts/held-by-waves.ts';
import { heldByReplacements } from '../../shared/rollouts/replacement-turn.ts';
import { placeOfWave } from '../../shared/rollouts/wave-place.ts';
import type { Circumstances } from '../model/decision.ts';
import type { Policy } from '../policy.ts';

/** What the replacement of workers with the same AMI waits for in earlier waves; a pure function. */
export function waitForTurn(
  policy: Policy,
  target: string,
  { replacements }: Pick<Circumstances, 'replacements'>,
): WaveWait | undefined {
  const { waves, bakeBetween } = policy.upgrades;
  const held = heldByReplacements(placeOfWave(policy), replacements);
  return held && inWordsOf(held, { releaseVersion: target, waves, bakeBetween });
}
