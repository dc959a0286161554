import { isInvalid } from '../shared/policy/policy.ts';
import { type Pair, pairKey } from '../shared/releases/ami-type.ts';
import { clustersBefore } from '../shared/rollouts/clusters-before.ts';
import type { Start } from '../shared/rollouts/go-first.ts';
import {
  chooseAmong,
  type Held,
  heldFrom,
  inWordsOf,
  passedInWords,
  type WaveWait,
} from '../shared/rollouts/held-by-waves.ts';
import type { Candidate } from '../shared/rollouts/rollouts.ts';
import { placeOfWave } from '../shared/rollouts/wave-place.ts';
import { aliasOf, type Family, newestOf, selectionOf } from './alias.ts';
import type { Circumstances, Decision, Observation } from './decision.ts';
import type { ClassView, OfferedVersion } from './node-class.ts';
import { pacedBy } from './pace.ts';
import type { Policy } from './policy.ts';
import { releaseOf } from './progress.ts';

/** A class that may be pinned to a release, where it has its place in the waves. */
export interface Mover {
  readonly key: Observation['key'];
  readonly view: ClassView;
  readonly policy: Policy;
  readonly circumstances: Circumstances;
  /** The findings that it moves for, as the end of a message; empty where there are none. */
  readonly cause: string;
}

/**
 * The version to pin to, among those that have baked, oldest first, as far as waves let it; a pure function. It is
 * undefined where the policy has no waves or none has baked.
 */
export function chooseByWave(baked: readonly OfferedVersion[], mover: Mover): OfferedVersion | undefined {
  const { waves, bakeBetween } = mover.policy.upgrades;
  return waves.length === 0 ? undefined : chooseAmong(baked, (each) => heldAt(each, mover), bakeBetween);
}

/** What the class waits for, where waves keep a version from it; a pure function. */
export function waitAtWave(version: OfferedVersion, family: Family, mover: Mover): WaveWait | undefined {
  const { waves, bakeBetween } = mover.policy.upgrades;
  const held = waves.length === 0 ? undefined : heldAt(version, mover);
  return held && inWordsOf(held, { releaseVersion: aliasOf(family, version.version), waves, bakeBetween });
}

/** Tells of earlier waves in which nothing takes a version that starts now; begins with a blank. */
export function passedWaves(
  { version }: OfferedVersion,
  { view, policy, circumstances: { rollouts, now } }: Mover,
): string {
  const { waves, bakeBetween } = policy.upgrades;
  if (waves.length === 0) return '';
  const taker = { wave: placeOfWave(policy), bakeBetween };
  const passed = candidatesOf(view, version).map((each) => passedInWords(taker, each, { rollouts, waves, now }));
  return passed.find((words) => words !== '') ?? '';
}

/**
 * An alias names one release for all architectures and variants, so whatever keeps one of these keeps the class. A class
 * that floats may always be pinned to the newest release that its nodes run: Karpenter would bring more of it anyway.
 */
function heldAt(
  { version, since }: OfferedVersion,
  { key, view, policy, circumstances: { rollouts, now } }: Mover,
): Held | undefined {
  const { selection, running } = view;
  if (selection.kind === 'floats' && newestOf(running.map((each) => each.version)) === version) return undefined;
  const taker = { key, wave: placeOfWave(policy), bakeBetween: policy.upgrades.bakeBetween, knownSince: since };
  return candidatesOf(view, version)
    .map((candidate) => heldFrom(taker, candidate, rollouts, now))
    .find((held) => held !== undefined);
}

/**
 * The clusters whose nodes and pods keep an alias from a class: its own, and those in which earlier waves have taken one
 * of its releases, by name; a pure function.
 */
export function clustersThatMatter(
  { key, view }: Observation,
  alias: string | undefined,
  { policy, rollouts }: Pick<Circumstances, 'policy' | 'rollouts'>,
): string[] {
  const selection = selectionOf([{ alias }]);
  if (view.kind !== 'class' || selection.kind !== 'pins' || rollouts === undefined || isInvalid(policy)) {
    return [key.cluster];
  }
  const before = candidatesOf(view, selection.version).flatMap((candidate) =>
    clustersBefore(rollouts, placeOfWave(policy), candidate),
  );
  return [key.cluster, ...before];
}

/** The start of a release by a pin; undefined for any other decision. A release that its nodes run is not new to them. */
export function startOf(
  { key, view, need }: Observation,
  { reason, write, target }: Pick<Decision, 'reason' | 'write' | 'target'>,
  { policy, now }: Pick<Circumstances, 'policy' | 'now'>,
): Start | undefined {
  const selection = selectionOf([{ alias: target }]);
  const isPin = write !== undefined && reason === 'node-class-being-pinned';
  if (!isPin || view.kind !== 'class' || selection.kind !== 'pins' || isInvalid(policy)) return undefined;
  if (view.running.some(({ version }) => version === selection.version)) return undefined;
  const { bakeBetween } = pacedBy(policy, { ...(need && { need }) }, now).upgrades;
  return { key, candidates: candidatesOf(view, selection.version), bakeBetween };
}

/** A version of an alias, as the releases that it names, once for each pair. */
const candidatesOf = (view: ClassView, version: string): Candidate[] =>
  view.pairs.map((pair) => candidateOf(view, pair, version));

function candidateOf(view: ClassView, pair: Pair, version: string): Candidate {
  const { offer } = view;
  const withdrawn = offer.kind === 'offered' ? (offer.pairs[pairKey(pair)]?.withdrawn ?? []) : [];
  return { pair: pairKey(pair), releaseVersion: releaseOf(view, pair, version), withdrawn };
}
