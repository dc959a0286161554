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

/**
 * Decides, and anew where another function starts the first group of the release at the same time: that one goes alone.
 *
 * @param rollouts undefined: nobody knows them, or the policy has no waves
 * @param startOf the start that a decision is; undefined for any other decision
 * @returns the decision, and the rollouts that it was made by
 */
export async function decideAlone<Decision>(
  claiming: Claiming,
  rollouts: Rollouts | undefined,
  decide: (rollouts: Rollouts | undefined) => Promise<Decision>,
  startOf: (decision: Decision) => Start | undefined,
): Promise<{ readonly decision: Decision; readonly rollouts: Rollouts | undefined }> {
  const decision = await decide(rollouts);
  const start = startOf(decision);
  if (rollouts === undefined || start === undefined) return { decision, rollouts };
  const after = await yieldToFirst(claiming, start, rollouts);
  return after === undefined ? { decision, rollouts } : { decision: await decide(after), rollouts: after };
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
