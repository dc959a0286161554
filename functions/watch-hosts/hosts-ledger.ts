import * as z from 'zod';
import { type Ledger, queryItems, saveUnlessWritten } from '../shared/ledger/ledger.ts';
import { toldMemory } from '../shared/ledger/tell-once.ts';
import type { Reason } from './reasons.ts';

/** The kind of the items about what hosts run, by group; and about the first look at a cluster, by cluster. */
const HOSTS = 'hosts';
/** The kind of the items about hosts that AWS or their owner looks after, by cluster. */
const OTHER_HOSTS = 'other-hosts';

const told = z.object(toldMemory<Reason>());
export type Told = Readonly<z.infer<typeof told>>;

const group = z.object({
  ...toldMemory<Reason>(),
  /** What was told that the hosts run; absent in the item of a cluster. */
  runs: z.array(z.string()).optional(),
});
export type GroupTold = Readonly<z.infer<typeof group>>;

/** How long an item is kept after its last change, ms. */
const KEPT_FOR = 800 * 86_400_000;

/** @returns the states, by cluster and by `keyOf` */
export async function readGroupsTold(ledger: Ledger): Promise<Map<string, GroupTold>> {
  const items = await queryItems(ledger, HOSTS, group.extend({ sk: z.string() }));
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** @returns the saved state; undefined when another run was first */
export const saveGroupTold = (ledger: Ledger, key: string, state: GroupTold, now: number, writer: string) =>
  saveUnlessWritten(ledger, { pk: HOSTS, sk: key, keptUntil: now + KEPT_FOR }, state, writer);

/** @returns the states, by cluster */
export async function readOtherHostsTold(ledger: Ledger): Promise<Map<string, Told>> {
  const items = await queryItems(ledger, OTHER_HOSTS, told.extend({ sk: z.string() }));
  return new Map(items.map(({ sk, ...state }) => [sk, state]));
}

/** @returns the saved state; undefined when another run was first */
export const saveOtherHostsTold = (ledger: Ledger, cluster: string, state: Told, now: number, writer: string) =>
  saveUnlessWritten(ledger, { pk: OTHER_HOSTS, sk: cluster, keptUntil: now + KEPT_FOR }, state, writer);
