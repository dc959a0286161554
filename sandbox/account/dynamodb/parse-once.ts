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
}

const MOST_KNOWN = 2_000;

/**
 * Makes a parser remember what it has parsed. The parser goes back at every word, and takes a third of dynalite's
 * time, while functions ask the same few conditions with the same values again and again.
 */
export function parseOnce(parser: Parser): void {
  const parse = parser.parse.bind(parser);
  const known = new Map<string, Known>();
  parser.parse = (text, { context }) => {
    const { attrNames = {}, attrVals = {}, unusedAttrNames, unusedAttrVals, isKeyCondition } = context;
    const key = JSON.stringify([text, attrNames, attrVals, isKeyCondition]);
    let found = known.get(key);
    if (found === undefined) {
      const [names, values] = [allOf(attrNames), allOf(attrVals)];
      const parsed = parse(text, { context: { ...context, unusedAttrNames: names, unusedAttrVals: values } });
      // A wrong condition ends the call, so that nobody asks what it has used.
      if (typeof parsed === 'string') return parsed;
      found = { parsed, names: usedOf(attrNames, names), values: usedOf(attrVals, values) };
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(key, found);
    }
    for (const name of found.names) delete unusedAttrNames[name];
    for (const value of found.values) delete unusedAttrVals[value];
    // dynalite turns a key condition round where the value comes first.
    return { ...found.parsed, expression: structuredClone(found.parsed.expression) };
  };
}

const allOf = (names: Names): Record<string, true> =>
  Object.fromEntries(Object.keys(names).map((name) => [name, true as const]));

const usedOf = (names: Names, unused: Names): string[] =>
  Object.keys(names).filter((name) => !Object.hasOwn(unused, name));
