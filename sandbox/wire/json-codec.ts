import type { NormalizedSchema } from '@smithy/core/schema';
import { membersOf, valueSchemaOf } from './schema-members.ts';
import { JSON_TIMESTAMP, readTimestamp, writeTimestamp } from './timestamps.ts';
import { WrongType } from './wrong-type.ts';

/** Whether a value is a JSON object. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Parses a JSON value by the schema: dates from epoch seconds, blobs from base64. Members that the schema lacks are
 * dropped (AWS ignores them), and null counts as absent.
 *
 * @throws WrongType, worded like AWS's JSON services
 */
export function readJson(schema: NormalizedSchema, value: unknown, path = ''): unknown {
  if (value === null || value === undefined) return undefined;
  if (schema.isStructSchema()) return readStructure(schema, value, path);
  if (schema.isListSchema()) {
    if (!Array.isArray(value)) throw refusal(path, value, 'List');
    const item = valueSchemaOf(schema);
    return value.map((entry: unknown, index) => readJson(item, entry, `${path}.${index + 1}`));
  }
  if (schema.isMapSchema()) {
    if (!isRecord(value)) throw refusal(path, value, 'Map');
    const item = valueSchemaOf(schema);
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, readJson(item, entry, path)]));
  }
  return readSimple(schema, value, path);
}

function readStructure(schema: NormalizedSchema, value: unknown, path: string): Record<string, unknown> {
  if (!isRecord(value)) throw refusal(path, value, 'Structure');
  const structure: Record<string, unknown> = {};
  for (const [name, member] of membersOf(schema)) {
    const held = value[name];
    if (held !== null && held !== undefined)
      structure[name] = readJson(member, held, path === '' ? name : `${path}.${name}`);
  }
  return structure;
}

function readSimple(schema: NormalizedSchema, value: unknown, path: string): unknown {
  if (schema.isDocumentSchema()) return value;
  if (schema.isTimestampSchema()) {
    const date = typeof value === 'string' || typeof value === 'number' ? readTimestamp(value) : undefined;
    if (date === undefined) throw refusal(path, value, 'Timestamp');
    return date;
  }
  if (schema.isBlobSchema()) {
    if (typeof value !== 'string') throw refusal(path, value, 'Blob');
    return Buffer.from(value, 'base64');
  }
  if (schema.isBooleanSchema()) {
    if (typeof value !== 'boolean') throw refusal(path, value, 'Boolean');
    return value;
  }
  if (schema.isStringSchema()) {
    if (typeof value !== 'string') throw refusal(path, value, 'String');
    return value;
  }
  if (typeof value !== 'number') throw refusal(path, value, 'Number');
  return value;
}

function refusal(path: string, value: unknown, wanted: string): WrongType {
  if (Array.isArray(value)) return new WrongType(path, 'Start of list found where not expected');
  if (typeof value === 'object') return new WrongType(path, 'Start of structure or map found where not expected.');
  const found =
    typeof value === 'boolean' ? `${value ? 'TRUE' : 'FALSE'}` : typeof value === 'number' ? 'NUMBER' : 'STRING';
  return new WrongType(path, `${found}_VALUE can not be converted to a ${wanted}`);
}

/** The JSON form of an output. Members that are undefined, or that the schema lacks, are left out. */
export function writeJson(schema: NormalizedSchema, value: unknown): unknown {
  if (value === null || value === undefined) return undefined;
  if (value instanceof Date) return writeTimestamp(schema, value, JSON_TIMESTAMP);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (schema.isStructSchema() && isRecord(value)) {
    const written: Record<string, unknown> = {};
    for (const [name, member] of membersOf(schema)) {
      const held = value[name];
      if (held !== null && held !== undefined) written[name] = writeJson(member, held);
    }
    return written;
  }
  if (schema.isListSchema() && Array.isArray(value)) {
    const item = valueSchemaOf(schema);
    return value.map((entry: unknown) => writeJson(item, entry));
  }
  if (schema.isMapSchema() && isRecord(value)) {
    const item = valueSchemaOf(schema);
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, writeJson(item, entry)]));
  }
  return value;
}
