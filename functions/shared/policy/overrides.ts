import * as z from 'zod';
import { faultAmong, isByTag, valueAt, withOverride } from './merge-override.ts';
import { match, type Override } from './override.ts';
import { isNoLooser, type Strictness, stricterInWords, strictnessOf } from './strictness.ts';

type Shape = Readonly<Record<string, z.core.$ZodType>>;

/**
 * The schema of `overrides`: any keys of each section that may differ from place to place. Keys that this function does
 * not read are validated by the functions that read them.
 *
 * @param read the schemas of the sections that are validated
 * @param others the names of all other sections
 */
export const overridesSchema = (read: Readonly<Record<string, z.ZodType>>, others: readonly string[]) =>
  z
    // Few policies have overrides, and their schema is as large as that of all sections together.
    .array(z.lazy(() => overrideSchema(read, others)))
    .max(100)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, {
      error: 'two of them have the same name: records could not tell which one decided',
    })
    .default([])
    .describe('What differs from place to place. The last one that fits a place decides about a key.');

function overrideSchema(read: Readonly<Record<string, z.ZodType>>, others: readonly string[]) {
  const sections = Object.entries(read).flatMap(([name, schema]) => {
    const strictness = strictnessOf(name);
    return strictness === undefined ? [] : [[name, partOf(schema, strictness).optional()]];
  });
  const unread = others
    .filter((name) => strictnessOf(name) !== undefined)
    .map((name) => [name, z.unknown().optional()]);
  return z
    .strictObject({
      name: z
        .string()
        .regex(/^[0-9A-Za-z][0-9A-Za-z_.-]{0,39}$/, 'must be at most 40 letters, digits, dots, dashes or underscores')
        .describe('The name by which records and `explain` call it.'),
      match: match().describe('The places that it holds for. All that is given must fit.'),
      ...Object.fromEntries([...unread, ...sections]),
    })
    .refine((given) => Object.keys(given).length > 2, {
      error: 'changes nothing: name a section and the keys to change, for example "upgrades": { "mode": "observe" }',
    });
}

/** The section with every key optional and without defaults. Keys that hold everywhere are refused. */
function partOf(schema: z.core.$ZodType, strictness: Readonly<Record<string, Strictness>>, path = ''): z.ZodType {
  const inner = unwrapped(schema);
  if (!(inner instanceof z.ZodObject) || (path !== '' && strictness[path] !== undefined)) return inner as z.ZodType;
  const shape: Shape = inner.shape;
  const parts = Object.entries(shape).map(([key, value]) => {
    const here = path === '' ? key : `${path}.${key}`;
    const rule = strictness[here];
    const part = rule?.kind === 'everywhere' ? refused(rule.why) : partOf(value, strictness, here);
    const described = z.globalRegistry.get(value)?.description;
    return [key, described === undefined ? part.optional() : part.optional().describe(described)];
  });
  // A function that reads some keys of another function's section leaves the other keys to that function.
  const isWhole = inner.def.catchall instanceof z.ZodNever;
  return (isWhole ? z.strictObject : z.looseObject)(Object.fromEntries(parts));
}

const refused = (why: string): z.ZodType => z.never({ error: `cannot differ from place to place: ${why}` });

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional
    ? unwrapped(schema.unwrap())
    : schema;
}

/**
 * The path and message of each change by tag that would make the policy looser than the document itself.
 *
 * @param read the schemas of the sections that are validated. Other keys are known only as text, which has no order.
 * The functions that read them refuse looser values.
 */
export function loosenings(
  { match: whom, ...sections }: Override,
  document: object,
  read: Readonly<Record<string, z.ZodType>>,
): ReadonlyArray<{ readonly path: readonly string[]; readonly message: string }> {
  if (!isByTag(whom)) return [];
  return Object.entries(read).flatMap(([section, schema]) =>
    Object.entries(strictnessOf(section) ?? {}).flatMap(([path, strictness]) => {
      const value = valueAt(sections[section], path);
      if (value === undefined || !isRead(schema, path.split('.'))) return [];
      const within = valueAt(document, section);
      const held = valuesHeld(strictness, section, path, document);
      if (held.length === 0 || held.some((than) => isNoLooser(strictness, value, than, within))) return [];
      const message = `cannot be changed so by tags, which others may set: ${stricterInWords(strictness)}. Select by clusters or nodegroups instead`;
      return [{ path: [section, ...path.split('.')], message }];
    }),
  );
}

/** Whether a schema reads a key. A loose schema lets through keys that it does not read. */
function isRead(schema: z.core.$ZodType, [key, ...rest]: readonly string[]): boolean {
  const inner = unwrapped(schema);
  if (key === undefined) return true;
  const shape: Shape = inner instanceof z.ZodObject ? inner.shape : {};
  const member = shape[key];
  return member !== undefined && isRead(member, rest);
}

/**
 * The values that an override by tag is compared with: the document's value, and also those of overrides by name where
 * the absence of a value is the strictest.
 */
function valuesHeld(strictness: Strictness, section: string, path: string, document: object): unknown[] {
  const here = `${section}.${path}`;
  const value = valueAt(document, here);
  if (strictness.kind !== 'later') return value === undefined ? [] : [value];
  const { overrides = [] } = document as { readonly overrides?: readonly Override[] };
  const byName = overrides.filter(({ match: whom }) => !isByTag(whom)).map((each) => valueAt(each, here));
  return [value, ...byName.filter((named) => named !== undefined)];
}

/** The path and message of each contradiction between an override and the document. */
export const contradictions = (
  override: Override,
  document: object,
  read: Readonly<Record<string, z.ZodType>>,
): ReadonlyArray<{ readonly path: readonly string[]; readonly message: string }> =>
  Object.entries(read).flatMap(([section, schema]) => {
    if (override[section] === undefined) return [];
    const fault = faultAmong(schema, withOverride(valueAt(document, section), override, section));
    return fault === undefined ? [] : [{ path: [section, ...fault.path], message: fault.message }];
  });
