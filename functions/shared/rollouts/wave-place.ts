import type { NodeGroupKey } from '../ledger/node-group-key.ts';
import type { Progress } from '../ledger/rollout-memory.ts';
import { isInvalid } from '../policy/policy.ts';
import { placeOfGroup, policyAt } from '../policy/policy-at.ts';
import { type Pair, pairKey } from '../releases/ami-type.ts';
import { READS, type RolloutPolicy } from './rollout-policy.ts';

/** The place of a wave by its name; the last place, where the policy names none. */
export const placeOfWave = ({ upgrades: { waves, wave } }: Pick<RolloutPolicy, 'upgrades'>): number => {
  const place = wave === undefined ? -1 : waves.indexOf(wave);
  return place < 0 ? Math.max(0, waves.length - 1) : place;
};

/** The wave that a policy gives a node group; undefined where the policy has no waves. */
export const waveOf = (
  policy: Pick<RolloutPolicy, 'upgrades'>,
): { readonly place: number; readonly name: string } | undefined => {
  const place = placeOfWave(policy);
  const name = policy.upgrades.waves[place];
  return name === undefined ? undefined : { place, name };
};

/**
 * The place of a node group's wave by its names alone. Where overrides contradict each other nobody knows the place:
 * all other node groups wait.
 */
function placeByName(key: NodeGroupKey, anywhere: RolloutPolicy): number {
  const byName = policyAt<typeof READS, RolloutPolicy>(anywhere, placeOfGroup(key, undefined), READS);
  return isInvalid(byName) ? 0 : placeOfWave(byName);
}

/** The wave to remember of a node group: one that its tags give it, and its names alone would not. */
export const waveByTags = (
  wave: { readonly place: number; readonly name: string },
  key: NodeGroupKey,
  anywhere: RolloutPolicy,
): Pick<Progress, 'wave'> => (wave.place > placeByName(key, anywhere) ? { wave: wave.name } : {});

/**
 * The place of a node group's wave where its tags cannot be read: the place when they last could be read. Tags only
 * make the place a later one.
 */
export function rememberedPlace(key: NodeGroupKey, progress: Progress | undefined, anywhere: RolloutPolicy): number {
  const tagged = progress?.wave === undefined ? -1 : anywhere.upgrades.waves.indexOf(progress.wave);
  return Math.max(placeByName(key, anywhere), tagged);
}

/**
 * The key of the releases that a node group takes. The id of an owner's AMI says enough, whatever Kubernetes version it
 * is for.
 */
export const rolloutPair = (pair: Pair): string => (pair.amiType === CUSTOM ? CUSTOM : pairKey(pair));

/** The AMI type of groups with an AMI of their owner. */
export const CUSTOM = 'CUSTOM';
