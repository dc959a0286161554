import type { Need } from '../../shared/ledger/finding-ledger.ts';
import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import type { NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import type { SeenRelease } from '../../shared/releases/release-ledger.ts';
import { chooseAmong, type Held, heldFrom, inWordsOf, passedInWords } from '../../shared/rollouts/held-by-waves.ts';
import { heldByReplacements } from '../../shared/rollouts/replacement-turn.ts';
import type { Candidate } from '../../shared/rollouts/rollouts.ts';
import { CUSTOM, placeOfWave, rolloutPair } from '../../shared/rollouts/wave-place.ts';
import type { Circumstances, Decision } from '../model/decision.ts';
import type { NodeGroupView } from '../model/observation.ts';
import { paceOf } from '../model/pace.ts';
import type { Due } from '../model/replacement.ts';
import type { Policy } from '../policy.ts';
import type { Reason } from '../reasons.ts';

/** The parts of an observation that the wave of a node group depends on. */
interface Mover {
  readonly key: NodeGroupKey;
  readonly need: Need | undefined;
  readonly state: Pick<NodeGroupState, 'progress'>;
  readonly view: NodeGroupView;
}

/** Whether waves keep a release from a node group, and how; undefined where they do not. */
export function entryFor(
  release: Due,
  { key, need, state, view }: Mover,
  { policy, rollouts, replacements, now }: Circumstances,
): Held | undefined {
  if (isInvalid(policy) || policy.upgrades.waves.length === 0) return undefined;
  const wave = placeOfWave(policy);
  if (release.replaces !== undefined) return heldByReplacements(wave, replacements);
  const { bakeBetween } = paceOf(need, policy, now);
  const taker = { key, wave, bakeBetween, knownSince: knownSince(release, view, state, now) };
  return heldFrom(taker, candidateOf(view, release.releaseVersion), rollouts, now);
}

/** Tells of earlier waves in which nothing takes a release that starts now; begins with a blank. */
export function passedWaves(
  { releaseVersion, replaces }: Due,
  { need, view }: Pick<Mover, 'need' | 'view'>,
  { policy, rollouts, now }: Circumstances,
): string {
  if (isInvalid(policy) || replaces !== undefined || policy.upgrades.waves.length === 0) return '';
  const { bakeBetween } = paceOf(need, policy, now);
  const { waves } = policy.upgrades;
  const taker = { wave: placeOfWave(policy), bakeBetween };
  return passedInWords(taker, candidateOf(view, releaseVersion), { rollouts, waves, now });
}

/**
 * Since when a release has been known where the node group is, epoch milliseconds. The creation of an AMI does not say
 * that: the AMI may have been shared, or the policy may have named it, later.
 */
function knownSince(
  { releaseVersion, firstSeenAt }: SeenRelease,
  { amiType }: NodeGroupView,
  { progress }: Mover['state'],
  now: number,
): number {
  if (amiType !== CUSTOM) return firstSeenAt;
  return progress?.images?.includes(releaseVersion) === true ? (progress.imagesSince ?? now) : now;
}

/** Chooses the release to move to among releases that have baked, oldest first, as far as waves let it. */
export function chooseByWave(
  baked: readonly SeenRelease[],
  mover: Mover,
  circumstances: Circumstances,
): SeenRelease | undefined {
  const { policy, now } = circumstances;
  const bakeBetween = isInvalid(policy) ? 0 : paceOf(mover.need, policy, now).bakeBetween;
  return chooseAmong(baked, (release) => entryFor(release, mover, circumstances), bakeBetween);
}

/** The parts of a moment that waves depend on. */
interface AtWaves {
  readonly entry: Held | undefined;
  readonly releaseVersion: string;
  readonly upgrades: Policy['upgrades'];
  readonly pace: { readonly bakeBetween: number };
  readonly replaces: number | undefined;
  readonly now: number;
}

/** How often a node group looks whether the replacements of earlier waves have ended, ms. */
const TURN_EVERY = 3_600_000;

/** What the node group waits for, where waves keep the release away. */
export function heldByWaves(
  { entry, releaseVersion, upgrades: { waves }, pace: { bakeBetween }, replaces, now }: AtWaves,
  wait: (reason: Reason, message: string, until?: number) => Decision,
): Decision | undefined {
  if (entry === undefined) return undefined;
  const { reason, message, which, until, lookAt, hint } = inWordsOf(entry, { releaseVersion, waves, bakeBetween });
  const waiting = wait(reason, message, until ?? (replaces === undefined ? undefined : now + TURN_EVERY));
  return {
    ...waiting,
    variant: `${waiting.variant} ${which}`.trim(),
    ...(lookAt && { lookAt }),
    ...(hint !== undefined && { hint }),
  };
}

/** A release, as a node group would take it. */
export const candidateOf = ({ version, amiType, target }: NodeGroupView, releaseVersion: string): Candidate => ({
  pair: rolloutPair({ kubernetesVersion: version, amiType }),
  releaseVersion,
  withdrawn: target.withdrawn ?? [],
});
