import { matchesWildcard } from '../../../functions/shared/text/wildcard.ts';
import { expressionOf, invalidPattern } from './filter-expression.ts';

export type Test = (line: unknown) => boolean;

const TOKEN =
  /\s*(?:(&&|\|\||[()])|(\$(?:\.[\w@-]+|\[\d+\]|\["[^"]*"\])+)\s*(?:(!=|<=|>=|=|<|>)\s*(?:"([^"]*)"|%([^%]+)%|([\w.*:/+-]+))|(IS\s+(?:NULL|TRUE|FALSE)|NOT\s+EXISTS)))/y;

/**
 * Compiles the content of the braces of a JSON pattern.
 * @throws AwsError InvalidParameterException
 * @see
 *   https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html#metric-filters-extract-json
 */
export function compileJsonPattern(expression: string): (message: string) => boolean {
  const test = compileConditions(tokensOf(expression), expression);
  return (message) => {
    const line = parsed(message);
    // A line that is not a JSON object matches no JSON pattern, not even one for an absent member.
    return typeof line === 'object' && line !== null && test(line);
  };
}

/** Parses conditions; `&&` binds tighter than `||`, as in CloudWatch Logs. Consumes the tokens. */
export function compileConditions(tokens: Array<string | Test>, expression: string): Test {
  const broken = () => invalidPattern(expression);
  const anyOf = (): Test => {
    const tests = [allOf()];
    while (tokens[0] === '||') tests.push(after(allOf));
    return (line) => tests.some((test) => test(line));
  };
  const allOf = (): Test => {
    const tests = [one()];
    while (tokens[0] === '&&') tests.push(after(one));
    return (line) => tests.every((test) => test(line));
  };
  const after = (next: () => Test): Test => {
    tokens.shift();
    return next();
  };
  const one = (): Test => {
    const token = tokens.shift();
    if (typeof token === 'function') return token;
    if (token !== '(') throw broken();
    const inner = anyOf();
    if (tokens.shift() !== ')') throw broken();
    return inner;
  };
  const test = anyOf();
  if (tokens.length > 0) throw broken();
  return test;
}

/** Splits an expression into operators, and comparisons compiled to tests. */
function tokensOf(expression: string): Array<string | Test> {
  const tokens: Array<string | Test> = [];
  const text = expression.trimEnd();
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (found === null) throw invalidPattern(`{${expression}}`);
    const [, operator, path = '', comparison = '', quoted, regular, plain, state] = found;
    if (operator !== undefined) tokens.push(operator);
    else if (state !== undefined) tokens.push(stateOf(path, state));
    else tokens.push(comparisonOf(path, comparison, quoted, regular, plain ?? ''));
  }
  return tokens;
}

function stateOf(path: string, state: string): Test {
  const keys = keysOf(path);
  const wanted = state.replace(/\s+/, ' ');
  return (line) => {
    const value = valueAt(line, keys);
    if (wanted === 'NOT EXISTS') return value === undefined;
    return value === (wanted === 'IS NULL' ? null : wanted === 'IS TRUE');
  };
}

/** A comparison requires a present value: without one, not even `!=` matches. */
function comparisonOf(path: string, comparison: string, quoted?: string, regular?: string, plain = ''): Test {
  const keys = keysOf(path);
  const matches = regular === undefined ? compareWith(comparison, quoted, plain) : matching(comparison, regular);
  return (line) => {
    const value = valueAt(line, keys);
    const simple = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return simple && matches(value);
  };
}

type Compare = (value: string | number | boolean) => boolean;

function matching(comparison: string, regular: string): Compare {
  if (comparison !== '=' && comparison !== '!=') throw invalidPattern(`${comparison} %${regular}%`);
  const expression = expressionOf(regular);
  return (value) => expression.test(String(value)) === (comparison === '=');
}

/** Compares with a text, in which `*` matches any characters, or with a number. */
export function compareWith(comparison: string, quoted: string | undefined, plain: string): Compare {
  if (comparison === '=' || comparison === '!=') {
    const wanted = quoted ?? plain;
    const number = quoted === undefined && plain !== '' ? Number(plain) : Number.NaN;
    return (value) =>
      (matchesWildcard(wanted, String(value)) || (typeof value === 'number' && value === number)) ===
      (comparison === '=');
  }
  const bound = Number(plain);
  if (quoted !== undefined || plain === '' || Number.isNaN(bound)) {
    throw invalidPattern(`${comparison} needs a number, not ${quoted ?? plain}`);
  }
  return (value) => {
    const number = typeof value === 'boolean' || value === '' ? Number.NaN : Number(value);
    if (comparison === '<') return number < bound;
    if (comparison === '<=') return number <= bound;
    return comparison === '>' ? number > bound : number >= bound;
  };
}

/** The steps of a path such as `$.a.b[0]["c d"]`. */
const keysOf = (path: string): string[] =>
  [...path.matchAll(/\.([\w@-]+)|\[(\d+)\]|\["([^"]*)"\]/g)].map(
    ([, name, index, quoted]) => name ?? index ?? quoted ?? '',
  );

function valueAt(line: unknown, keys: readonly string[]): unknown {
  let value = line;
  for (const key of keys) {
    // Reads only the line's own members.
    const own = typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key) : undefined;
    value = own?.enumerable === true ? own.value : undefined;
  }
  return value;
}

let last: { readonly message: string; readonly line: unknown } | undefined;

/**
 * The line that a message holds. All filters of a log group look at the same message in turn, so the last one is kept.
 */
function parsed(message: string): unknown {
  if (last?.message === message) return last.line;
  last = { message, line: fromJson(message) };
  return last.line;
}

/** Undefined also for JSON that is no object, which matches nothing. */
function fromJson(message: string): unknown {
  // Lambda's own lines are text, and an exception costs more than many a comparison.
  if (!/^\s*[{[]/.test(message)) return undefined;
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
