import { NotImplemented } from '../../wire/aws-error.ts';
import { durationOf, malformed, nameIn, type Token, type TokenReader } from './insights-tokens.ts';

/** The value of a field; undefined where a log event lacks it. */
export type Value = string | number | boolean | undefined;
/** One log event, or one row of a result, by field. */
export type Row = ReadonlyMap<string, Value>;
export type Expression = (row: Row) => Value;

/** Functions that are recognized by name only, because the maps below do not contain them. */
const OTHER_FUNCTIONS = ['now', 'bin'];

/**
 * The next token as the name that a command assigns. The documentation does not say whether a name may also be a
 * function's, and which of the two is then used.
 */
export function aliasIn(reader: TokenReader): string {
  const name = nameIn(reader);
  if (OTHER_FUNCTIONS.includes(name.toLowerCase()) || Object.hasOwn(FUNCTIONS, name.toLowerCase())) {
    throw new NotImplemented(`the alias ${name}, which is a function as well`);
  }
  return name;
}

type Function_ = (parameters: readonly Value[]) => Value;

const FUNCTIONS: Readonly<Record<string, Function_>> = {
  ispresent: ([value]) => value !== undefined,
  coalesce: (values) => values.find((value) => value !== undefined),
  concat: (values) => values.map((value) => value ?? '').join(''),
  tolower: ([value]) => (value === undefined ? undefined : String(value).toLowerCase()),
  strcontains: ([text, part]) => (String(text ?? '').includes(String(part)) ? 1 : 0),
};

/** Parses an expression: `or`, `and`, `not`, comparisons, `in`, `like`, functions, fields, texts and numbers. */
export function readExpression(reader: TokenReader): Expression {
  const parts = [readBoth(reader)];
  while (reader.accept('or')) parts.push(readBoth(reader));
  const [first, ...others] = parts;
  if (others.length === 0 && first !== undefined) return first;
  return (row) => {
    let result: boolean | undefined = false;
    for (const part of parts) {
      const value = truth(part(row));
      if (value === true) return true;
      if (value === undefined) result = undefined;
    }
    return result;
  };
}

function readBoth(reader: TokenReader): Expression {
  const parts = [readNot(reader)];
  while (reader.accept('and')) parts.push(readNot(reader));
  const [first, ...others] = parts;
  if (others.length === 0 && first !== undefined) return first;
  // Earlier parts guard later ones.
  return (row) => {
    for (const part of parts) {
      const value = truth(part(row));
      if (value !== true) return value;
    }
    return true;
  };
}

/** A condition on a field that the event lacks is unknown. */
export const truth = (value: Value): boolean | undefined =>
  value === undefined ? undefined : value !== false && value !== 0 && value !== '';

function readNot(reader: TokenReader): Expression {
  if (!reader.accept('not')) return readComparison(reader);
  const operand = readNot(reader);
  return (row) => {
    const value = truth(operand(row));
    if (value === undefined) throw new NotImplemented('what "not" makes of a condition on a field that is not there');
    return !value;
  };
}

function readComparison(reader: TokenReader): Expression {
  const left = readOperand(reader);
  const negated = reader.accept('not');
  if (reader.accept('in')) return inList(left, readList(reader), negated);
  if (reader.accept('like')) return matching(left, reader.take(), negated);
  if (negated) throw malformed('expected in or like after not');
  if (reader.accept('=~')) return matching(left, reader.take(), false);
  for (const sign of ['=', '!=', '<', '<=', '>', '>='] as const) {
    if (reader.accept(sign)) return comparing(sign, left, readOperand(reader));
  }
  return left;
}

function readList(reader: TokenReader): Expression[] {
  reader.expect('[');
  const items = reader.list(() => readOperand(reader));
  reader.expect(']');
  return items;
}

/**
 * The documentation does not say how a negation treats an event that lacks the field, so no query should depend on it.
 */
const withoutField = (what: string): never => {
  throw new NotImplemented(`what "${what}" makes of a field that is not there; ask ispresent() first`);
};

function inList(left: Expression, items: readonly Expression[], negated: boolean): Expression {
  return (row) => {
    const value = left(row);
    if (value === undefined) return negated ? withoutField('not in') : undefined;
    return items.some((item) => compare(value, item(row)) === 0) !== negated;
  };
}

function matching(left: Expression, { kind, text }: Token, negated: boolean): Expression {
  if (kind !== 'regex' && kind !== 'text') throw malformed(`like takes a text or a regular expression, not ${text}`);
  const pattern = kind === 'regex' ? new RegExp(text) : undefined;
  return (row) => {
    const value = left(row);
    if (value === undefined) return negated ? withoutField('not like') : undefined;
    const found = pattern === undefined ? String(value).includes(text) : pattern.test(String(value));
    return found !== negated;
  };
}

function comparing(sign: '=' | '!=' | '<' | '<=' | '>' | '>=', left: Expression, right: Expression): Expression {
  return (row) => {
    const [a, b] = [left(row), right(row)];
    if (a === undefined || b === undefined) return sign === '!=' ? withoutField('!=') : undefined;
    const order = compare(a, b);
    switch (sign) {
      case '=':
        return order === 0;
      case '!=':
        return order !== 0;
      case '<':
        return order < 0;
      case '<=':
        return order <= 0;
      case '>':
        return order > 0;
      case '>=':
        return order >= 0;
    }
  };
}

/** Compares numbers by value, even if they are texts; anything else as text. Missing values come last. */
export function compare(a: Value, b: Value): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined && right !== undefined) return left - right;
  const [first, second] = [String(a), String(b)];
  return first < second ? -1 : Number(first > second);
}

export const numberOf = (value: Value): number | undefined => {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  return undefined;
};

function readOperand(reader: TokenReader): Expression {
  const { kind, text } = reader.take();
  switch (kind) {
    case 'text':
      return () => text;
    case 'number':
      return () => Number(text);
    case 'sign': {
      if (text !== '(') throw malformed(`unexpected ${text}`);
      const inner = readExpression(reader);
      reader.expect(')');
      return inner;
    }
    case 'name':
      return reader.accept('(') ? readCall(reader, text) : (row) => row.get(text);
    default:
      throw malformed(`unexpected ${text}`);
  }
}

function readCall(reader: TokenReader, name: string): Expression {
  if (name.toLowerCase() === 'bin') {
    const period = durationOf(reader.take());
    reader.expect(')');
    return (row) => {
      const at = numberOf(row.get('@timestamp'));
      return at === undefined ? undefined : Math.floor(at / period) * period;
    };
  }
  const known = FUNCTIONS[name.toLowerCase()];
  if (known === undefined) throw new NotImplemented(`the function ${name} in a query`);
  const parameters = reader.list(() => readExpression(reader));
  reader.expect(')');
  return (row) => known(parameters.map((parameter) => parameter(row)));
}
