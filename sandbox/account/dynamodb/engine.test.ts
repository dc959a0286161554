import { createRequire } from 'node:module';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { DynamoDbEngine } from './engine.ts';

interface Iterator {
  next(): Promise<unknown>;
}

/** An engine, and every iterator that its store has created. */
function engineUnderTest() {
  const database: { create(options: object): { db: { values(range?: object): Iterator } } } = createRequire(
    import.meta.url,
  )('dynalite/db');
  const create = database.create;
  const iterators: Iterator[] = [];
  const spy = vi.spyOn(database, 'create').mockImplementation((options) => {
    const store = create(options);
    const values = store.db.values.bind(store.db);
    vi.spyOn(store.db, 'values').mockImplementation((range) => {
      const iterator = values(range);
      iterators.push(iterator);
      return iterator;
    });
    return store;
  });
  const engine = new DynamoDbEngine('111122223333', 'eu-central-1');
  spy.mockRestore();
  return { engine, iterators };
}

describe('the DynamoDB engine', () => {
  it('closes the iterator of each query and scan, also of one that ends at its limit', async () => {
    const { engine, iterators } = engineUnderTest();
    const TableName = 'ledger';
    await engine.call('CreateTable', {
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    });
    await vi.waitUntil(async () => {
      const { Table } = await engine.call('DescribeTable', { TableName });
      return JSON.stringify(Table).includes('"TableStatus":"ACTIVE"');
    });
    for (const sk of ['a', 'b', 'c']) {
      await engine.call('PutItem', { TableName, Item: { pk: { S: 'p' }, sk: { S: sk } } });
    }
    const query = {
      TableName,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': { S: 'p' } },
    };
    expect(await engine.call('Query', query)).toMatchObject({ Count: 3 });
    expect(await engine.call('Query', { ...query, Limit: 1 })).toMatchObject({ Count: 1 });
    expect(await engine.call('Scan', { TableName })).toMatchObject({ Count: 3 });

    await nextTurn();
    expect(iterators).toHaveLength(3);
    for (const iterator of iterators) {
      await expect(iterator.next()).rejects.toMatchObject({ code: 'LEVEL_ITERATOR_NOT_OPEN' });
    }
  });
});
