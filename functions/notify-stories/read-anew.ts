import type * as z from 'zod';
import { type Ledger, parseItems, readByKeys } from '../shared/ledger/ledger.ts';
import { UnreadableItems } from '../shared/ledger/unreadable-items.ts';

/**
 * Reads items by their keys, of which none may be there twice. One that cannot be read is taken for a new one, which is
 * written in its place: an incident that is told of twice is better than one that is not, and one item keeps nobody from
 * being told of the others.
 */
export async function readAnew<
  Schema extends z.ZodType<{ readonly pk: string; readonly sk: string; readonly revision: number }>,
>(
  ledger: Ledger,
  keys: ReadonlyArray<{ readonly pk: string; readonly sk: string }>,
  schema: Schema,
  anew: Omit<z.infer<Schema>, 'pk' | 'sk' | 'revision'>,
): Promise<Array<z.infer<Schema>>> {
  const unreadable = new UnreadableItems();
  const items = parseItems({ ...ledger, unreadable }, await readByKeys(ledger, keys), schema);
  const begun = unreadable.all().map(({ pk, sk, item: { revision } }) => ({
    ...anew,
    pk,
    sk,
    // What is in its place is written over only if nobody else has done so meanwhile.
    revision: typeof revision === 'number' ? revision : 0,
  }));
  return [...items, ...(begun as Array<z.infer<Schema>>)];
}
