import * as z from 'zod';
import { type Ledger, putItem, queryItems } from './ledger.ts';

/** The kind of the items about nodes that are no EC2 instances, by cluster. */
const OTHER_NODES = 'other-nodes';
/** How many nodes an item names. An item of DynamoDB holds 400 kB. */
const MOST_NODES = 500;
/** How long an item is kept, ms: it is written anew each day. */
const KEPT_FOR = 3 * 86_400_000;

const otherNode = z.object({
  name: z.string(),
  kind: z.enum(['fargate', 'hybrid']),
  kubeletVersion: z.string(),
  osImage: z.string(),
  ready: z.boolean(),
  /** When the node joined, epoch milliseconds; absent where the API does not say. */
  createdAt: z.number().optional(),
});

const seen = z.object({
  /** When the cluster was asked, epoch milliseconds. */
  seenAt: z.number(),
  nodes: z.array(otherNode),
  /** How many more nodes there are. */
  more: z.number(),
  /** Why nodes that the cluster may have cannot be seen. */
  unseen: z.string().optional(),
});

/** The nodes of a cluster that are no EC2 instances, as `watch-hosts` has seen them last. */
export type OtherNodesSeen = Readonly<z.infer<typeof seen>>;

/** @returns what was seen of clusters that have such nodes, or do not let them be seen; by cluster */
export async function readOtherNodesSeen(ledger: Ledger): Promise<Map<string, OtherNodesSeen>> {
  const items = await queryItems(
    ledger,
    OTHER_NODES,
    seen.extend({ sk: z.string(), expiresAt: z.number().optional() }),
  );
  return new Map(
    items.flatMap(({ sk, expiresAt: _, ...state }) =>
      state.nodes.length === 0 && state.unseen === undefined ? [] : [[sk, state]],
    ),
  );
}

/** Remembers what is seen of a cluster now, whatever was seen before. */
export const saveOtherNodesSeen = (
  ledger: Ledger,
  cluster: string,
  { nodes, unseen, seenAt }: Pick<OtherNodesSeen, 'nodes' | 'unseen' | 'seenAt'>,
): Promise<void> => {
  const named = nodes.slice(0, MOST_NODES);
  const state = { seenAt, nodes: named, more: nodes.length - named.length, ...(unseen !== undefined && { unseen }) };
  return putItem(ledger, { pk: OTHER_NODES, sk: cluster, keptUntil: seenAt + KEPT_FOR }, state);
};
