import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';
import type { Ledger } from './ledger.ts';

const KEY = { pk: 'budget', sk: 'upgrades' };

/** A place in the blast budget. */
const slot = z.object({
  cluster: z.string(),
  /**
   * Epoch milliseconds. An expired slot is given up only after its holder was looked at and nothing is under way
   * there: so a crash cannot hold a slot for ever, and a slow update cannot lose one.
   */
  expiresAt: z.number(),
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
  readonly slots: Readonly<Record<string, Slot>>;
  readonly revision: number;
}

/** Two writers took from the budget at once: the later one did nothing and must look again. */
export class BudgetConflict extends Error {
  override readonly name = 'BudgetConflict';
}

export async function readBudget({ documents, table }: Ledger): Promise<BlastBudget> {
  const { Item } = await documents.send(new GetCommand({ TableName: table, Key: KEY, ConsistentRead: true }));
  return Item === undefined ? { slots: {}, revision: 0 } : budgetItem.parse(Item);
}

/**
 * Replaces the slots if nobody has written since `budget` was read. All slots stand in one item, so that the limits of
 * cluster and account are kept by one condition.
 *
 * @param writer names this write: unique to the invocation and its step
 * @returns the budget as it stands now
 * @throws BudgetConflict when somebody else has written since
 */
export async function writeBudget(
  { documents, table }: Ledger,
  budget: BlastBudget,
  slots: BlastBudget['slots'],
  writer: string,
): Promise<BlastBudget> {
  const revision = budget.revision + 1;
  try {
    await documents.send(
      new PutCommand({
        TableName: table,
        Item: { ...KEY, slots, revision, writer },
        // The second half accepts a repetition of this very write, whose reply was lost.
        ConditionExpression:
          'attribute_not_exists(pk) OR revision = :read OR (revision = :written AND writer = :writer)',
        ExpressionAttributeValues: { ':read': budget.revision, ':written': revision, ':writer': writer },
      }),
    );
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) {
      throw new BudgetConflict('The blast budget was changed by somebody else since it was read.', { cause: error });
    }
    throw error;
  }
  return { slots, revision };
}
