import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { type Ledger, saveUnlessWritten } from './ledger.ts';

/** What a budget bounds; each is counted for itself. */
export type BudgetName = 'upgrades' | 'quarantines';

const keyOf = (name: BudgetName) => ({ pk: 'budget', sk: name });

/** A place in the blast budget. */
const slot = z.object({
  cluster: z.string(),
  /** The group of the holder, where groups have a limit of their own. */
  nodegroup: z.string().optional(),
  /**
   * Epoch milliseconds. An expired slot is given up only after its holder was looked at and nothing is under way
   * there: so a crash cannot hold a slot for ever, and a slow update cannot lose one.
   */
  expiresAt: z.number(),
  /** Somebody else's update: it counts in the limits as long as it runs. */
  foreign: z.literal(true).optional(),
  /** It takes longer than it should: it holds up its cluster, not the account. */
  stuck: z.literal(true).optional(),
});
export type Slot = z.infer<typeof slot>;

const budgetItem = z.object({
  slots: z.record(z.string(), slot),
  /** Counts the writes: a write is conditional on nobody having written since the read. */
  revision: z.number(),
  /** Who made the last write: tells a lost reply of one's own write from a write of somebody else. */
  writer: z.string(),
});

/** Slots by subject, as read. */
export interface BlastBudget {
  readonly name: BudgetName;
  readonly slots: Readonly<Record<string, Slot>>;
  readonly revision: number;
}

/** Two writers took from the budget at once: the later one did nothing and must look again. */
export class BudgetConflict extends Error {
  override readonly name = 'BudgetConflict';
}

export async function readBudget({ documents, table }: Ledger, name: BudgetName): Promise<BlastBudget> {
  const { Item } = await documents.send(new GetCommand({ TableName: table, Key: keyOf(name), ConsistentRead: true }));
  return { name, ...(Item === undefined ? { slots: {}, revision: 0 } : budgetItem.parse(Item)) };
}

/**
 * Replaces the slots if nobody has written since `budget` was read. All slots of a budget stand in one item, so that its
 * limits, of groups, clusters and account, are kept by one condition.
 *
 * @param writer names this write: unique to the invocation and its step
 * @returns the budget as it stands now
 * @throws BudgetConflict when somebody else has written since
 */
export async function writeBudget(
  ledger: Ledger,
  budget: BlastBudget,
  slots: BlastBudget['slots'],
  writer: string,
): Promise<BlastBudget> {
  const { name, revision } = budget;
  const written = await saveUnlessWritten(ledger, keyOf(name), { slots, revision }, writer);
  if (written === undefined) {
    throw new BudgetConflict('The blast budget was changed by somebody else since it was read.');
  }
  return { name, ...written };
}
