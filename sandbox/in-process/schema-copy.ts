import { NormalizedSchema } from '@smithy/core/schema';
import { isRecord } from '../wire/json-codec.ts';
import { membersOf } from '../wire/schema-members.ts';

type Copy = (value: unknown) => unknown;

const known = new Map<unknown, Copy>();

/**
 * Copies a value as a wire would: only members that the schema has and that are defined, and nothing shared with the
 * original. A copier is compiled once per schema.
 */
export function copierOf(schema: Parameters<typeof NormalizedSchema.of>[0]): Copy {
  return copierFor(NormalizedSchema.of(schema));
}

function copierFor(schema: NormalizedSchema): Copy {
  const key: unknown = schema.getSchema();
  const shared = typeof key === 'object' && key !== null;
  const found = shared ? known.get(key) : undefined;
  if (found !== undefined) return found;
  const copier = compile(schema);
  if (shared) known.set(key, copier);
  return copier;
}

function compile(schema: NormalizedSchema): Copy {
  if (schema.isStructSchema()) return structure(schema);
  if (schema.isListSchema()) {
    const item = later(schema.getValueSchema());
    return (value) =>
      Array.isArray(value) ? value.map((each: unknown) => (typeof each === 'object' ? item(each) : each)) : value;
  }
  if (schema.isMapSchema()) {
    const item = later(schema.getValueSchema());
    return (value) => {
      if (!isRecord(value)) return value;
      const copy: Record<string, unknown> = {};
      for (const name of Object.keys(value)) if (value[name] !== undefined) copy[name] = item(value[name]);
      return copy;
    };
  }
  if (schema.isTimestampSchema()) return (value) => (value instanceof Date ? new Date(value) : value);
  if (schema.isBlobSchema()) return (value) => (value instanceof Uint8Array ? Buffer.from(value) : value);
  return (value) => (typeof value === 'object' ? structuredClone(value) : value);
}

function structure(schema: NormalizedSchema): Copy {
  let members: Map<string, Copy> | undefined;
  return (value) => {
    if (!isRecord(value)) return value;
    members ??= new Map(membersOf(schema).map(([name, member]) => [name, later(member)]));
    const copy: Record<string, unknown> = {};
    for (const name in value) {
      const member = value[name];
      if (member === undefined || member === null) continue;
      const copier = members.get(name);
      if (copier !== undefined) copy[name] = typeof member === 'object' ? copier(member) : member;
    }
    return copy;
  };
}

/** Compiles a schema when it is first used, because schemas refer to themselves. */
function later(schema: NormalizedSchema): Copy {
  let copier: Copy | undefined;
  return (value) => {
    copier ??= copierFor(schema);
    return copier(value);
  };
}
