import type { Unreadable } from '../shared/fleet/reading.ts';
import type { DecisionKind } from '../shared/records/record.ts';
import type { RecommendedRelease } from '../shared/releases/ami-release.ts';
import { type Pair, pairKey } from '../shared/releases/ami-type.ts';
import type { KnownRelease, SeenRelease } from '../shared/releases/release-ledger.ts';
import { compareReleases } from '../shared/releases/release-version.ts';
import { isNews } from '../shared/releases/seen-releases.ts';
import { whyNoRelease } from '../shared/releases/target-release.ts';
import type { PairObservation } from './observe.ts';
import type { Reason } from './reasons.ts';

/** What to do about one pair. */
export interface Decision {
  /** The new ledger state; absent when nothing changes. */
  readonly known?: KnownRelease;
  /** Whether to publish an `EKS AMI Release` event. */
  readonly announce: boolean;
  /** The outcome to record; absent when nothing new is known. */
  readonly outcome?: Outcome;
  /** An outcome to record before `outcome`: the pair can be read again. */
  readonly recovered?: Outcome;
}

interface Outcome {
  readonly decision: DecisionKind;
  readonly reason: Reason;
  readonly message: string;
  /**
   * Id of the incident (such as an unreadable pair) that this outcome opens or closes; absent for outcomes about a
   * release.
   */
  readonly trouble?: string;
}

const NOTHING: Decision = { announce: false };

interface Readable {
  readonly pair: Pair;
  readonly recommended: Exclude<RecommendedRelease, Unreadable>;
  readonly known?: KnownRelease | undefined;
}

/**
 * Minimum time between two readings that confirm each other, ms. It is less than the hour between scheduled runs, and
 * more than the time between a run and its retry.
 */
const APART = 30 * 60_000;

/**
 * Decides about one pair; a pure function. An unreadable recommendation changes nothing that is known. It is reported
 * once (throttling only if it lasts), and the next run reads it again.
 *
 * @param now epoch milliseconds
 */
export function decide({ isInUse, ...observation }: PairObservation, now: number): Decision {
  if (isInUse) return decideInUse(observation, now);
  if (observation.recommended.kind === 'unreadable') return NOTHING;
  // Nobody is told of releases that nobody runs. They are announced once the pair is in use again.
  const { known, recovered } = decideInUse(observation, now);
  return { ...(known !== undefined && { known }), announce: false, ...(recovered !== undefined && { recovered }) };
}

function decideInUse({ pair, recommended, known }: Omit<PairObservation, 'isInUse'>, now: number): Decision {
  if (recommended.kind === 'unreadable') return unread(pair, recommended, known, now);
  if (known?.unreadable === undefined) return compare({ pair, recommended, known }, now);
  const { unreadable, ...before } = known;
  const then = compare({ pair, recommended, ...(before.seen.length > 0 && { known: before }) }, now);
  const message = `The release that Amazon recommends for ${pairKey(pair)} can be read again.`;
  const over = { decision: 'done', reason: 'release-readable', message, trouble: troubleOf(pair, unreadable) } as const;
  return { ...then, known: then.known ?? before, ...(unreadable.isTold && { recovered: over }) };
}

function unread(
  pair: Pair,
  { code, error, isThrottled }: Unreadable,
  known: KnownRelease | undefined,
  now: number,
): Decision {
  const { unreadable: earlier, ...base } = known ?? { seen: [], announced: true };
  const since = earlier?.since ?? now;
  const wasTold = earlier?.code === code && earlier.isTold;
  const isNews = !wasTold && (!isThrottled || now - since >= APART);
  const unreadable = { code, since, isTold: isNews || earlier?.isTold === true };
  const message = `The release that Amazon recommends for ${pairKey(pair)} cannot be read: ${error}`;
  return {
    ...((isNews || earlier?.code !== code) && { known: { ...base, unreadable } }),
    announce: isUntold(base),
    ...(isNews && {
      outcome: { decision: 'failed', reason: 'unreadable', message, trouble: troubleOf(pair, unreadable) },
    }),
  };
}

/** Whether Amazon offers a release that was not announced yet. One that it has withdrawn since never is. */
const isUntold = ({ announced, recommended }: Pick<KnownRelease, 'announced' | 'recommended'>): boolean =>
  !announced && recommended !== undefined;

const troubleOf = (pair: Pair, { since }: NonNullable<KnownRelease['unreadable']>): string =>
  `${pairKey(pair)} unreadable ${since}`;

/**
 * Compares what Amazon recommends with what the ledger knows; a pure function. A release newer than all known ones is
 * accepted at once, because its bake time is still ahead. Any other difference (an older release, a withdrawn one,
 * none) is accepted only when a second reading confirms it: a public parameter has been seen to step back for one
 * reading (awslabs/amazon-eks-ami#924).
 *
 * @param now epoch milliseconds
 */
function compare({ pair, recommended, known }: Readable, now: number): Decision {
  const name = pairKey(pair);
  if (recommended.kind === 'unknown-type') {
    const message = `This version does not know the releases of AMI type ${pair.amiType}.`;
    return absent(known, { decision: 'skipped', reason: 'unknown-ami-type', message });
  }
  const reading = recommended.kind === 'release' ? recommended.releaseVersion : undefined;
  if (known === undefined || known.seen.length === 0) {
    if (reading === undefined) {
      return absent(known, { decision: 'skipped', reason: 'no-release-for-version', message: whyNoRelease(pair) });
    }
    return newRelease([], reading, `${name}: ${reading} is the first release seen.`, now);
  }
  if (reading !== undefined && isNews(pair, known, reading)) {
    return newRelease(
      known.seen,
      reading,
      `${name}: ${reading} is newer than ${known.seen.at(-1)?.releaseVersion}.`,
      now,
    );
  }
  const { doubt, ...certain } = known;
  if (reading === known.recommended) {
    if (doubt !== undefined) return { known: certain, announce: isUntold(known) };
    return isUntold(known) ? { announce: true } : NOTHING;
  }
  if (doubt === undefined) return { known: { ...certain, doubt: doubtOf(reading, now) }, announce: false };
  if (now - doubt.since < APART) return NOTHING;
  const agreed = newer(pair, certain.seen, doubt.recommended, reading);
  // Two readings that name different releases agree only that every release newer than both is no longer recommended.
  if (agreed === known.recommended) return { known: { ...certain, doubt: doubtOf(reading, now) }, announce: false };
  return believe(pair, certain, agreed, agreed === doubt.recommended ? doubt.since : now, now);
}

const doubtOf = (reading: string | undefined, since: number): NonNullable<KnownRelease['doubt']> => ({
  since,
  ...(reading !== undefined && { recommended: reading }),
});

function newRelease(before: readonly SeenRelease[], releaseVersion: string, message: string, now: number): Decision {
  return {
    known: {
      seen: [...before, { releaseVersion, firstSeenAt: now }],
      recommended: releaseVersion,
      announced: false,
    },
    announce: true,
    outcome: { decision: 'acted', reason: 'release-seen', message },
  };
}

/**
 * Accepts a confirmed change of the recommendation: releases newer than the recommended one were withdrawn, and the
 * recommended one is on offer.
 */
function believe(
  pair: Pair,
  known: Omit<KnownRelease, 'doubt'>,
  recommended: string | undefined,
  since: number,
  now: number,
): Decision {
  const name = pairKey(pair);
  const { recommended: _, ...before } = known;
  const seen = recommended === undefined ? known.seen : withRelease(pair, known.seen, recommended, since);
  const place = seen.findIndex(({ releaseVersion }) => releaseVersion === recommended);
  const after = seen.map((release, index): SeenRelease => {
    const { withdrawnAt, ...offered } = release;
    if (index === place) return offered;
    return index > place && withdrawnAt === undefined ? { ...release, withdrawnAt: now } : release;
  });
  const gone = seen.filter(({ withdrawnAt }, index) => index > place && withdrawnAt === undefined);
  const named = gone.map(({ releaseVersion }) => releaseVersion).join(', ');
  const believed = { ...before, seen: after, ...(recommended !== undefined && { recommended }) };
  if (gone.length === 0) {
    const message = `${name}: ${recommended} is recommended again. Its bake time counts from when it was first seen.`;
    return {
      known: { ...believed, announced: false },
      announce: true,
      outcome: { decision: 'acted', reason: 'release-seen', message },
    };
  }
  const message =
    recommended === undefined
      ? `${name}: Amazon recommends no release any more. It has withdrawn ${named}.`
      : `${name}: Amazon recommends ${recommended} instead of ${named}, which was withdrawn.`;
  return { known: believed, announce: false, outcome: { decision: 'skipped', reason: 'release-withdrawn', message } };
}

/** The known releases in release order, with the given one. */
function withRelease(pair: Pair, seen: readonly SeenRelease[], releaseVersion: string, since: number): SeenRelease[] {
  if (seen.some((known) => known.releaseVersion === releaseVersion)) return [...seen];
  const place = seen.findIndex(
    (known) => (compareReleases(pair.amiType, known.releaseVersion, releaseVersion) ?? 0) > 0,
  );
  const release = { releaseVersion, firstSeenAt: since };
  return place < 0 ? [...seen, release] : seen.toSpliced(place, 0, release);
}

/** The newer of two readings. */
function newer(pair: Pair, seen: readonly SeenRelease[], a: string | undefined, b: string | undefined) {
  if (a === undefined || b === undefined) return a ?? b;
  const place = (reading: string) => seen.findIndex(({ releaseVersion }) => releaseVersion === reading);
  const order = compareReleases(pair.amiType, a, b) ?? place(a) - place(b);
  return order > 0 ? a : b;
}

/** Records once that Amazon recommends no release. */
function absent(known: KnownRelease | undefined, outcome: NonNullable<Decision['outcome']>): Decision {
  if (known !== undefined && known.recommended === undefined) return NOTHING;
  const { recommended: _, ...rest } = known ?? { seen: [], announced: true };
  return { known: rest, announce: false, outcome };
}
