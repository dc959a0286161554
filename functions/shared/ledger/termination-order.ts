import * as z from 'zod';
import { type Ledger, readItems } from './ledger.ts';

/**
 * The order to terminate a worker in quarantine. It is part of the quarantine's item, which `quarantine-workers` writes
 * and `terminate-workers` reads. Its time, epoch milliseconds, distinguishes it from other orders.
 */
export const terminationOrder = z.object({ orderedAt: z.number(), by: z.enum(['request', 'expiry']) });

/** Partition key of the items with the answers of `terminate-workers`. */
export const TERMINATION = 'termination';

/** The answer of `terminate-workers` to an order. */
export const terminationAnswer = {
  /** The order that was answered last. */
  orderedAt: z.number().optional(),
  /** Why the worker was not terminated; absent where EC2 accepted the call. */
  refused: z.string().optional(),
  /** What AWS does not do just now, in its words, and for which order; absent where there is no such trouble. */
  troubled: z.object({ orderedAt: z.number(), why: z.string() }).optional(),
};

const answerItem = z.object(terminationAnswer);

/** Reads the answer about an instance; undefined when there never was one. */
export async function readTerminationAnswer(
  ledger: Ledger,
  instanceId: string,
): Promise<z.infer<typeof answerItem> | undefined> {
  return (await readItems(ledger, TERMINATION, [instanceId], answerItem))[0];
}
