import * as z from 'zod';
import { type Ledger, putItem, readItems } from '../shared/ledger/ledger.ts';
import { UnreadableItems } from '../shared/ledger/unreadable-items.ts';

const KEY = { pk: 'sweep', sk: 'unlisted' } as const;

/**
 * The clusters whose node groups the last sweep could not list, with AWS's error code, so that a lasting failure is
 * reported once.
 */
const unlistedItem = z.object({ clusters: z.record(z.string(), z.string()) });

export type Unlisted = Readonly<z.infer<typeof unlistedItem>['clusters']>;

export async function readUnlisted(ledger: Ledger): Promise<Unlisted> {
  // One that cannot be read is written anew: a failure that is told of twice is better than a sweep that fails.
  const noting = { ...ledger, unreadable: new UnreadableItems() };
  const [item] = await readItems(noting, KEY.pk, [KEY.sk], unlistedItem);
  return item?.clusters ?? {};
}

export async function saveUnlisted(ledger: Ledger, clusters: Unlisted): Promise<void> {
  await putItem(ledger, KEY, { clusters });
}
