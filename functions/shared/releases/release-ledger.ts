import * as z from 'zod';
import { type Ledger, putItem, queryItems } from '../ledger/ledger.ts';
import { type Pair, pairKey } from './ami-type.ts';

const PK = 'release';

/** What is remembered of a pair's releases. */
const knownRelease = z.object({
  sk: z.string(),
  /** The newest release ever recommended; absent while Amazon publishes none for the pair. */
  newest: z.string().optional(),
  /** When `newest` was first seen (or seen again after a withdrawal), epoch milliseconds: the start of its bake time. */
  firstSeenAt: z.number().optional(),
  /** `newest` before this one. */
  previous: z.string().optional(),
  /** What Amazon recommends now; older than `newest` when that was withdrawn, absent when nothing is published. */
  recommended: z.string().optional(),
  /** Whether the `EKS AMI Release` event of `newest` is known to be on the bus. */
  announced: z.boolean(),
});
export type KnownRelease = Omit<z.infer<typeof knownRelease>, 'sk'>;

/** Everything known, by {@link pairKey}. */
export async function readReleases(ledger: Ledger): Promise<Map<string, KnownRelease>> {
  const items = await queryItems(ledger, PK, knownRelease);
  return new Map(items.map(({ sk, ...known }) => [sk, known]));
}

export async function saveRelease(ledger: Ledger, pair: Pair, known: KnownRelease): Promise<void> {
  await putItem(ledger, { pk: PK, sk: pairKey(pair) }, known);
}
