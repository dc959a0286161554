import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  PutCommand,
  type PutCommandInput,
  paginateQuery,
  type QueryCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

/**
 * The project's memory: one DynamoDB table that holds only what AWS itself cannot tell. `pk` says what kind of thing an
 * item is about, `sk` which one:
 *
 * | pk         | sk                 | what                                                        | room                |
 * |------------|--------------------|-------------------------------------------------------------|---------------------|
 * | release    | 1.33/AL2023_x86_64…| the releases seen, and when each was first seen             | release-ledger.ts   |
 * | node-group | cluster/nodegroup  | last recorded outcome, upgrade under way, failures, proposal| node-group-ledger.ts|
 * | budget     | upgrades           | who holds a slot of the blast budget; also: quarantines     | blast-budget.ts     |
 * | quarantine | instance id        | last recorded outcome, what a quarantine has to give back   | quarantine-ledger.ts|
 * | quarantine-line | instance id   | since when an exposed worker waits for a slot               | quarantine-ledger.ts|
 * | exposed-gr… | cluster/nodegroup | last recorded outcome, what was closed                      | exposed-group-ledger.ts|
 * | worker     | instance id        | last recorded outcome, remedy under way, failures, proposal | worker-ledger.ts    |
 * | agent-ins… | cluster            | nodes on which the agent is being installed                 | install-ledger.ts   |
 * | findings   | cluster/nodegroup  | what Inspector said to be open, what a release does not fix | finding-ledger.ts   |
 * | coverage   | cluster/nodegroup  | whom Inspector does not scan; of the account: *             | finding-ledger.ts   |
 * | sweep      | unlisted           | clusters whose node groups could not be listed              | sweep-ledger.ts     |
 * | run        | function           | which invocation runs for the last scheduled event          | run-ledger.ts       |
 * | incident   | digest             | what people were notified of an incident                    | incident-ledger.ts  |
 * | subject    | instance or group  | what is open about it, by whose word                        | subject-ledger.ts   |
 * | open-expo… | cluster/nodegroup  | workers that stay exposed, and what was notified of them    | open-exposure-ledger.ts |
 * | finding    | function/subject   | the finding that Security Hub has of a subject              | security-hub-ledger.ts|
 */
export interface Ledger {
  readonly documents: DynamoDBDocumentClient;
  readonly table: string;
}

export const createLedger = (client: DynamoDBClient, table: string): Ledger => ({
  documents: DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } }),
  table,
});

/** DynamoDB's limit of keys in one BatchGetItem. */
const KEYS_PER_BATCH = 100;

/** Reads the items of `pk` with the given sort keys, in batches; missing ones are left out. */
export async function readItems<Schema extends z.ZodType>(
  { documents, table }: Ledger,
  pk: string,
  sortKeys: readonly string[],
  schema: Schema,
): Promise<Array<z.infer<Schema>>> {
  const items: Array<z.infer<Schema>> = [];
  let keys = [...new Set(sortKeys)].map((sk) => ({ pk, sk }));
  while (keys.length > 0) {
    const batch = keys.slice(0, KEYS_PER_BATCH);
    const { Responses, UnprocessedKeys } = await documents.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: batch, ConsistentRead: true } } }),
    );
    items.push(...(Responses?.[table] ?? []).map((item) => schema.parse(item)));
    const unprocessed = (UnprocessedKeys?.[table]?.Keys ?? []).map(({ sk }) => ({ pk, sk: String(sk) }));
    keys = [...keys.slice(KEYS_PER_BATCH), ...unprocessed];
  }
  return items;
}

/** Reads all items of `pk` that fit the query. */
export async function queryItems<Schema extends z.ZodType>(
  { documents, table }: Ledger,
  pk: string,
  schema: Schema,
  query: Partial<QueryCommandInput> = {},
): Promise<Array<z.infer<Schema>>> {
  const items: Array<z.infer<Schema>> = [];
  const pages = paginateQuery(
    { client: documents },
    {
      TableName: table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ...query,
      ExpressionAttributeValues: { ...query.ExpressionAttributeValues, ':pk': pk },
    },
  );
  for await (const page of pages) items.push(...(page.Items ?? []).map((item) => schema.parse(item)));
  return items;
}

/** Where an item stands, and until when. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
  /** When it may be deleted, epoch milliseconds; absent: never. */
  readonly keptUntil?: number;
}

/**
 * Of what items hold. It rises when a function of the version before would misread an item; readers then still take the
 * items of the version before, since nobody rewrites them. Version 1 had none in its items.
 */
export const LEDGER_VERSION = 3;

/**
 * Writes an item as a whole, unless a condition stands against it.
 * @throws ConditionalCheckFailedException where it does
 */
export async function putItem(
  { documents, table }: Ledger,
  { pk, sk, keptUntil }: ItemKey,
  item: object,
  condition: Pick<PutCommandInput, 'ConditionExpression' | 'ExpressionAttributeValues'> = {},
): Promise<void> {
  const expiry = keptUntil === undefined ? {} : { expiresAt: Math.floor(keptUntil / 1000) };
  const Item = { pk, sk, ...item, version: LEDGER_VERSION, ...expiry };
  await documents.send(new PutCommand({ TableName: table, Item, ...condition }));
}

/** A schema that also takes items of earlier versions, in which some members had other names. @param names the new ones by the old */
export const withFormerNames = <Schema extends z.ZodType>(schema: Schema, names: Readonly<Record<string, string>>) =>
  z.preprocess((item) => {
    if (typeof item !== 'object' || item === null) return item;
    return Object.fromEntries(Object.entries(item).map(([name, value]) => [names[name] ?? name, value]));
  }, schema);

/** A state that several invocations may change: it counts its writes. */
export interface Revised {
  readonly revision: number;
}

/** Names the writes of one caller one by one: none may pass for a repetition of another one. */
export function writesOf(caller: string): () => string {
  let writes = 0;
  return () => {
    writes += 1;
    return `${caller} ${writes}`;
  };
}

/**
 * Saves a state unless somebody else has written since it was read.
 *
 * @param writer names this write, uniquely: tells a repetition of it from a write of somebody else
 * @returns the state as it stands now; undefined when somebody else was first
 */
export async function saveUnlessWritten<State extends Revised>(
  ledger: Ledger,
  target: ItemKey,
  state: State,
  writer: string,
): Promise<State | undefined> {
  const written = { ...state, revision: state.revision + 1 };
  const condition = {
    // What is new has no revision, nor has what an earlier version wrote. The last part accepts a repetition of this very
    // write, whose reply was lost.
    ConditionExpression:
      'attribute_not_exists(revision) OR revision = :read OR (revision = :written AND writer = :writer)',
    ExpressionAttributeValues: { ':read': state.revision, ':written': written.revision, ':writer': writer },
  };
  try {
    await putItem(ledger, target, { ...written, writer }, condition);
    return written;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}
