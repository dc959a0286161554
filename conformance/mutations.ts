export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Replacements for a value: values of other kinds, and near misses. */
function* others(value: Json): Generator<Json> {
  yield* [null, true, 0, '', [], {}, [[]], [value], [[value], 'other'], [{}, value], { added: value }];
  if (typeof value === 'string') {
    yield* [value.toUpperCase(), value.toLowerCase(), `${value}x`, `x${value}`, value.slice(1), value.slice(0, -1)];
    yield* [[value, `${value}x`], [`${value}x`, value], `${value} `];
  }
  if (typeof value === 'number') yield* [value + 1, -value, value / 2, value * 1e6, String(value)];
}

/** Events in which each value in turn is replaced or left out, and each object gets a further member. */
export function* mutationsOf(value: Json): Generator<Json> {
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) {
      for (const other of [...others(element), ...mutationsOf(element)]) yield value.with(index, other);
      yield value.toSpliced(index, 1);
    }
    yield [...value, ...value];
    yield [...value].reverse();
  } else if (typeof value === 'object' && value !== null) {
    const object = value as { readonly [key: string]: Json };
    for (const [key, member] of Object.entries(object)) {
      const { [key]: _, ...rest } = object;
      yield rest;
      yield { ...rest, [`${key}x`]: member };
      for (const other of [...others(member), ...mutationsOf(member)]) yield { ...object, [key]: other };
    }
  }
}

/**
 * Events in which each path of the pattern that the event lacks is set: to what the pattern names, and to other values.
 */
export function* additionsFrom(pattern: Json, event: Json): Generator<Json> {
  if (!isObject(pattern) || !isObject(event)) return;
  for (const [key, part] of Object.entries(pattern)) {
    const given = event[key];
    if (isObject(part)) {
      for (const added of additionsFrom(part, given ?? {})) yield { ...event, [key]: added };
    } else if (Array.isArray(part)) {
      for (const wanted of part.filter((each) => !isObject(each))) yield { ...event, [key]: wanted };
      if (given === undefined) for (const other of others('added')) yield { ...event, [key]: other };
    }
  }
}

const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
