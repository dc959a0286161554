import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchGetCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { readIncidents } from '../../notify-stories/incident-ledger.ts';
import { budgetOf } from './blast-budget.ts';
import { readDrainedGroups } from './drained-groups.ts';
import { type Ledger, putItem, readItems, withReadableItems } from './ledger.ts';
import { readRemembered, underWayIn, unreadableUnderWay } from './refresh-ledger.ts';
import { UnreadableItemError, UnreadableItems } from './unreadable-items.ts';

/** A ledger that has these items. */
function ledgerOf(items: readonly object[], unreadable: UnreadableItems | undefined = new UnreadableItems()) {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-central-1' }));
  const written: unknown[] = [];
  documents.send = async (command: { input: { Item?: unknown } }) => {
    if (command.input.Item !== undefined) written.push(command.input.Item);
    return command instanceof BatchGetCommand ? { Responses: { t: items } } : { Items: items };
  };
  const ledger: Ledger = { documents, table: 't', ...(unreadable && { unreadable }) };
  return { ledger, written };
}

const SCHEMA = z.object({ sk: z.string(), count: z.number() });
const GOOD = { pk: 'worker', sk: 'good', count: 1 };
const BAD = { pk: 'worker', sk: 'bad', count: 'many' };

it('an item that cannot be read is left out and noted, and is not written over; others are', async () => {
  const { ledger, written } = ledgerOf([BAD, GOOD]);
  expect(await readItems(ledger, 'worker', ['bad', 'good'], SCHEMA)).toEqual([{ sk: 'good', count: 1 }]);
  expect(withReadableItems(ledger, 'worker', ['bad', 'good', 'new'], (key) => key)).toEqual(['good', 'new']);
  expect(ledger.unreadable?.all()).toMatchObject([{ pk: 'worker', sk: 'bad', why: expect.stringMatching(/^count: /) }]);
  await putItem(ledger, { pk: 'worker', sk: 'good' }, {});
  await expect(putItem(ledger, { pk: 'worker', sk: 'bad' }, {})).rejects.toThrow(UnreadableItemError);
  expect(written).toHaveLength(1);
});

it('an item that cannot be read fails the read where nobody would tell of it', async () => {
  const { documents, table } = ledgerOf([BAD]).ledger;
  await expect(readItems({ documents, table }, 'worker', ['bad'], SCHEMA)).rejects.toThrow(z.ZodError);
});

it('a budget that cannot be read gives no slots, and is noted', async () => {
  const { ledger } = ledgerOf([]);
  expect(() => budgetOf(ledger, 'upgrades', { pk: 'budget', sk: 'upgrades', slots: 'by hand' })).toThrow(
    UnreadableItemError,
  );
  expect(ledger.unreadable?.all()).toMatchObject([{ pk: 'budget', sk: 'upgrades' }]);
  expect(budgetOf(ledger, 'upgrades', undefined)).toEqual({ name: 'upgrades', slots: {}, revision: 0 });
});

it('a refresh of which nothing more can be read holds its place', async () => {
  const { ledger } = ledgerOf([
    { pk: 'refresh', sk: 'shop/self-managed:a', refresh: 'by hand' },
    { pk: 'refresh', sk: 'shop/self-managed:b', progress: 'by hand' },
  ]);
  expect(underWayIn(await readRemembered(ledger), 0)).toEqual([]);
  expect(unreadableUnderWay(ledger)).toEqual([{ cluster: 'shop', nodegroup: 'self-managed:a' }]);
});

it('whether a group is drained is in doubt where its item cannot be read', async () => {
  const { ledger } = ledgerOf([{ pk: 'drain-hook', sk: 'shop/a', drainableAt: 'by hand' }]);
  expect([...(await readDrainedGroups(ledger, ['shop/a', 'shop/b'], 0))]).toEqual([['shop/a', 'in-doubt']]);
});

it('an incident of which nothing can be read is told of anew, and keeps nobody from being told of others', async () => {
  const { ledger } = ledgerOf([
    { pk: 'incident', sk: 'a', notifiedAt: 'by hand', revision: 4 },
    { pk: 'incident', sk: 'b', notifiedAt: 5, revision: 2 },
  ]);
  expect(await readIncidents(ledger, ['a', 'b'])).toEqual(
    new Map([
      ['b', { notifiedAt: 5, revision: 2 }],
      ['a', { revision: 4 }],
    ]),
  );
  expect(ledger.unreadable?.all()).toEqual([]);
});
