import type { AttributeValue, CreateTableInput } from '@aws-sdk/client-dynamodb';
import type { Random } from '../../time/random.ts';
import { AwsError } from '../../wire/aws-error.ts';
import { isRecord } from '../../wire/json-codec.ts';
import type { World } from '../world.ts';
import { DynamoDbEngine, type WireJson } from './engine.ts';

export interface TableDefinition {
  readonly create: CreateTableInput & { readonly TableName: string };
  /** The attribute with the time (epoch seconds) after which an item is deleted. */
  readonly timeToLiveAttribute?: string;
}

interface Table {
  readonly keyNames: readonly string[];
  readonly createdAt: number;
  readonly timeToLiveAttribute: string | undefined;
}

type Item = Record<string, AttributeValue>;

/** DynamoDB promises "within a few days". Until then, expired items can be read. */
const SWEEP_MS = 6 * 3_600_000;

/** Amazon DynamoDB: the template's tables, based on dynalite, with expiry in virtual time. */
export class DynamoDb {
  readonly #world: World;
  readonly #engine: DynamoDbEngine;
  readonly #tables = new Map<string, Table>();
  readonly #order: Random;

  constructor(world: World) {
    this.#world = world;
    this.#engine = new DynamoDbEngine(world.accountId, world.region);
    this.#order = world.random.fork('order of batches');
  }

  /** Resolves once the table is usable. */
  async createTable({ create, timeToLiveAttribute }: TableDefinition): Promise<void> {
    const name = create.TableName;
    await this.#engine.call('CreateTable', create);
    // dynalite activates a table in a later turn of the event loop.
    while (!(await this.#isActive(name))) await turn();
    const keyNames = (create.KeySchema ?? []).map(({ AttributeName = '' }) => AttributeName);
    this.#tables.set(name, { keyNames, createdAt: this.#world.time.now, timeToLiveAttribute });
    if (timeToLiveAttribute !== undefined) this.#planSweep(name, timeToLiveAttribute);
  }

  arnOf(tableName: string): string {
    // A table may be named by its ARN.
    if (tableName.startsWith('arn:')) return tableName;
    return `arn:${this.#world.partition}:dynamodb:${this.#world.region}:${this.#world.accountId}:table/${tableName}`;
  }

  get tableNames(): readonly string[] {
    return [...this.#tables.keys()].sort();
  }

  /** @throws AwsError `ResourceNotFoundException` */
  table(name: string): Table {
    const table = this.#tables.get(name);
    if (table === undefined) {
      throw new AwsError('ResourceNotFoundException', `Requested resource not found: Table: ${name} not found`);
    }
    return table;
  }

  /** The name of the partition key of a table, by its name or ARN; undefined where there is no such table. */
  partitionKeyOf(table: string): string | undefined {
    return this.#tables.get(table.slice(table.lastIndexOf('/') + 1))?.keyNames[0];
  }

  /**
   * Runs an operation on wire JSON.
   * @throws AwsError as DynamoDB returns it
   */
  async call(operation: string, input: unknown): Promise<WireJson> {
    const output = await this.#engine.call(operation, input);
    if (operation === 'BatchGetItem' && isRecord(output.Responses))
      for (const [name, items] of Object.entries(output.Responses)) if (isItems(items)) this.#shuffle(name, items);
    return output;
  }

  /**
   * Gives items an order from the seed. "DynamoDB does not return items in any particular order" (API reference, BatchGetItem), and
   * dynalite has that of `Math.random`, by which a seed would not be the same run twice.
   */
  #shuffle(name: string, items: Item[]): void {
    if (items.length < 2) return;
    const { keyNames } = this.table(name);
    const keyOf = (item: Item): string => JSON.stringify(keyNames.map((key) => item[key]));
    const sorted = items.map((item) => ({ key: keyOf(item), item })).sort((a, b) => (a.key < b.key ? -1 : 1));
    for (let last = sorted.length - 1; last >= 0; last--) {
      const [drawn] = sorted.splice(this.#order.integer(0, last), 1);
      if (drawn !== undefined) items[last] = drawn.item;
    }
  }

  /** The item with this key, as wire JSON. */
  async item(tableName: string, key: unknown): Promise<unknown> {
    return (await this.call('GetItem', { TableName: tableName, Key: key, ConsistentRead: true })).Item;
  }

  /** All items of a table, for tests and reports. */
  async scan(tableName: string): Promise<Item[]> {
    const items: Item[] = [];
    let startKey: unknown;
    do {
      const page = await this.call('Scan', { TableName: tableName, ExclusiveStartKey: startKey });
      if (isItems(page.Items)) items.push(...page.Items);
      startKey = page.LastEvaluatedKey;
    } while (startKey !== undefined);
    return items;
  }

  async #isActive(name: string): Promise<boolean> {
    const { Table } = await this.call('DescribeTable', { TableName: name });
    return typeof Table === 'object' && Table !== null && 'TableStatus' in Table && Table.TableStatus === 'ACTIVE';
  }

  #planSweep(name: string, attribute: string): void {
    this.#world.time.after(SWEEP_MS, async () => {
      await this.#deleteExpired(name, attribute);
      this.#planSweep(name, attribute);
    });
  }

  async #deleteExpired(name: string, attribute: string): Promise<void> {
    const { keyNames } = this.table(name);
    const nowSeconds = this.#world.time.now / 1_000;
    for (const item of await this.scan(name)) {
      const expiresAt = item[attribute]?.N;
      // DynamoDB ignores times more than five years in the past, which are more likely a wrong unit.
      const age = expiresAt === undefined ? -1 : nowSeconds - Number(expiresAt);
      if (age <= 0 || age > 5 * 365 * 86_400) continue;
      const Key = Object.fromEntries(keyNames.map((key) => [key, item[key]]));
      await this.call('DeleteItem', { TableName: name, Key });
    }
  }
}

const isItems = (items: unknown): items is Item[] => Array.isArray(items);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
