import type { NormalizedSchema } from '@smithy/core/schema';

type Members = ReadonlyArray<readonly [name: string, schema: NormalizedSchema]>;

const known = new Map<unknown, Members>();

/**
 * The members of a structure's schema, in their order. They are read once per schema, because each call asks for
 * them several times, and the SDK's iterator makes them anew.
 */
export function membersOf(structure: NormalizedSchema): Members {
  const key: unknown = structure.getSchema();
  const found = known.get(key);
  if (found !== undefined) return found;
  const members = [...structure.structIterator()];
  known.set(key, members);
  return members;
}

const knownValues = new Map<unknown, NormalizedSchema>();

/** The schema of the values of a list or map, which the SDK makes anew each time, too. */
export function valueSchemaOf(collection: NormalizedSchema): NormalizedSchema {
  const key: unknown = collection.getSchema();
  const found = knownValues.get(key) ?? collection.getValueSchema();
  knownValues.set(key, found);
  return found;
}
