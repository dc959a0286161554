import { Readable } from 'node:stream';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { createLedger, readItems } from './ledger.ts';
import { UnreadableItems } from './unreadable-items.ts';

const SCHEMA = z.object({ sk: z.string(), at: z.number() });

/** A ledger whose items have these numbers, by their keys, as DynamoDB sends them. */
function ledgerOf(numbers: Readonly<Record<string, string>>) {
  const items = Object.entries(numbers).map(([sk, N]) => ({ pk: { S: 'k' }, sk: { S: sk }, at: { N } }));
  const body = JSON.stringify({ Responses: { t: items } });
  const handle = async () => ({
    response: {
      statusCode: 200,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: Readable.from([body]),
    },
  });
  const client = new DynamoDBClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
    requestHandler: { handle } as never,
  });
  return { ...createLedger(client, 't'), unreadable: new UnreadableItems() };
}

it.each([
  '9007199254740993.5',
  '100000000000000000000',
  '-9007199254740993',
  '8640000000000000',
  `1${'0'.repeat(125)}`,
])('a number that no function has written (%s) makes its item unreadable, and no other', async (odd) => {
  const ledger = ledgerOf({ odd, good: '253402300799999', none: '-0.5' });
  expect(await readItems(ledger, 'k', ['odd', 'good', 'none'], SCHEMA)).toEqual([
    { sk: 'good', at: 253_402_300_799_999 },
    { sk: 'none', at: -0.5 },
  ]);
  expect(ledger.unreadable.all()).toMatchObject([
    { sk: 'odd', why: expect.stringMatching(/^at: /), item: { at: odd } },
  ]);
});
