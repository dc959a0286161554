import { claimFirstStart } from '../ledger/first-starts.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { NodeGroupKey } from '../ledger/node-group-key.ts';
import type { Candidate, Member, Rollouts } from './rollouts.ts';

/** A group or node class that is about to move to a release. */
export interface Start {
  readonly key: NodeGroupKey;
  /** The release, once for each pair in which the start brings it. */
  readonly candidates: readonly Candidate[];
  readonly bakeBetween: number;
}

interface Claiming {
  readonly ledger: Ledger;
  /** The function that starts it. */
  readonly by: string;
  /** Unique name of this reconcile: the Lambda request id. */
  readonly caller: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Has the first group of a release go alone although three functions start groups, each by what the ledger remembered
 * when it read. A start that would be the first claims that by one conditional write.
 *
 * @returns the rollouts with the group that another function starts first, to decide anew by; undefined: the start may
 * begin
 */
export async function yieldToFirst(
  { ledger, by, caller, now }: Claiming,
  { key, candidates, bakeBetween }: Start,
  rollouts: Rollouts,
): Promise<Rollouts | undefined> {
  for (const candidate of candidates) {
    if (rollouts.hasBeenTaken(candidate, bakeBetween, now)) continue;
    const { pair, releaseVersion } = candidate;
    const first = await claimFirstStart(ledger, candidate, {
      by,
      key,
      now,
      writer: `${caller} first ${pair} ${releaseVersion}`,
    });
    if (first !== undefined)
      return rollouts.with([[`first ${pair} ${releaseVersion}`, claimant(first, candidate, now)]]);
  }
  return undefined;
}

/** A group of which only its claim is known. It moves to the release, and no wave waits for it. */
const claimant = (key: NodeGroupKey, { pair, releaseVersion }: Candidate, now: number): Member => ({
  key,
  wave: Number.POSITIVE_INFINITY,
  taking: releaseVersion,
  progress: {
    pair: '',
    nextPair: pair,
    runs: { releaseVersion: '', since: now },
    health: 'well',
    seenAt: now,
  },
});
