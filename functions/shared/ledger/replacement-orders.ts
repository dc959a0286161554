import * as z from 'zod';
import { type Ledger, putItem, queryItems } from './ledger.ts';

const PK = 'replacement-order';

const order = z.object({
  sk: z.string(),
  /** The workers that were launched before this time are to be replaced, epoch milliseconds. */
  launchedBefore: z.number(),
  /** Why, as a sentence. */
  why: z.string(),
  /** From then on the order counts no more, epoch milliseconds. Whoever gave it repeats it for as long as it holds. */
  until: z.number(),
  /** When the order was first given, epoch milliseconds; absent in orders of earlier releases. */
  since: z.number().optional(),
  /** From then on the replacement is late, epoch milliseconds; absent in orders of earlier releases. */
  lateFrom: z.number().optional(),
});

/** The order to replace the workers of a managed or self-managed group, even though no other AMI is wanted for them. */
export type ReplacementOrder = Omit<z.infer<typeof order>, 'sk'>;

/**
 * Orders the replacement of workers. The one who carries it out reads the launch times of the workers itself, so a
 * repeated order changes nothing.
 *
 * @param subject the group, by `subjectOf`
 */
export const orderReplacement = (ledger: Ledger, subject: string, ordered: ReplacementOrder): Promise<void> =>
  putItem(ledger, { pk: PK, sk: subject, keptUntil: ordered.until }, ordered);

/** Ends an order that is carried out: nobody waits for its group any more. Whoever gave it may give another one. */
export const endOrder = (ledger: Ledger, subject: string, ordered: ReplacementOrder, now: number): Promise<void> =>
  orderReplacement(ledger, subject, { ...ordered, until: now });

/** All orders that still count, by `subjectOf`: there are few. DynamoDB may keep an item for days after its end. */
export async function readReplacementOrders(
  ledger: Ledger,
  now: number,
): Promise<ReadonlyMap<string, ReplacementOrder>> {
  return stillCounting(await queryItems(ledger, PK, order), now);
}

const stillCounting = (items: ReadonlyArray<z.infer<typeof order>>, now: number): Map<string, ReplacementOrder> =>
  new Map(items.flatMap(({ sk, ...each }) => (each.until > now ? [[sk, each]] : [])));
