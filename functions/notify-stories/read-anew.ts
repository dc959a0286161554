import type * as z from 'zod';
import { type Ledger, readItems } from '../shared/ledger/ledger.ts';
import { UnreadableItems } from '../shared/ledger/unreadable-items.ts';

/**
 * Reads items by their keys. One that cannot be read is taken for a new one, which is written in its place: an incident
 * that is told of twice is better than one that is not, and one item keeps nobody from being told of the others.
 */
export async function readAnew<Schema extends z.ZodType<{ readonly sk: string; readonly revision: number }>>(
  ledger: Ledger,
  pk: string,
  keys: readonly string[],
  schema: Schema,
  anew: Omit<z.infer<Schema>, 'sk' | 'revision'>,
): Promise<Array<z.infer<Schema>>> {
  const unreadable = new UnreadableItems();
  const items = await readItems({ ...ledger, unreadable }, pk, keys, schema);
  const begun = unreadable.all().map(({ sk, item: { revision } }) => ({
    ...anew,
    sk,
    // What is in its place is written over only if nobody else has done so meanwhile.
    revision: typeof revision === 'number' ? revision : 0,
  }));
  return [...items, ...(begun as Array<z.infer<Schema>>)];
}
