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
import { safeParse } from '../runtime/safe-parse.ts';
import type { LedgerKind } from './item-kinds.ts';
import { numberOf } from './odd-numbers.ts';
import { UnreadableItemError, type UnreadableItems } from './unreadable-items.ts';

/**
 * The project's memory: one DynamoDB table that holds only what AWS itself cannot tell. `pk` is the kind of an item, and
 * `sk` is the key of the thing that the item is about:
 *
 * | pk              | sk                    | what                                               | file                    |
 * |-----------------|-----------------------|----------------------------------------------------|-------------------------|
 * | release         | pair of the release   | the releases of a pair, each with its first sight  | release-ledger.ts       |
 * | node-group      | cluster/nodegroup     | last outcome, upgrade, failures, proposal          | node-group-ledger.ts    |
 * | refresh         | cluster/nodegroup     | last outcome, refresh in progress, failures        | refresh-ledger.ts       |
 * | replacement-order | cluster/nodegroup   | which of its workers are to be replaced, and why   | replacement-orders.ts   |
 * | drain-hook      | cluster/nodegroup, *  | last outcome, the hook that was made; scheduled events | hook-ledger.ts          |
 * | drain           | instance id           | last outcome, the node as it was before its drain  | drain-ledger.ts         |
 * | node-class      | cluster/ec2nodeclass  | last outcome, the pin that was made, its progress  | node-class-ledger.ts    |
 * | first-start     | pair and release      | which function starts its first group, and when    | first-starts.ts         |
 * | watched-pair    | pair of releases      | a pair that only Karpenter's nodes use             | watched-pairs.ts        |
 * | budget          | upgrades, quarantines | who holds a slot of the blast budget               | blast-budget.ts         |
 * | quarantine      | instance id           | last outcome, what a quarantine must give back     | quarantine-ledger.ts    |
 * | quarantine-line | instance id           | since when an exposed worker waits for a slot      | quarantine-ledger.ts    |
 * | termination     | instance id           | the answer to the order to terminate a worker      | termination-ledger.ts   |
 * | exposed-group   | cluster/nodegroup     | last outcome, what was closed                      | exposed-group-ledger.ts |
 * | open-exposures  | cluster/nodegroup     | workers that stay exposed, and their notifications | open-exposure-ledger.ts |
 * | worker          | instance id           | last outcome, remedy, failures, proposal           | worker-ledger.ts        |
 * | agent-install   | cluster               | nodes on which the agent is being installed        | install-ledger.ts       |
 * | shells          | instance id           | last outcome, command in progress, what was closed | shells-ledger.ts        |
 * | imds            | instance id           | last outcome, when version 2 was set, proposal     | imds-ledger.ts          |
 * | posture         | cluster               | when its hosts are checked next                    | posture-ledger.ts       |
 * | posture-group   | cluster/nodegroup     | the verdicts of the last check, and open findings  | posture-ledger.ts       |
 * | support         | cluster               | last outcome about the end of its support          | support-ledger.ts       |
 * | certificate-authority | cluster         | last outcome about its certificate authorities     | support-ledger.ts       |
 * | authority-in-user-data | cluster/nodegroup | last outcome about user data of the group       | support-ledger.ts       |
 * | planned-change  | digest                | last outcome about a plan of AWS Health            | support-ledger.ts       |
 * | hosts           | cluster/nodegroup     | last outcome, what the hosts of the group ran      | hosts-ledger.ts         |
 * | other-nodes     | cluster               | nodes of Fargate and hybrid ones, as last seen     | other-nodes-ledger.ts   |
 * | other-hosts     | cluster               | last outcome about hosts that AWS looks after      | hosts-ledger.ts         |
 * | findings        | cluster/nodegroup     | open findings, and those that no upgrade fixed     | finding-ledger.ts       |
 * | coverage        | cluster/nodegroup, *  | what Inspector does not scan: workers, the account | finding-ledger.ts       |
 * | sweep           | unlisted              | clusters whose node groups could not be listed     | sweep-ledger.ts         |
 * | run             | function              | the invocation for the last scheduled event        | run-ledger.ts           |
 * | incident        | digest                | the notifications of an incident                   | incident-ledger.ts      |
 * | subject         | instance or group     | the open outcomes about a subject, by voice        | subject-ledger.ts       |
 * | finding         | function/subject      | the finding in Security Hub about a subject        | security-hub-ledger.ts  |
 * | unreadable      | function              | items that it cannot read, and has told of         | tell-unreadable.ts      |
 */
export interface Ledger {
  readonly documents: DynamoDBDocumentClient;
  readonly table: string;
  /** Takes note of items that cannot be read, which are left out. Absent where nobody tells of them: then a read fails. */
  readonly unreadable?: UnreadableItems;
}

export const createLedger = (client: DynamoDBClient, table: string): Ledger => ({
  documents: DynamoDBDocumentClient.from(client, {
    marshallOptions: { removeUndefinedValues: true },
    unmarshallOptions: { wrapNumbers: numberOf },
  }),
  table,
});

/** DynamoDB's limit of keys in one BatchGetItem. */
const KEYS_PER_BATCH = 100;

/** Reads the items of `pk` with the given sort keys, in batches. Missing items are left out. */
export async function readItems<Schema extends z.ZodType>(
  ledger: Ledger,
  pk: string,
  sortKeys: readonly string[],
  schema: Schema,
): Promise<Array<z.infer<Schema>>> {
  const keys = [...new Set(sortKeys)].map((sk) => ({ pk, sk }));
  return parseItems(ledger, await readByKeys(ledger, keys), schema);
}

/**
 * Parses items as they are kept. One that cannot be read is noted and left out, so that it stops no other.
 *
 * @throws where nobody takes note of it
 */
export const parseItems = <Schema extends z.ZodType>(
  { unreadable }: Ledger,
  items: ReadonlyArray<Readonly<Record<string, unknown>>>,
  schema: Schema,
): Array<z.infer<Schema>> =>
  items.flatMap((item): Array<z.infer<Schema>> => {
    const { success, data, error } = safeParse(schema, item);
    const [pk, sk] = [String(item.pk), String(item.sk)];
    if (success) {
      unreadable?.addRead(pk, sk);
      return [data];
    }
    if (unreadable === undefined) throw error;
    const why = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    unreadable.add({ pk, sk, why, item });
    return [];
  });

/** Keeps those whose items of this kind can be read, or whom the ledger does not know. */
export const withReadableItems = <Subject>(
  { unreadable }: Ledger,
  pk: string,
  subjects: readonly Subject[],
  keyOf: (subject: Subject) => string,
): Subject[] => subjects.filter((subject) => unreadable?.has(pk, keyOf(subject)) !== true);

/** Reads items of several kinds by their keys, each named once, in batches. Missing items are left out. */
export async function readByKeys(
  { documents, table }: Ledger,
  wanted: ReadonlyArray<{ readonly pk: string; readonly sk: string }>,
): Promise<Array<Readonly<Record<string, unknown>>>> {
  const items: Array<Readonly<Record<string, unknown>>> = [];
  let keys = [...wanted];
  while (keys.length > 0) {
    const batch = keys.slice(0, KEYS_PER_BATCH);
    const { Responses, UnprocessedKeys } = await documents.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: batch, ConsistentRead: true } } }),
    );
    items.push(...(Responses?.[table] ?? []));
    const unprocessed = (UnprocessedKeys?.[table]?.Keys ?? []).map(({ pk, sk }) => ({
      pk: String(pk),
      sk: String(sk),
    }));
    keys = [...keys.slice(KEYS_PER_BATCH), ...unprocessed];
  }
  return items;
}

/** Reads all items of `pk` that match the query. */
export async function queryItems<Schema extends z.ZodType>(
  ledger: Ledger,
  pk: string,
  schema: Schema,
  query: Partial<QueryCommandInput> = {},
): Promise<Array<z.infer<Schema>>> {
  const items: Array<z.infer<Schema>> = [];
  const pages = paginateQuery(
    { client: ledger.documents },
    {
      TableName: ledger.table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk',
      ...query,
      ExpressionAttributeValues: { ...query.ExpressionAttributeValues, ':pk': pk },
    },
  );
  for await (const page of pages) items.push(...parseItems(ledger, page.Items ?? [], schema));
  return items;
}

/** The key of an item, and how long it is kept. */
export interface ItemKey {
  /** A function writes only the kinds that its declaration names (`ledgerKinds`). */
  readonly pk: LedgerKind;
  readonly sk: string;
  /** When the item may be deleted, epoch milliseconds; absent where it is kept for ever. */
  readonly keptUntil?: number;
}

/**
 * Version of the item format. It rises when a function of the previous version would misread an item. Readers still
 * accept items of the previous version, since nobody rewrites them. Items of version 1 carry no version.
 */
export const LEDGER_VERSION = 3;

/**
 * Writes an item as a whole, if the condition holds.
 * @throws ConditionalCheckFailedException where the condition does not hold
 * @throws UnreadableItemError where it could not be read: nobody knows what would be lost
 */
export async function putItem(
  { documents, table, unreadable }: Ledger,
  { pk, sk, keptUntil }: ItemKey,
  item: object,
  condition: Pick<PutCommandInput, 'ConditionExpression' | 'ExpressionAttributeValues'> = {},
): Promise<void> {
  if (unreadable?.has(pk, sk)) throw new UnreadableItemError(pk, sk);
  const expiry = keptUntil === undefined ? {} : { expiresAt: Math.floor(keptUntil / 1000) };
  const Item = { pk, sk, ...item, version: LEDGER_VERSION, ...expiry };
  await documents.send(new PutCommand({ TableName: table, Item, ...condition }));
}

/**
 * A schema that also accepts items of earlier versions, in which some members had other names.
 * @param names the new names, by the old ones
 */
export const withFormerNames = <Schema extends z.ZodType>(schema: Schema, names: Readonly<Record<string, string>>) =>
  z.preprocess((item) => {
    if (typeof item !== 'object' || item === null) return item;
    return Object.fromEntries(Object.entries(item).map(([name, value]) => [names[name] ?? name, value]));
  }, schema);

/** A state that several invocations may change, with a count of its writes. */
export interface Revised {
  readonly revision: number;
}

/** Gives each write of one caller its own name, so that none is mistaken for a retry of another. */
export function writesOf(caller: string): () => string {
  let writes = 0;
  return () => {
    writes += 1;
    return `${caller} ${writes}`;
  };
}

/**
 * Saves a state unless somebody else has written it since it was read.
 *
 * @param writer unique name of this write, which tells its retry from somebody else's write
 * @returns the saved state; undefined when somebody else was first
 */
export async function saveUnlessWritten<State extends Revised>(
  ledger: Ledger,
  target: ItemKey,
  state: State,
  writer: string,
): Promise<State | undefined> {
  const written = { ...state, revision: state.revision + 1 };
  const condition = {
    // A new item has no revision, nor has an item of an early version. The last part accepts a retry of this very
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
