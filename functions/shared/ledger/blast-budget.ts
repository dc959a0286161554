import { GetCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import { type Ledger, parseItems, saveUnlessWritten } from './ledger.ts';
import { UnreadableItemError } from './unreadable-items.ts';

/** The budgets; each is counted separately. */
export type BudgetName = 'upgrades' | 'quarantines';

/** Where a budget is kept, for whoever reads it together with other items. */
export const budgetKey = (name: BudgetName) => ({ pk: 'budget' as const, sk: name });

/** A slot of the blast budget. */
const slot = z.object({
  cluster: z.string(),
  /** The holder's node group, where node groups have a limit of their own. */
  nodegroup: z.string().optional(),
  /**
   * Epoch milliseconds. An expired slot is only released after a read shows that nothing is under way at its holder. So
   * a crash cannot hold a slot for ever, and a slow update cannot lose one.
   */
  expiresAt: z.number(),
  /** Somebody else's update, which counts towards the limits while it runs. */
  foreign: z.literal(true).optional(),
  /** The act takes longer than it should. It blocks its cluster, but not the account. */
  stuck: z.literal(true).optional(),
});
export type Slot = z.infer<typeof slot>;

const budgetItem = z.object({
  slots: z.record(z.string(), slot),
  /** Counts writes. A write succeeds only if nobody else has written since the read. */
  revision: z.number(),
  /** Name of the last write, which tells a retry after a lost reply from somebody else's write. */
  writer: z.string(),
});

/** The slots by subject, as read. */
export interface BlastBudget {
  readonly name: BudgetName;
  readonly slots: Readonly<Record<string, Slot>>;
  readonly revision: number;
}

/** Two writers changed the budget at once: the later one has changed nothing and must read again. */
export class BudgetConflict extends Error {
  override readonly name = 'BudgetConflict';
}

/** @throws UnreadableItemError as {@link budgetOf} */
export async function readBudget(ledger: Ledger, name: BudgetName): Promise<BlastBudget> {
  const { Item } = await ledger.documents.send(
    new GetCommand({ TableName: ledger.table, Key: budgetKey(name), ConsistentRead: true }),
  );
  return budgetOf(ledger, name, Item);
}

/**
 * @param item as it is kept; undefined where nobody has ever held a slot
 * @throws UnreadableItemError where nobody can tell who holds a slot: then nobody takes one
 */
export function budgetOf(
  ledger: Ledger,
  name: BudgetName,
  item: Readonly<Record<string, unknown>> | undefined,
): BlastBudget {
  if (item === undefined) return { name, slots: {}, revision: 0 };
  const [budget] = parseItems(ledger, [item], budgetItem);
  if (budget === undefined) throw new UnreadableItemError(budgetKey(name).pk, name);
  return { name, ...budget };
}

/**
 * Replaces the slots if nobody has written since `budget` was read. All slots of a budget are in one item, so that one
 * condition protects the limits of groups, clusters and account together.
 *
 * @param writer unique name of this write, by invocation and step
 * @returns the saved budget
 * @throws BudgetConflict when somebody else has written since
 */
export async function writeBudget(
  ledger: Ledger,
  budget: BlastBudget,
  slots: BlastBudget['slots'],
  writer: string,
): Promise<BlastBudget> {
  const { name, revision } = budget;
  const written = await saveUnlessWritten(ledger, budgetKey(name), { slots, revision }, writer);
  if (written === undefined) {
    throw new BudgetConflict('The blast budget was changed by somebody else since it was read.');
  }
  return { name, ...written };
}
