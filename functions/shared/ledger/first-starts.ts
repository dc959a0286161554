import * as z from 'zod';
import { type Ledger, queryItems, saveUnlessWritten } from './ledger.ts';
import type { NodeGroupKey } from './node-group-key.ts';

const PK = 'first-start';

const firstStart = z.object({
  /** The function that starts the group. */
  by: z.string(),
  cluster: z.string(),
  nodegroup: z.string(),
  /** Epoch milliseconds. */
  at: z.number(),
  /** Counts writes. A write succeeds only if nobody else has written since the read. */
  revision: z.number(),
});

/**
 * How long a claim holds, ms. By then its function has saved that the group moves, or that it does not, also where its
 * message had to be delivered again.
 */
const HOLDS_FOR = 60 * 60_000;
/** How long a claim is kept, ms. */
const KEPT_FOR = 7 * 86_400_000;

interface Claim {
  /** The function that claims. Of one function, one reconcile runs at a time, and knows what it has started. */
  readonly by: string;
  readonly key: NodeGroupKey;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Unique name of the write. */
  readonly writer: string;
}

/**
 * Claims the first start of a release, of which the ledger remembers no group that moves to it, by one conditional
 * write: of two functions that claim it at the same time, one gets it.
 *
 * @returns the group that another function starts first; undefined where the claim holds
 */
export async function claimFirstStart(
  ledger: Ledger,
  { pair, releaseVersion }: { readonly pair: string; readonly releaseVersion: string },
  { by, key: { cluster, nodegroup }, now, writer }: Claim,
): Promise<NodeGroupKey | undefined> {
  const sk = `${pair} ${releaseVersion}`;
  const query = { KeyConditionExpression: 'pk = :pk AND sk = :sk', ExpressionAttributeValues: { ':sk': sk } };
  const read = async () => (await queryItems(ledger, PK, firstStart, query))[0];
  const known = await read();
  // Somebody may hold a claim that nobody can read. The group waits as for a claim of its own, until that is past.
  if (ledger.unreadable?.has(PK, sk)) return { cluster, nodegroup };
  if (known !== undefined && known.by !== by && now - known.at < HOLDS_FOR) return keyIn(known);
  const claim = { by, cluster, nodegroup, at: now, revision: known?.revision ?? 0 };
  const saved = await saveUnlessWritten(ledger, { pk: PK, sk, keptUntil: now + KEPT_FOR }, claim, writer);
  if (saved !== undefined) return undefined;
  const other = await read();
  if (other === undefined) throw new Error(`Nobody holds the claim ${sk} that somebody has just written.`);
  return keyIn(other);
}

const keyIn = ({ cluster, nodegroup }: NodeGroupKey): NodeGroupKey => ({ cluster, nodegroup });
