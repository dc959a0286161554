import * as z from 'zod';
import { type Ledger, putItem, queryItems } from '../ledger/ledger.ts';
import { type Pair, pairKey } from './ami-type.ts';

const PK = 'release';

/** A release of a pair that Amazon has recommended. */
const seenRelease = z.object({
  releaseVersion: z.string(),
  /** When it was first seen, epoch milliseconds: the start of its bake time, also after it was away for a while. */
  firstSeenAt: z.number(),
  /** Since when it counts as withdrawn, epoch milliseconds; absent while it is on offer. */
  withdrawnAt: z.number().optional(),
});
export type SeenRelease = z.infer<typeof seenRelease>;

/** What is remembered of a pair's releases. */
const knownRelease = z.object({
  /** Oldest first; those before the last {@link KEPT} are forgotten. */
  seen: z.array(seenRelease),
  /** What Amazon recommends, as far as it is believed; absent when nothing is published. */
  recommended: z.string().optional(),
  /**
   * One look found something else recommended than is believed: an older release, one that was withdrawn, or none. It is
   * believed when a second look finds so, too; nothing starts before.
   */
  doubt: z.object({ recommended: z.string().optional(), since: z.number() }).optional(),
  /** What Amazon recommends cannot be read, since when (epoch milliseconds), and by which error. */
  unreadable: z.object({ code: z.string(), since: z.number(), isTold: z.boolean() }).optional(),
  /** Whether the `EKS AMI Release` event of the newest release is known to be on the bus. */
  announced: z.boolean(),
});
export type KnownRelease = z.infer<typeof knownRelease>;

/** An item of version 1 of the ledger, which had a time for the newest release only. */
const newestOnly = z
  .object({
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

const releaseItem = z.object({ sk: z.string() }).and(z.union([knownRelease, newestOnly]));

/** How many releases of a pair are remembered: more than a year of weekly ones. */
const KEPT = 60;

/** Everything known, by {@link pairKey}. */
export async function readReleases(ledger: Ledger): Promise<Map<string, KnownRelease>> {
  const items = await queryItems(ledger, PK, releaseItem);
  return new Map(items.map(({ sk, ...known }) => [sk, known]));
}

export async function saveRelease(ledger: Ledger, pair: Pair, known: KnownRelease): Promise<void> {
  await putItem(ledger, { pk: PK, sk: pairKey(pair) }, { ...known, seen: known.seen.slice(-KEPT) });
}
