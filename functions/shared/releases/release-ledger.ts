import * as z from 'zod';
import { type Ledger, putItem, queryItems } from '../ledger/ledger.ts';
import { type Pair, pairKey } from './ami-type.ts';

export const RELEASE_PK = 'release';
const PK = RELEASE_PK;

/** A release of a pair that Amazon has recommended. */
const seenRelease = () =>
  z.object({
    releaseVersion: z.string(),
    /** When it was first seen, epoch milliseconds: the start of its bake time, even if it was withdrawn for a while. */
    firstSeenAt: z.number(),
    /** Since when it counts as withdrawn, epoch milliseconds; absent while it is on offer. */
    withdrawnAt: z.number().optional(),
  });
export type SeenRelease = z.infer<ReturnType<typeof seenRelease>>;

/** What the ledger remembers of a pair's releases. */
const knownRelease = () =>
  z.object({
    /** Oldest first. Only the last {@link KEPT} are kept. */
    seen: z.array(seenRelease()),
    /** The confirmed recommendation; absent when nothing is published. */
    recommended: z.string().optional(),
    /**
     * A reading that differs from the confirmed recommendation: an older release, a withdrawn one, or none. It is
     * accepted when a second reading confirms it; no upgrade starts before.
     */
    doubt: z.object({ recommended: z.string().optional(), since: z.number() }).optional(),
    /** The recommendation cannot be read: the error, and since when (epoch milliseconds). */
    unreadable: z.object({ code: z.string(), since: z.number(), isTold: z.boolean() }).optional(),
    /** Whether EventBridge has accepted the `EKS AMI Release` event of the newest release. */
    announced: z.boolean(),
  });
export type KnownRelease = z.infer<ReturnType<typeof knownRelease>>;

/** An item of version 1 of the ledger, which had a time for the newest release only. */
const newestOnly = () =>
  z
    .object({
      // An item of the present format that cannot be read is none of the former one, which knows no releases.
      seen: z.never().optional(),
      newest: z.string().optional(),
      firstSeenAt: z.number().optional(),
      previous: z.string().optional(),
      recommended: z.string().optional(),
      announced: z.boolean(),
    })
    .transform(({ newest, firstSeenAt = 0, previous, recommended, announced }): KnownRelease => {
      const before = [previous, recommended].filter((version) => version !== undefined && version !== newest);
      const older = [...new Set(before)].flatMap((version) =>
        version === undefined ? [] : [{ releaseVersion: version, firstSeenAt }],
      );
      const isWithdrawn = recommended !== newest;
      const last =
        newest === undefined
          ? []
          : [{ releaseVersion: newest, firstSeenAt, ...(isWithdrawn && { withdrawnAt: firstSeenAt }) }];
      return { seen: [...older, ...last], ...(recommended !== undefined && { recommended }), announced };
    });

const releaseItem = z.lazy(() => z.object({ sk: z.string() }).and(z.union([knownRelease(), newestOnly()])));

/** How many releases of a pair are kept: more than a year of weekly ones. */
const KEPT = 60;

/** Everything known, by {@link pairKey}. */
export async function readReleases(ledger: Ledger): Promise<Map<string, KnownRelease>> {
  const items = await queryItems(ledger, PK, releaseItem);
  return new Map(items.map(({ sk, ...known }) => [sk, known]));
}

export async function saveRelease(ledger: Ledger, pair: Pair, known: KnownRelease): Promise<void> {
  await putItem(ledger, { pk: PK, sk: pairKey(pair) }, { ...known, seen: known.seen.slice(-KEPT) });
}
