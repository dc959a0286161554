import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Ledger } from './ledger.ts';

/** Remembers when the last sweep put up its last hint. `finishedAt` is in epoch milliseconds. */
export async function saveSweep({ documents, table }: Ledger, finishedAt: number, hints: number): Promise<void> {
  await documents.send(new PutCommand({ TableName: table, Item: { pk: 'sweep', sk: 'last', finishedAt, hints } }));
}
