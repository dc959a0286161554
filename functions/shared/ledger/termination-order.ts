import * as z from 'zod';
import { type Ledger, readItems } from './ledger.ts';

/**
 * That a worker in quarantine is to be terminated: part of the item that `quarantine-workers` keeps of the quarantine, and that
 * `terminate-workers` reads. When it was ordered, epoch milliseconds, tells one order from the next.
 */
export const terminationOrder = z.object({ orderedAt: z.number(), by: z.enum(['request', 'expiry']) });

/** The kind of items in which `terminate-workers` answers. */
export const TERMINATION = 'termination';

/** What `terminate-workers` answers to an order. */
export const terminationAnswer = {
  /** The order that was answered last. */
  orderedAt: z.number().optional(),
  /** Why the worker was not terminated; absent: EC2 took the call. */
  refused: z.string().optional(),
};

const answerItem = z.object(terminationAnswer);

/** What was answered about an instance; undefined: nothing ever. */
export async function readTerminationAnswer(
  ledger: Ledger,
  instanceId: string,
): Promise<z.infer<typeof answerItem> | undefined> {
  return (await readItems(ledger, TERMINATION, [instanceId], answerItem))[0];
}
