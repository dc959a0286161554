import { createRequire } from 'node:module';
import { AwsError } from '../../wire/aws-error.ts';
import { isRecord } from '../../wire/json-codec.ts';
import { ItemsInMemory } from './items-in-memory.ts';
import { type Parser, parseOnce } from './parse-once.ts';
import { isUsualValue, usualInput } from './usual-input.ts';

/** A body of DynamoDB's JSON protocol. */
export type WireJson = Record<string, unknown>;

/** dynalite's internal store, which this code passes on without relying on its structure. */
interface Store {
  getTable(name: string, checksStatus: false | TableCallback, answer?: TableCallback): void;
  getItemDb(tableName: string): ItemsInMemory;
  getIndexDb(type: string, tableName: string, indexName: string): ItemsInMemory;
  readonly tableDb: { awsAccountId: string; awsRegion: string };
}

type TableCallback = (error: Failure | null, table?: { readonly TableStatus?: string }) => void;

interface Failure extends Error {
  readonly statusCode?: number;
  readonly body?: { readonly __type: string; readonly message?: string; readonly Message?: string };
}

type Action = (store: Store, data: WireJson, answer: (error: Failure | null, output?: WireJson) => void) => void;

interface Validation {
  readonly types: unknown;
  readonly custom: unknown;
}

interface Validations {
  checkTypes(data: WireJson, types: unknown): WireJson;
  checkValidations(data: WireJson, types: unknown, custom: unknown, store: Store): void;
  /** Of an attribute value; undefined where there is no fault. */
  validateAttributeValue(value: unknown): string | undefined;
}

const require = createRequire(import.meta.url);

const conditions: Parser = require('dynalite/db/conditionParser');
parseOnce(conditions);

const validations: Validations = require('dynalite/validations');
const { validateAttributeValue } = validations;
validations.validateAttributeValue = (value) => (isUsualValue(value) ? undefined : validateAttributeValue(value));

/**
 * DynamoDB's expressions, conditions and errors. It calls dynalite below its HTTP server, so that each call is one
 * promise and nothing waits on a socket. dynalite has no types; its modules are called like its server calls them.
 */
export class DynamoDbEngine {
  readonly #store: Store;

  constructor(accountId: string, region: string) {
    const database: { create(options: object): Store } = require('dynalite/db');
    this.#store = database.create({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
    this.#store.tableDb.awsAccountId = accountId;
    this.#store.tableDb.awsRegion = region;
    keepItemsInMemory(this.#store);
    readTablesOnce(this.#store);
  }

  /** @throws AwsError as DynamoDB returns it */
  async call(operation: string, input: unknown): Promise<WireJson> {
    const { action, validation } = handlingOf(operation);
    try {
      const given = isRecord(input) ? input : {};
      // `checkTypes` returns a copy, from which it leaves absent members out. It deletes the input's own absent ones.
      const data = usualInput(given, validation.types) ?? validations.checkTypes({ ...given }, validation.types);
      validations.checkValidations(data, validation.types, validation.custom, this.#store);
      return await new Promise((resolve, reject) => {
        action(this.#store, data, (error, output = {}) => (error ? reject(error) : resolve(output)));
      });
    } catch (error) {
      throw error instanceof Error ? asAwsError(error) : error;
    }
  }
}

interface Handling {
  readonly action: Action;
  readonly validation: Validation;
}

const handlings = new Map<string, Handling>();

/** dynalite's modules for an operation, kept because Node resolves a path anew at each `require`. */
function handlingOf(operation: string): Handling {
  const known = handlings.get(operation);
  if (known !== undefined) return known;
  const name = operation.charAt(0).toLowerCase() + operation.slice(1);
  const found = { action: require(`dynalite/actions/${name}`), validation: require(`dynalite/validations/${name}`) };
  handlings.set(operation, found);
  return found;
}

/** Replaces the store of items. Table definitions stay in dynalite's own one. */
function keepItemsInMemory(store: Store): void {
  const kept = new Map<string, ItemsInMemory>();
  const itemsOf = (name: string): ItemsInMemory => {
    const items = kept.get(name) ?? new ItemsInMemory();
    kept.set(name, items);
    return items;
  };
  store.getItemDb = itemsOf;
  store.getIndexDb = (type, tableName, indexName) => itemsOf(`${type.toLowerCase()} ${tableName} ${indexName}`);
}

/** Keeps the definition of an active table for calls on its items. No call of the sandbox changes or deletes a table. */
function readTablesOnce(store: Store): void {
  const read = store.getTable;
  const active = new Map<string, Parameters<TableCallback>[1]>();
  store.getTable = (name, checksStatus, answer) => {
    if (checksStatus === false) return read(name, checksStatus, answer);
    const known = active.get(name);
    if (known !== undefined) return checksStatus(null, known);
    read(name, (error, table) => {
      if (table?.TableStatus === 'ACTIVE') active.set(name, table);
      checksStatus(error, table);
    });
  };
}

function asAwsError(failure: Failure): Error {
  if (failure.statusCode === undefined || failure.body === undefined) return failure;
  const { __type, message, Message } = failure.body;
  return new AwsError(__type.split('#').at(-1) ?? __type, message ?? Message ?? '', failure.statusCode);
}
