import { keyOf, type NodeGroupKey, subjectOf } from '../ledger/node-group-key.ts';
import type { NodeGroupState } from '../ledger/node-group-ledger.ts';
import type { Progress } from '../ledger/rollout-memory.ts';
import { compareReleases } from '../releases/release-version.ts';
import { compareImages } from './image-order.ts';
import { type MemberStanding, MOVING, standingOf } from './member-standing.ts';
import { isLeftByFormer } from './progress.ts';
import type { RolloutPolicy } from './rollout-policy.ts';
import type { Blocker, Candidate, Entry, Member, Rollouts } from './rollouts.ts';
import { failedRelease } from './tried-release.ts';
import { CUSTOM, rememberedPlace } from './wave-place.ts';

/** How the members of one wave stand to a release. */
interface WaveOf {
  readonly unfinished: Blocker[];
  readonly unseen: NodeGroupKey[];
  /** Members to which an AMI may have come since they were seen. */
  readonly unsure: NodeGroupKey[];
  readonly stopped: Blocker[];
  /** When the last of the members that ran the release took it, epoch milliseconds; undefined: none ever has. */
  takenAt: number | undefined;
  isPassedOver: boolean;
}

/** How all members stand to a release. */
interface Summary {
  readonly waves: ReadonlyMap<number, WaveOf>;
  readonly moving: readonly Blocker[];
  readonly hasBeenTaken: boolean;
  /** What the waves before a wave come to, by the place of that wave: each is worked out once. */
  readonly before: Map<number, Before>;
}

/** What keeps a release from a wave, or else the earlier wave that was the last to take the release. */
type Before =
  | Exclude<Entry, { kind: 'open' | 'alone' | 'baking' }>
  | { readonly last?: { wave: number; since: number } };

/** The reason of a node group that no longer exists: it is no member any more. */
const GONE = 'node-group-gone';

/** The rollouts of a fleet, from what the ledger remembers of each subject. */
export const rolloutsIn = (states: ReadonlyMap<string, NodeGroupState>, policy: RolloutPolicy): Rollouts =>
  rolloutsOf(
    new Map(
      [...states].flatMap(([subject, state]) => {
        const key = keyOf(subject);
        // The ledger keeps the item of a deleted node group for long, and nobody waits for that node group.
        if (state.reason === GONE) return [];
        // Only managed node groups have names without a colon.
        return key.nodegroup.includes(':') ? [] : [[subject, rememberedMember(key, state, policy)]];
      }),
    ),
  );

const rememberedMember = (key: NodeGroupKey, state: NodeGroupState, policy: RolloutPolicy): Member => ({
  ...memberWith(key, rememberedPlace(key, state.progress, policy), state, state.progress, state.reason),
  isLeftByFormer: isLeftByFormer(state.progress, policy),
});

/** A member as the ledger, or a decision, remembers it. */
export const memberWith = (
  key: NodeGroupKey,
  wave: number,
  memory: Pick<NodeGroupState, 'upgrade' | 'failures'>,
  progress: Progress | undefined,
  reason: string | undefined,
): Member => ({
  key,
  wave,
  progress,
  reason,
  taking: memory.upgrade?.releaseVersion,
  failed: failedRelease(memory),
  broke: memory.failures?.broke,
});

/** @param summaries what is known already, by release, then by pair */
export function rolloutsOf(
  members: ReadonlyMap<string, Member>,
  summaries: Map<string, ReadonlyMap<string, Summary>> = new Map(),
): Rollouts {
  const summaryOf = (candidate: Candidate, bakeBetween: number, now: number): Summary => {
    const { pair, releaseVersion, withdrawn = [] } = candidate;
    const id = `${pair} ${bakeBetween} ${withdrawn.join(' ')}`;
    const ofPair = summaries.get(releaseVersion);
    const known = ofPair?.get(id);
    if (known !== undefined) return known;
    const summary = summarize(members.values(), candidate, bakeBetween, now);
    summaries.set(releaseVersion, new Map([...(ofPair ?? []), [id, summary]]));
    return summary;
  };
  return {
    hasBeenTaken: (candidate, bakeBetween, now) => summaryOf(candidate, bakeBetween, now).hasBeenTaken,
    emptyBefore: (wave, candidate, bakeBetween, now) => {
      const { waves } = summaryOf(candidate, bakeBetween, now);
      return Array.from({ length: wave }, (_, place) => place).filter((place) => isEmpty(waves.get(place)));
    },
    unsureBefore: (wave, candidate, bakeBetween, now) =>
      [...summaryOf(candidate, bakeBetween, now).waves].flatMap(([place, { unsure }]) => (place < wave ? unsure : [])),
    memberOf: (subject) => members.get(subject),
    takersBefore: (before, { pair, releaseVersion }) =>
      [...members.values()].filter(
        ({ wave, progress, taking }) =>
          wave < before &&
          (progress?.pair === pair
            ? [taking, progress.runs.releaseVersion].includes(releaseVersion)
            : progress?.nextPair === pair && taking === releaseVersion),
      ),
    with: (changed) => {
      const next = new Map(members);
      for (const [subject, member] of changed) {
        if (member === undefined) next.delete(subject);
        else next.set(subject, member);
      }
      return rolloutsOf(next);
    },
    // The start changes only what is known of the release that the member moves to.
    withStart: (subject, member) =>
      rolloutsOf(
        new Map([...members, [subject, member]]),
        new Map([...summaries].filter(([releaseVersion]) => releaseVersion !== member.taking)),
      ),
    entryOf: (key, wave, candidate, bakeBetween, now) =>
      entryInto(summaryOf(candidate, bakeBetween, now), key, wave, bakeBetween, now),
  };
}

function entryInto(summary: Summary, key: NodeGroupKey, wave: number, bakeBetween: number, now: number): Entry {
  const before = summary.before.get(wave) ?? beforeWave(summary, wave);
  summary.before.set(wave, before);
  if ('kind' in before) return before;
  const { last } = before;
  if (last !== undefined && last.since + bakeBetween > now) return { kind: 'baking', ...last };
  if (summary.hasBeenTaken) return { kind: 'open' };
  const first = summary.moving.find((each) => subjectOf(each.key) !== subjectOf(key));
  return first === undefined ? { kind: 'open' } : { kind: 'alone', first };
}

const isEmpty = (of: WaveOf | undefined): boolean =>
  of === undefined || (of.takenAt === undefined && of.unfinished.length + of.stopped.length === 0 && !of.isPassedOver);

function beforeWave({ waves }: Summary, wave: number): Before {
  const earlier = [...waves].filter(([place]) => place < wave).sort(([a], [b]) => a - b);
  for (const [place, { stopped, unfinished, unseen, takenAt, isPassedOver }] of earlier) {
    if (stopped.length > 0) return { kind: 'stopped', blockers: stopped };
    if (unfinished.length > 0) return { kind: 'unfinished', blockers: unfinished, unseen };
    if (isPassedOver && takenAt === undefined) return { kind: 'passed-over', wave: place };
  }
  const taken = earlier.flatMap(([place, { takenAt }]) =>
    takenAt === undefined ? [] : [{ wave: place, since: takenAt }],
  );
  const [last] = taken.toSorted((a, b) => b.since - a.since);
  return last === undefined ? {} : { last };
}

function summarize(members: Iterable<Member>, candidate: Candidate, bakeBetween: number, now: number): Summary {
  const orders = new Map<string, number | undefined>();
  const amiType = candidate.pair.slice(candidate.pair.indexOf('/') + 1);
  // Many members run the same release, so each release is compared once.
  const orderOf = ({ runs: { releaseVersion: runs }, images = [] }: Progress): number | undefined => {
    if (amiType === CUSTOM) return compareImages(images, runs, candidate.releaseVersion);
    if (!orders.has(runs)) orders.set(runs, compareReleases(amiType, runs, candidate.releaseVersion));
    return orders.get(runs);
  };
  const waves = new Map<number, WaveOf>();
  const moving: Blocker[] = [];
  const release = { ...candidate, bakeBetween };
  for (const member of members) {
    const { key, wave, progress, taking } = member;
    const isLeftAlone = progress?.isLeftAlone === true && member.isLeftByFormer !== true;
    if (!takesBy(now, candidate.pair, progress) || isLeftAlone) continue;
    const known = waves.get(wave);
    const of = known ?? {
      unfinished: [],
      unseen: [],
      unsure: [],
      stopped: [],
      takenAt: undefined,
      isPassedOver: false,
    };
    if (known === undefined) waves.set(wave, of);
    if (taking === candidate.releaseVersion) moving.push({ key, wave, why: MOVING });
    count(of, member, standingOf(member, release, orderOf, now));
  }
  const hasBeenTaken = [...waves.values()].some(({ takenAt }) => takenAt !== undefined);
  return { waves, moving, hasBeenTaken, before: new Map() };
}

/** Whether releases of a pair come to a member by now. A member that was never looked at counts: nobody knows. */
function takesBy(now: number, pair: string, progress: Progress | undefined): boolean {
  if (progress === undefined || progress.pair === pair) return true;
  const { nextPair, nextFrom = 0 } = progress;
  return nextPair === pair && nextFrom <= now;
}

/** Counts how one member stands to a release in its wave. */
function count(of: WaveOf, { key, wave }: Pick<Member, 'key' | 'wave'>, standing: MemberStanding): void {
  switch (standing.kind) {
    case 'apart':
      if (standing.isUnsure) of.unsure.push(key);
      return;
    case 'waits':
      of.unfinished.push({ key, wave, why: standing.why });
      if (standing.isUnseen) of.unseen.push(key);
      return;
    case 'stops':
      of.stopped.push({ key, wave, why: standing.why });
      return;
    case 'taken':
      of.takenAt = Math.max(of.takenAt ?? 0, standing.at);
      return;
    case 'passed-over':
      of.isPassedOver = true;
      return;
  }
}
