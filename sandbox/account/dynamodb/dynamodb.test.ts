import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
  QueryCommand,
  ResourceNotFoundException,
  ScanCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { HOUR, START, servicesUnderTest } from '../../stack/services-under-test.ts';

async function tableUnderTest() {
  const account = servicesUnderTest();
  await account.deploy({
    Table: {
      Type: 'AWS::DynamoDB::Table',
      Properties: {
        TableName: 'ledger',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      },
    },
  });
  const client = new DynamoDBClient(account.clientConfig);
  const TableName = 'ledger';
  const key = (sk: string) => ({ pk: { S: 'p' }, sk: { S: sk } });
  return {
    account,
    client,
    TableName,
    key,
    put: (sk: string, more: object = {}, condition: object = {}) =>
      client.send(new PutItemCommand({ TableName, Item: { ...key(sk), ...more }, ...condition })),
    sks: async () => (await account.dynamoDb.scan(TableName)).map(({ sk }) => sk?.S).sort(),
  };
}

describe('DynamoDB', () => {
  it('keeps items of all types', async () => {
    const { client, TableName, key, put } = await tableUnderTest();
    const item = {
      n: { N: '7' },
      m: { M: { l: { L: [{ BOOL: true }, { NULL: true }] } } },
      b: { B: new Uint8Array([1, 2]) },
    };
    await put('a', item);
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: key('a'), ConsistentRead: true }));
    expect({ ...Item, b: [...(Item?.b?.B ?? [])] }).toEqual({ ...key('a'), ...item, b: [1, 2] });
  });

  it('checks conditions, and shows the item that failed one where it is asked to', async () => {
    const { put, key } = await tableUnderTest();
    const absent = { ConditionExpression: 'attribute_not_exists(pk)' };
    await put('a', { n: { N: '1' } }, absent);
    await expect(put('a', {}, absent)).rejects.toThrow(ConditionalCheckFailedException);
    await expect(put('a', {}, { ...absent, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' })).rejects.toMatchObject({
      name: 'ConditionalCheckFailedException',
      Item: { ...key('a'), n: { N: '1' } },
    });
  });

  it('updates by expression and answers the new values', async () => {
    const { client, TableName, key } = await tableUnderTest();
    const add = () =>
      client.send(
        new UpdateItemCommand({
          TableName,
          Key: key('a'),
          UpdateExpression: 'SET #n = if_not_exists(#n, :zero) + :one',
          ExpressionAttributeNames: { '#n': 'n' },
          ExpressionAttributeValues: { ':zero': { N: '0' }, ':one': { N: '1' } },
          ReturnValues: 'UPDATED_NEW',
        }),
      );
    await add();
    expect((await add()).Attributes).toEqual({ n: { N: '2' } });
  });

  it('queries and scans in pages', async () => {
    const { client, TableName, put } = await tableUnderTest();
    for (const sk of ['b', 'a', 'c']) await put(sk);
    const query = {
      TableName,
      KeyConditionExpression: 'pk = :p',
      ExpressionAttributeValues: { ':p': { S: 'p' } },
      Limit: 2,
      ScanIndexForward: false,
    };
    const first = await client.send(new QueryCommand(query));
    const second = await client.send(new QueryCommand({ ...query, ExclusiveStartKey: first.LastEvaluatedKey }));
    expect([first, second].map(({ Items }) => Items?.map(({ sk }) => sk?.S))).toEqual([['c', 'b'], ['a']]);
    expect((await client.send(new ScanCommand({ TableName, Select: 'COUNT' }))).Count).toBe(3);
  });

  it('writes and reads in batches', async () => {
    const { client, TableName, key } = await tableUnderTest();
    const puts = ['a', 'b'].map((sk) => ({ PutRequest: { Item: key(sk) } }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [TableName]: puts } }));
    const keys = { Keys: [key('a'), key('b'), key('c')] };
    const { Responses } = await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: keys } }));
    expect(Responses?.[TableName]).toHaveLength(2);
  });

  it('answers a batch in no particular order, which the seed draws', async () => {
    const sks = ['a', 'b', 'c', 'd', 'e', 'f'];
    const orders = async () => {
      const { client, TableName, key, put } = await tableUnderTest();
      for (const sk of sks) await put(sk);
      const answered: string[] = [];
      for (let asked = 0; asked < 5; asked++) {
        const keys = { Keys: sks.map(key) };
        const { Responses } = await client.send(new BatchGetItemCommand({ RequestItems: { [TableName]: keys } }));
        answered.push((Responses?.[TableName] ?? []).map(({ sk }) => sk?.S).join(''));
      }
      return answered;
    };
    const drawn = await orders();
    expect(new Set(drawn).size).toBeGreaterThan(2);
    expect(drawn.map((order) => [...order].sort().join(''))).toEqual(Array(5).fill('abcdef'));
    expect(await orders()).toEqual(drawn);
  });

  it('deletes expired items in virtual time, some hours late', async () => {
    const { account, put, sks } = await tableUnderTest();
    const expires = (hours: number) => ({ expiresAt: { N: String(START / 1_000 + hours * 3_600) } });
    await put('soon', expires(1));
    await put('later', expires(7));
    await put('never');
    await put('in milliseconds', { expiresAt: { N: String(START + HOUR) } });
    await account.play(2 * HOUR);
    expect(await sks()).toContain('soon');
    await account.play(4 * HOUR);
    expect(await sks()).toEqual(['in milliseconds', 'later', 'never']);
    await account.play(6 * HOUR);
    expect(await sks()).toEqual(['in milliseconds', 'never']);
  });

  it('describes tables in virtual time', async () => {
    const { client, TableName } = await tableUnderTest();
    expect((await client.send(new ListTablesCommand({}))).TableNames).toEqual([TableName]);
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({
      TableStatus: 'ACTIVE',
      TableArn: 'arn:aws:dynamodb:eu-central-1:111122223333:table/ledger',
      CreationDateTime: new Date(START),
    });
    const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
    expect(TimeToLiveDescription).toEqual({ TimeToLiveStatus: 'ENABLED', AttributeName: 'expiresAt' });
  });

  it('answers errors as DynamoDB does, and transactions not at all', async () => {
    const { client, key, TableName } = await tableUnderTest();
    const nowhere = new GetItemCommand({ TableName: 'nowhere', Key: key('a') });
    await expect(client.send(nowhere)).rejects.toThrow(ResourceNotFoundException);
    const badKey = new GetItemCommand({ TableName, Key: { pk: { S: 'p' } } });
    await expect(client.send(badKey)).rejects.toMatchObject({ name: 'ValidationException' });
    const transaction = new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: key('a') } }] });
    await expect(client.send(transaction)).rejects.toMatchObject({ name: 'NotImplementedBySandbox' });
  });
});
