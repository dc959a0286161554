import * as z from 'zod';
import { type Ledger, putItem, queryItems } from '../ledger/ledger.ts';
import { type Pair, pairKey, pairOfKey } from './ami-type.ts';

const PK = 'watched-pair';

/**
 * How long a pair is watched after the last registration, ms. Once a release of it was seen, it is watched for ever.
 */
const KEPT_FOR = 30 * 86_400_000;

/** Has watch-ami-releases look at a pair that no managed node group uses. @param now epoch milliseconds */
export const watchPair = (ledger: Ledger, pair: Pair, now: number): Promise<void> =>
  putItem(ledger, { pk: PK, sk: pairKey(pair), keptUntil: now + KEPT_FOR }, {});

/** The pairs that were registered. */
export const readWatchedPairs = async (ledger: Ledger): Promise<Pair[]> =>
  (await queryItems(ledger, PK, z.object({ sk: z.string() }))).map(({ sk }) => pairOfKey(sk));
