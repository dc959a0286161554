import { createLedger, type Ledger } from '../functions/shared/ledger/ledger.ts';
import { nameOf, UnreadableItems } from '../functions/shared/ledger/unreadable-items.ts';
import { shortLine } from '../functions/shared/text/short-line.ts';
import { visible } from '../functions/shared/text/visible.ts';
import type { Surroundings } from './command.ts';

/** The ledger for a command. Items that cannot be read are left out, and named once each. */
export const readingLedger = ({ clients, stack, note }: Pick<Surroundings, 'clients' | 'stack' | 'note'>): Ledger => ({
  ...createLedger(clients.dynamoDb, stack.LedgerTableName),
  unreadable: new UnreadableItems((found) =>
    note(
      `The item ${visible(nameOf(found))} of the ledger cannot be read, and is left out: ${visible(shortLine(found.why, 300))}.`,
    ),
  ),
});
