type Names = Readonly<Record<string, unknown>>;

/** What dynalite hands to its parser of conditions beside the text. */
interface Context {
  readonly attrNames?: Names | undefined;
  readonly attrVals?: Names | undefined;
  /** The parser deletes each name that the text uses. */
  readonly unusedAttrNames: Record<string, true>;
  readonly unusedAttrVals: Record<string, true>;
  readonly isKeyCondition?: boolean;
}

/** A text for a wrong condition. */
type Parsed = string | { readonly expression: unknown };

export interface Parser {
  parse(text: string, options: { readonly context: Context }): Parsed;
}

interface Known {
  readonly parsed: Exclude<Parsed, string>;
  readonly names: readonly string[];
  readonly values: readonly string[];
  /** The names of the values that stand in the expression. */
  readonly nameOf: ReadonlyMap<unknown, string>;
}

const MOST_KNOWN = 2_000;

/** Operators for which the parser looks at a value. Otherwise it only looks at the value's type. */
const LOOKS_AT_VALUES = /between|attribute_type/i;

/**
 * Makes a parser remember what it has parsed. The parser goes back at every word, and takes a third of dynalite's
 * time, while functions ask the same few conditions again and again, about other values.
 */
export function parseOnce(parser: Parser): void {
  const parse = parser.parse.bind(parser);
  const known = new Map<string, Known>();
  parser.parse = (text, { context }) => {
    const { attrNames = {}, attrVals = {}, unusedAttrNames, unusedAttrVals, isKeyCondition } = context;
    const told = LOOKS_AT_VALUES.test(text) ? attrVals : typesOf(attrVals);
    const key = JSON.stringify([text, attrNames, told, isKeyCondition]);
    let found = known.get(key);
    if (found === undefined) {
      const [names, values] = [allOf(attrNames), allOf(attrVals)];
      const parsed = parse(text, { context: { ...context, unusedAttrNames: names, unusedAttrVals: values } });
      // A wrong condition ends the call, so that nobody asks what it has used.
      if (typeof parsed === 'string') return parsed;
      const nameOf = new Map(Object.entries(attrVals).map(([name, value]) => [value, name]));
      found = { parsed, names: usedOf(attrNames, names), values: usedOf(attrVals, values), nameOf };
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(key, found);
    }
    for (const name of found.names) delete unusedAttrNames[name];
    for (const value of found.values) delete unusedAttrVals[value];
    // Copied, because dynalite turns a key condition round where the value comes first.
    return { ...found.parsed, expression: withValues(found.parsed.expression, found.nameOf, attrVals) };
  };
}

/** A copy of an expression, with these values in the place of those that it was parsed with. */
function withValues(node: unknown, nameOf: Known['nameOf'], values: Names): unknown {
  if (typeof node !== 'object' || node === null) return node;
  const name = nameOf.get(node);
  if (name !== undefined) return values[name];
  if (Array.isArray(node)) return node.map((each: unknown) => withValues(each, nameOf, values));
  const copy: Record<string, unknown> = {};
  for (const [member, value] of Object.entries(node)) copy[member] = withValues(value, nameOf, values);
  return copy;
}

const typesOf = (values: Names): Record<string, readonly string[]> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Object.keys(Object(value))]));

const allOf = (names: Names): Record<string, true> =>
  Object.fromEntries(Object.keys(names).map((name) => [name, true as const]));

const usedOf = (names: Names, unused: Names): string[] =>
  Object.keys(names).filter((name) => !Object.hasOwn(unused, name));
