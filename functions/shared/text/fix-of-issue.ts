import * as z from 'zod';
import { didYouMean } from './did-you-mean.ts';

/** A document that does not match its schema. */
export interface Misfit {
  readonly schema: z.ZodType;
  /** The whole document. */
  readonly input: unknown;
}

/**
 * The keys that an object may have at a path of a schema. Where the schema allows several forms, those of all forms.
 *
 * @param path of the object itself; indices of lists are numbers
 */
export const keysAt = (schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] =>
  formsAt(schema, path).flatMap((form) => (form instanceof z.ZodObject ? Object.keys(form.shape) : []));

/** All forms that a schema allows at a path. */
function formsAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType[] {
  const [next, ...rest] = path;
  const forms = formsOf(schema);
  if (next === undefined) return forms;
  return forms.flatMap((form): z.core.$ZodType[] => {
    if (form instanceof z.ZodObject) {
      const shape: Readonly<Record<string, z.core.$ZodType>> = form.shape;
      const member = Object.hasOwn(shape, next) ? shape[String(next)] : undefined;
      return member === undefined ? [] : formsAt(member, rest);
    }
    if (form instanceof z.ZodArray) return formsAt(form.element, rest);
    if (form instanceof z.ZodRecord) return formsAt(form.valueType, rest);
    return [];
  });
}

/** The schema without its wrappers: one form, or all forms of a union. */
function formsOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(formsOf);
  if (schema instanceof z.ZodPipe) return formsOf(schema.in);
  // Its `unwrap` builds it anew for each of hundreds of unknown keys; zod keeps the one that it has built.
  if (schema instanceof z.ZodLazy) return formsOf(schema._zod.innerType);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodCatch
  )
    return formsOf(schema.unwrap());
  return [schema];
}

/** ` Did you mean "nodeGroups"?` for a key that is unknown at its path, or where it belongs; or an empty text. */
export function meantKey(key: string, path: readonly PropertyKey[], { schema }: Misfit): string {
  const meant = didYouMean(key, keysAt(schema, path));
  if (meant !== '') return meant;
  const places = placesOf(key, schema);
  if (places.length === 0) return '';
  if (places.includes(key)) return ` Its place is the top of the document`;
  const named = places.slice(0, MOST_PLACES).join(', ');
  return ` Its place is ${places.length > MOST_PLACES ? `a section, such as ${named}` : named}`;
}

const MOST_PLACES = 3;

/** How deep a document is searched for a key. Sections of sections are deep enough, and a schema may contain itself. */
const DEEPEST = 3;

/** Where documents of a schema have each key: a document may have hundreds of keys that are unknown where they stand. */
const PLACES = new WeakMap<z.core.$ZodType, ReadonlyMap<string, readonly string[]>>();

/** Where a document has this key, outside of its lists. */
function placesOf(key: string, schema: z.core.$ZodType): readonly string[] {
  const known = PLACES.get(schema) ?? byKey(allPlaces(schema));
  PLACES.set(schema, known);
  return known.get(key) ?? [];
}

const byKey = (places: readonly string[]): Map<string, string[]> =>
  Map.groupBy(places, (place) => place.slice(place.lastIndexOf('.') + 1));

const allPlaces = (schema: z.core.$ZodType, at = '', depth = 1): string[] =>
  formsOf(schema).flatMap((form) => {
    if (!(form instanceof z.ZodObject)) return [];
    const shape: Readonly<Record<string, z.core.$ZodType>> = form.shape;
    return Object.entries(shape).flatMap(([name, member]) => [
      `${at}${name}`,
      ...(depth < DEEPEST ? allPlaces(member, `${at}${name}.`, depth + 1) : []),
    ]);
  });

/**
 * What to write instead of a value that does not fit; undefined where that cannot be told.
 *
 * @param path of the value, in the whole document
 */
export function fixOf(issue: z.core.$ZodIssue, path: readonly PropertyKey[], misfit: Misfit): string | undefined {
  if (issue.code === 'invalid_type') {
    const fix = rightType(issue.expected, path, misfit);
    // A schema with a message of its own says more than the type would.
    return fix ?? (issue.message.startsWith('Invalid ') ? neededType(issue.expected, path, misfit) : undefined);
  }
  // A schema with a message of its own says more than this would.
  if (issue.code === 'invalid_value' && issue.message.startsWith('Invalid '))
    return rightValue(issue.values, path, misfit);
  if ((issue.code === 'too_small' || issue.code === 'too_big') && issue.message.startsWith('Too '))
    return rightSize(issue);
  return undefined;
}

/**
 * What is wrong with a value that fits none of several forms, by the form that was probably meant: the one with the fewest
 * faults. Empty where that cannot be told. Paths begin at the value.
 */
export function faultsOfMeantForm({ errors }: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] {
  const [meant = []] = errors.toSorted((a, b) => weight(a) - weight(b));
  return meant;
}

const weight = (issues: readonly z.core.$ZodIssue[]): number =>
  issues.reduce((sum, issue) => {
    if (issue.code === 'unrecognized_keys') return sum + issue.keys.length;
    // A fault of the whole value means that it has another form altogether, if it has the wrong type.
    if (issue.path.length === 0) return sum + (issue.code === 'invalid_type' ? 1000 : 100);
    return sum + 1;
  }, 0);

/** The bound that a number, or the size of a list or text, goes beyond. */
function rightSize(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string | undefined {
  const bound = issue.code === 'too_small' ? issue.minimum : issue.maximum;
  const [least, most] = issue.inclusive === false ? ['more than', 'less than'] : ['at least', 'at most'];
  const limit = `${issue.code === 'too_small' ? least : most} ${bound}`;
  if (issue.origin === 'number' || issue.origin === 'int') return `must be ${limit}`;
  const unit = SIZED[issue.origin];
  if (unit === undefined) return undefined;
  return issue.code === 'too_small' && bound === 1 ? 'must not be empty' : `must have ${limit} ${unit}`;
}

/** What the size of a value counts. */
const SIZED: Readonly<Record<string, string>> = { array: 'entries', record: 'entries', string: 'characters' };

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null && Object.hasOwn(at, key) ? Reflect.get(at, key) : undefined),
    input,
  );

/** A value as people wrote it; empty for an object or list, which may have a member `toString` that is no function. */
const wordOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '';

/** What other tools call the modes. */
const MODE_HABITS: ReadonlyArray<readonly [words: RegExp, mode: string]> = [
  [/^(true|on|yes|enabled?|active|auto)$/i, 'enforce'],
  [/^(false|no|none|disabled?)$/i, 'off'],
  [/^(dry-?_?run|audit|detect|report|monitor|warn)$/i, 'observe'],
];

/** Names the allowed values, and the one that was probably meant. */
function rightValue(allowed: readonly unknown[], path: readonly PropertyKey[], { input }: Misfit): string | undefined {
  const value = valueAt(input, path);
  if (value === undefined) return undefined;
  const texts = allowed.filter((each) => typeof each === 'string');
  const habit = MODE_HABITS.find(([words, mode]) => texts.includes(mode) && words.test(wordOf(value)))?.[1];
  const near = typeof value === 'string' ? didYouMean(value, texts) : '';
  const meant = near === '' && habit !== undefined ? ` Did you mean "${habit}"?` : near;
  const named = allowed.map((each) => JSON.stringify(each)).join(', ');
  return `must be ${allowed.length === 1 ? '' : 'one of '}${named}${meant && `.${meant}`}`;
}

/** How users name the types of zod. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/** The type that is needed, for a value that is missing or that no small change makes right. */
function neededType(expected: string, path: readonly PropertyKey[], { input }: Misfit): string | undefined {
  const name = TYPE_NAMES[expected];
  if (name === undefined) return undefined;
  return valueAt(input, path) === undefined ? `missing: give ${name}` : `must be ${name}`;
}

/** What to write instead of a value of the wrong type. */
function rightType(expected: string, path: readonly PropertyKey[], { schema, input }: Misfit): string | undefined {
  const value = valueAt(input, path);
  if (value === undefined) return undefined;
  if (expected === 'string' && typeof value === 'number') {
    // Quotes alone may not suffice: a duration needs its unit, too.
    const [wrong] = formsAt(schema, path).map((form) => z.safeParse(form, `${value}`).error?.issues[0]?.message);
    if (wrong !== undefined) return wrong;
    // JSON numbers lose trailing zeros: 1.30 is read as 1.3, and only the author knows which was meant.
    const zero = /\.\d$/.test(`${value}`) ? ` or "${value}0"` : '';
    return `must be a text: write "${value}"${zero}, in quotes`;
  }
  if (expected === 'string' && typeof value === 'boolean') return `must be a text: write "${value}", in quotes`;
  if (expected === 'number' && typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value))
    return `must be a number: write ${value}, without quotes`;
  if (expected === 'number' && typeof value === 'string' && /^\d{1,15}\s?%$/.test(value))
    return `must be a number: write ${parseInt(value, 10)}, without quotes and %`;
  if (expected === 'boolean' && (value === 'true' || value === 'false'))
    return `must be true or false: write ${value}, without quotes`;
  if (expected === 'boolean' && /^(1|0|yes|no|on|off)$/i.test(wordOf(value)))
    return `must be true or false: write ${/^(1|yes|on)$/i.test(wordOf(value))}`;
  const type = TYPE_NAMES[expected];
  if (value === null && type !== undefined) return `must be ${type}, not null: leave the key out for its default`;
  if (expected === 'array') return 'must be a list: put it into [ ]';
  if (expected === 'object' || expected === 'record') return rightObject(value, expected, keysAt(schema, path));
  return undefined;
}

/** A list of more keys tells nobody what to write. */
const MOST_KEYS = 4;

/** What to write where an object is needed: from the value, or from the keys that it takes. */
function rightObject(value: unknown, expected: 'object' | 'record', keys: readonly string[]): string {
  if (Array.isArray(value)) {
    const pairs = expected === 'record' && value.length <= MOST_KEYS ? pairsIn(value) : undefined;
    return `must be an object: write ${pairs === undefined ? '{ }' : JSON.stringify(pairs)}, not a list`;
  }
  if (keys.includes('mode') && (typeof value === 'string' || typeof value === 'boolean')) {
    const mode = MODE_HABITS.find(([words, name]) => words.test(wordOf(value)) || name === value)?.[1];
    if (mode !== undefined) return `must be an object: write { "mode": "${mode}" }`;
  }
  const named = keys.length > 0 && keys.length <= MOST_KEYS ? `, with ${keys.join(', ')}` : '';
  return `must be an object: write { }${named}`;
}

/** The pairs of a list as people write tags: `["env=prod"]` or `[{ "Key": "env", "Value": "prod" }]`. */
function pairsIn(list: readonly unknown[]): Record<string, string> | undefined {
  const pairs = list.map((each) => {
    const [, name, value] =
      typeof each === 'string' ? (/^([^=:]{1,128})\s{0,9}[=:]\s{0,9}(.{0,256})$/.exec(each) ?? []) : [];
    if (name !== undefined && value !== undefined) return [name.trim(), value.trim()] as const;
    const { Key, key = Key, Value, value: text = Value } = Object(each);
    return typeof key === 'string' && typeof text === 'string' ? ([key, text] as const) : undefined;
  });
  const known = pairs.filter((pair) => pair !== undefined);
  return known.length === 0 || known.length < pairs.length ? undefined : Object.fromEntries(known);
}
