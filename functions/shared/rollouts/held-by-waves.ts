import type { NodeGroupKey } from '../ledger/node-group-key.ts';
import { iso } from '../runtime/clock.ts';
import { listed } from '../text/listed.ts';
import type { Blocker, Candidate, Entry, Rollouts } from './rollouts.ts';

/**
 * How long a release must have been known before a later wave takes it, ms: two sweeps of a stack that sweeps each hour.
 * By then the ledger has seen every group of the earlier waves. Where sweeps are rarer, the event of an Amazon release has
 * had each managed node group looked at, and others are known from the sweep before. The event of an AMI of its owner may
 * be lost, or there is none, so that later groups have the earlier ones looked at (`new-images.ts`).
 */
const SWEPT_AFTER = 2 * 3_600_000;

/** How an entry, or what nobody can know yet, keeps a release away; absent: nothing does. */
export type Held =
  | Exclude<Entry, { kind: 'open' }>
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unswept'; readonly until: number };

/** A group that may take a release. */
interface Taker {
  readonly key: NodeGroupKey;
  /** The place of the group's wave, from 0. */
  readonly wave: number;
  /** How long a release must have run well in the waves before, ms. */
  readonly bakeBetween: number;
  /** Since when the release has been known where the group is, epoch milliseconds. */
  readonly knownSince: number;
}

/**
 * Whether waves keep a release from a group, and how; undefined where they do not. A pure function.
 *
 * @param rollouts absent: nobody knows how they stand
 */
export function heldFrom(
  { key, wave, bakeBetween, knownSince }: Taker,
  candidate: Candidate,
  rollouts: Rollouts | undefined,
  now: number,
): Held | undefined {
  if (rollouts === undefined) return { kind: 'unknown' };
  const entry = rollouts.entryOf(key, wave, candidate, bakeBetween, now);
  if (entry.kind !== 'open') return entry;
  const until = knownSince + SWEPT_AFTER;
  return wave > 0 && until > now ? { kind: 'unswept', until } : undefined;
}

/**
 * Tells of the earlier waves that a release has passed though nothing there has tried it, for a start that waves let
 * happen; begins with a blank. A wave without groups that take the release keeps it from nobody.
 */
export function passedInWords(
  { wave, bakeBetween }: Pick<Taker, 'wave' | 'bakeBetween'>,
  candidate: Candidate,
  {
    rollouts,
    waves,
    now,
  }: { readonly rollouts: Rollouts | undefined; readonly waves: readonly string[]; readonly now: number },
): string {
  const passed = rollouts?.emptyBefore(wave, candidate, bakeBetween, now) ?? [];
  if (passed.length === 0) return '';
  const names = listed(passed.map((place) => waves[place] ?? String(place)));
  return ` Nothing in ${passed.length === 1 ? 'wave' : 'the waves'} ${names} takes it, so that nothing has tried it there.`;
}

/**
 * Chooses the release to move to among releases that have baked, oldest first. The first choice is the newest that the
 * group's wave may take, or that the first group is taking. The second choice is the release that the wave may take
 * first. If nobody can say when, the choice is the newest that the earlier waves have not passed over.
 */
export function chooseAmong<Release>(
  baked: readonly Release[],
  heldOf: (release: Release) => Held | undefined,
  bakeBetween: number,
): Release | undefined {
  const soonest: Array<{ readonly release: Release; readonly until: number }> = [];
  let newest: Release | undefined;
  for (const release of baked.toReversed()) {
    const held = heldOf(release);
    // A group that waits for the first group to take a release waits in the line for that release, and so moves only
    // once.
    if (held === undefined || held.kind === 'alone') return release;
    const until = opensAt(held, bakeBetween);
    if (until !== undefined) soonest.push({ release, until });
    if (held.kind !== 'passed-over') newest ??= release;
  }
  const [first] = soonest.toSorted((a, b) => a.until - b.until);
  return first?.release ?? newest ?? baked.at(-1);
}

/** When what keeps a release away has passed, epoch milliseconds; undefined where nobody knows. */
function opensAt(held: Held, bakeBetween: number): number | undefined {
  if (held.kind === 'unswept') return held.until;
  return held.kind === 'baking' ? held.since + bakeBetween : undefined;
}

/** What a group waits for, in words. */
export interface WaveWait {
  readonly reason: 'earlier-wave' | 'wave-stopped';
  readonly message: string;
  /** What the group waits for, as a text that stays the same while the group waits for it. */
  readonly which: string;
  /** When the wait is over, epoch milliseconds; absent where nobody knows. */
  readonly until?: number;
  /** What to do, where the hint of the reason does not fit: nobody is waited for. */
  readonly hint?: string;
  /** Groups that nobody has seen for a day: they may be gone. */
  readonly lookAt?: readonly NodeGroupKey[];
}

const PASSES = 'Nothing to do: it goes on by itself at the time that the message names.';

/** What a group waits for, where waves keep a release away. */
export function inWordsOf(
  held: Held,
  {
    releaseVersion,
    waves,
    bakeBetween,
  }: { readonly releaseVersion: string; readonly waves: readonly string[]; readonly bakeBetween: number },
): WaveWait {
  // A wait for another wave is news. A part of a wave that has finished is none.
  const place = 'blockers' in held ? (held.blockers[0]?.wave ?? '') : 'wave' in held ? held.wave : '';
  const which = `${held.kind} ${place}`.trim();
  const nameOf = (wave: number | undefined = 0) => `wave ${waves[wave] ?? wave}`;
  const earlier = (message: string, more: Pick<WaveWait, 'until' | 'lookAt' | 'hint'> = {}): WaveWait => ({
    reason: 'earlier-wave',
    message,
    which,
    ...more,
  });
  switch (held.kind) {
    case 'unknown':
      return earlier(`How far the earlier waves are with ${releaseVersion} is not known.`);
    case 'unswept':
      return earlier(
        `${releaseVersion} has been known for less than two hours. Until ${iso(held.until)} only the first wave takes it.`,
        { until: held.until, hint: PASSES },
      );
    case 'alone':
      return earlier(`${listOf([held.first])}: the first node group that takes ${releaseVersion} goes alone.`);
    case 'passed-over':
      return earlier(
        `It waits for ${nameOf(held.wave)}, which runs or takes a newer release than ${releaseVersion} and never ran this one.`,
      );
    case 'baking': {
      const until = held.since + bakeBetween;
      return earlier(`${releaseVersion} bakes in ${nameOf(held.wave)} until ${iso(until)}.`, { until, hint: PASSES });
    }
    case 'stopped': {
      const message = `${releaseVersion} is stopped in ${nameOf(held.blockers[0]?.wave)}: ${listOf(held.blockers)}.`;
      return { reason: 'wave-stopped', message, which };
    }
    case 'unfinished': {
      const { blockers, unseen } = held;
      const lookAt = unseen.length === 0 ? {} : { lookAt: unseen };
      return earlier(`It waits for ${nameOf(blockers[0]?.wave)}: ${listOf(blockers)}.`, lookAt);
    }
  }
}

/** Names at most three groups, and counts the rest. */
function listOf(blockers: readonly Blocker[]): string {
  const named = blockers.slice(0, 3).map(({ key: { cluster, nodegroup }, why }) => `${cluster}/${nodegroup} ${why}`);
  return [...named, ...(blockers.length > 3 ? [`and ${blockers.length - 3} more`] : [])].join(', ');
}
