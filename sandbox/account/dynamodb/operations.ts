import {
  type AttributeValue,
  BatchGetItem$,
  type BatchGetItemCommandInput,
  type BatchGetItemCommandOutput,
  BatchWriteItem$,
  type BatchWriteItemCommandInput,
  type BatchWriteItemCommandOutput,
  DeleteItem$,
  type DeleteItemCommandInput,
  type DeleteItemCommandOutput,
  DescribeTable$,
  type DescribeTableCommandInput,
  type DescribeTableCommandOutput,
  DescribeTimeToLive$,
  type DescribeTimeToLiveCommandInput,
  type DescribeTimeToLiveCommandOutput,
  GetItem$,
  type GetItemCommandInput,
  type GetItemCommandOutput,
  type KeysAndAttributes,
  ListTables$,
  type ListTablesCommandInput,
  type ListTablesCommandOutput,
  PutItem$,
  type PutItemCommandInput,
  type PutItemCommandOutput,
  Query$,
  type QueryCommandInput,
  type QueryCommandOutput,
  Scan$,
  type ScanCommandInput,
  type ScanCommandOutput,
  UpdateItem$,
  type UpdateItemCommandInput,
  type UpdateItemCommandOutput,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { NormalizedSchema } from '@smithy/core/schema';
import type { StaticOperationSchema } from '@smithy/types';
import { AwsError } from '../../wire/aws-error.ts';
import { readJson, writeJson } from '../../wire/json-codec.ts';
import { operation, type Permission, type Service } from '../service.ts';
import type { DynamoDb } from './dynamodb.ts';

const EXPRESSIONS = ['ExpressionAttributeNames', 'ExpressionAttributeValues'] as const;
const CONDITIONAL = [
  ...EXPRESSIONS,
  'ConditionExpression',
  'ReturnValues',
  'ReturnValuesOnConditionCheckFailure',
  'ReturnConsumedCapacity',
] as const;
const READ = [
  'TableName',
  'IndexName',
  'ProjectionExpression',
  'FilterExpression',
  ...EXPRESSIONS,
  'Limit',
  'Select',
  'ExclusiveStartKey',
  'ConsistentRead',
  'ReturnConsumedCapacity',
] as const;

/** Amazon DynamoDB, as clients call it. */
export const dynamoDbService = (db: DynamoDb): Service => ({
  signingName: 'dynamodb',
  iamPrefix: 'dynamodb',
  protocol: 'json-1.0',
  operations: dynamoDbOperations(db),
});

/** The operations of Amazon DynamoDB that dynalite supports, without legacy parameters and transactions. */
function dynamoDbOperations(db: DynamoDb): Service['operations'] {
  const on =
    (action: string) =>
    (input: Addressed): Permission[] => {
      const { TableName = '', IndexName } = input;
      return [
        {
          action: `dynamodb:${action}`,
          resource: db.arnOf(TableName) + (IndexName === undefined ? '' : `/index/${IndexName}`),
          ...contextOf(leadingKeys(db, TableName, [input.Key ?? input.Item ?? {}])),
        },
      ];
    };
  const onEach =
    (action: string) =>
    ({
      RequestItems = {},
    }: {
      RequestItems: Record<string, WriteRequest[] | KeysAndAttributes> | undefined;
    }): Permission[] =>
      Object.entries(RequestItems).map(([name, asked]) => ({
        action: `dynamodb:${action}`,
        resource: db.arnOf(name),
        ...contextOf(leadingKeys(db, name, Array.isArray(asked) ? asked.flatMap(itemsOf) : (asked.Keys ?? []))),
      }));
  return {
    GetItem: operation<GetItemCommandInput, GetItemCommandOutput>(
      GetItem$,
      [
        'TableName',
        'Key',
        'ConsistentRead',
        'ProjectionExpression',
        'ExpressionAttributeNames',
        'ReturnConsumedCapacity',
      ],
      through(db, GetItem$),
      on('GetItem'),
    ),
    PutItem: operation<PutItemCommandInput, PutItemCommandOutput>(
      PutItem$,
      ['TableName', 'Item', ...CONDITIONAL],
      through(db, PutItem$),
      on('PutItem'),
    ),
    UpdateItem: operation<UpdateItemCommandInput, UpdateItemCommandOutput>(
      UpdateItem$,
      ['TableName', 'Key', 'UpdateExpression', ...CONDITIONAL],
      through(db, UpdateItem$),
      on('UpdateItem'),
    ),
    DeleteItem: operation<DeleteItemCommandInput, DeleteItemCommandOutput>(
      DeleteItem$,
      ['TableName', 'Key', ...CONDITIONAL],
      through(db, DeleteItem$),
      on('DeleteItem'),
    ),
    Query: operation<QueryCommandInput, QueryCommandOutput>(
      Query$,
      [...READ, 'KeyConditionExpression', 'ScanIndexForward'],
      through(db, Query$),
      on('Query'),
    ),
    Scan: operation<ScanCommandInput, ScanCommandOutput>(
      Scan$,
      [...READ, 'Segment', 'TotalSegments'],
      through(db, Scan$),
      on('Scan'),
    ),
    BatchGetItem: operation<BatchGetItemCommandInput, BatchGetItemCommandOutput>(
      BatchGetItem$,
      ['RequestItems', 'ReturnConsumedCapacity'],
      through(db, BatchGetItem$),
      onEach('BatchGetItem'),
    ),
    BatchWriteItem: operation<BatchWriteItemCommandInput, BatchWriteItemCommandOutput>(
      BatchWriteItem$,
      ['RequestItems', 'ReturnConsumedCapacity'],
      through(db, BatchWriteItem$),
      onEach('BatchWriteItem'),
    ),
    DescribeTable: operation<DescribeTableCommandInput, DescribeTableCommandOutput>(
      DescribeTable$,
      ['TableName'],
      async (input) => {
        const { Table } = await through<DescribeTableCommandInput, DescribeTableCommandOutput>(
          db,
          DescribeTable$,
        )(input);
        const { createdAt } = db.table(input.TableName ?? '');
        // dynalite's clock and ids are not virtual, so both are replaced.
        return { Table: { ...Table, CreationDateTime: new Date(createdAt), TableId: undefined } };
      },
      on('DescribeTable'),
    ),
    DescribeTimeToLive: operation<DescribeTimeToLiveCommandInput, DescribeTimeToLiveCommandOutput>(
      DescribeTimeToLive$,
      ['TableName'],
      ({ TableName = '' }) => {
        const { timeToLiveAttribute: AttributeName } = db.table(TableName);
        const TimeToLiveStatus = AttributeName === undefined ? 'DISABLED' : 'ENABLED';
        return { TimeToLiveDescription: { TimeToLiveStatus, AttributeName } };
      },
      on('DescribeTimeToLive'),
    ),
    ListTables: operation<ListTablesCommandInput, ListTablesCommandOutput>(ListTables$, [], () => ({
      TableNames: [...db.tableNames],
    })),
  };
}

type Attributes = Record<string, AttributeValue>;

interface Addressed {
  readonly TableName?: string | undefined;
  readonly IndexName?: string | undefined;
  readonly Key?: Attributes | undefined;
  readonly Item?: Attributes | undefined;
}

const itemsOf = ({ PutRequest, DeleteRequest }: WriteRequest): Attributes[] => [
  PutRequest?.Item ?? DeleteRequest?.Key ?? {},
];

/** The distinct partition keys of items. Those of a query are not told apart, and no policy here asks for them. */
function leadingKeys(db: DynamoDb, table: string, items: readonly Attributes[]): string[] {
  const partitionKey = db.partitionKeyOf(table) ?? '';
  const keys = items.flatMap(({ [partitionKey]: key }) => key?.S ?? key?.N ?? []);
  return [...new Set(keys)].sort();
}

/** Source: Service Authorization Reference, Amazon DynamoDB, `dynamodb:LeadingKeys`. */
const contextOf = (keys: string[]): Pick<Permission, 'context'> =>
  keys.length === 0 ? {} : { context: { 'dynamodb:LeadingKeys': keys } };

interface Conditional {
  readonly TableName?: string | undefined;
  readonly Key?: unknown;
  readonly Item?: unknown;
  readonly ReturnValuesOnConditionCheckFailure?: string | undefined;
}

/** Passes a call to dynalite: from the SDK's types to wire JSON and back. */
function through<Input extends object, Output extends object>(db: DynamoDb, schema: StaticOperationSchema) {
  const [, , name, , inputSchema, outputSchema] = schema;
  return async (input: Input & Conditional): Promise<Omit<Output, '$metadata'>> => {
    const wire = writeJson(NormalizedSchema.of(inputSchema), input);
    try {
      const output: unknown = readJson(NormalizedSchema.of(outputSchema), await db.call(name, wire));
      return trusted<Output>(output);
    } catch (error) {
      throw await withItem(db, error, input, wire);
    }
  };
}

/** Adds the item to a failed condition where the caller requests it, which dynalite does not support. */
async function withItem(db: DynamoDb, error: unknown, input: Conditional, wire: unknown): Promise<unknown> {
  const wanted = input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD';
  const failed = error instanceof AwsError && error.code === 'ConditionalCheckFailedException';
  if (!wanted || !failed || !isConditional(wire)) return error;
  const name = input.TableName ?? '';
  const key = wire.Key ?? keyOf(wire.Item, db.table(name).keyNames);
  return new AwsError(error.code, error.message, error.status, { Item: await db.item(name, key) });
}

function keyOf(item: unknown, keyNames: readonly string[]): Record<string, unknown> {
  const attributes = typeof item === 'object' && item !== null ? Object.entries(item) : [];
  return Object.fromEntries(attributes.filter(([name]) => keyNames.includes(name)));
}

const isConditional = (wire: unknown): wire is Conditional => typeof wire === 'object' && wire !== null;

/** Output that was parsed by the operation's own schema has the operation's type. */
const trusted = <Output>(output: unknown): Omit<Output, '$metadata'> => output as Omit<Output, '$metadata'>;
