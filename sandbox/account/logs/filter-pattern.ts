import { matchesWildcard } from '../../../functions/shared/text/wildcard.ts';
import { NotImplemented } from '../../wire/aws-error.ts';

/**
 * Compiles a CloudWatch Logs filter pattern: terms (`ERROR "two words" -debug ?either ?or`) and JSON comparisons by
 * `=` and `!=` (`{ $.decision = "acted" && ($.cluster = "prod-*" || $.mode != "observe") }`).
 *
 * @throws NotImplemented for every other pattern that CloudWatch Logs knows
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function compileFilterPattern(pattern: string): (message: string) => boolean {
  const trimmed = pattern.trim();
  if (trimmed === '') return () => true;
  if (trimmed.startsWith('{') && trimmed.endsWith('}')) return compileJson(trimmed.slice(1, -1));
  if (trimmed.startsWith('[') || trimmed.startsWith('%')) throw new NotImplemented(`the filter pattern ${pattern}`);
  return compileTerms(trimmed);
}

function compileTerms(pattern: string): (message: string) => boolean {
  const all: string[] = [];
  const any: string[] = [];
  const none: string[] = [];
  for (const [, sign, quoted, plain] of pattern.matchAll(/([?-]?)(?:"([^"]*)"|(\S+))/g)) {
    const list = sign === '?' ? any : sign === '-' ? none : all;
    list.push(quoted ?? plain ?? '');
  }
  return (message) =>
    all.every((term) => message.includes(term)) &&
    (any.length === 0 || any.some((term) => message.includes(term))) &&
    !none.some((term) => message.includes(term));
}

type Test = (line: unknown) => boolean;

const JSON_TOKEN = /\s*(?:(&&|\|\||[()])|\$\.([\w@-]+(?:\.[\w@-]+)*)\s*(!?=)\s*(?:"([^"]*)"|([\w.*:/-]+)))/y;

/** `&&` binds closer than `||`, as CloudWatch Logs has it. */
function compileJson(expression: string): (message: string) => boolean {
  const tokens = tokensOf(expression);
  const unknown = () => new NotImplemented(`the filter pattern {${expression}}`);
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
    if (token !== '(') throw unknown();
    const inner = anyOf();
    if (tokens.shift() !== ')') throw unknown();
    return inner;
  };
  const test = anyOf();
  if (tokens.length > 0) throw unknown();
  return (message) => test(parsed(message));
}

/** Operators as they are, comparisons as what they test. */
function tokensOf(expression: string): Array<string | Test> {
  const tokens: Array<string | Test> = [];
  const text = expression.trimEnd();
  for (let at = 0; at < text.length; at = JSON_TOKEN.lastIndex) {
    JSON_TOKEN.lastIndex = at;
    const [, operator, path, comparison, quoted, plain] = JSON_TOKEN.exec(text) ?? [];
    const wanted = quoted ?? plain;
    if (operator !== undefined) tokens.push(operator);
    else if (path !== undefined && wanted !== undefined) tokens.push(compare(path, comparison === '=', wanted));
    else throw new NotImplemented(`the filter pattern {${expression}}`);
  }
  return tokens;
}

/** A comparison holds for a value that is there only: also `!=` is no match without one. */
function compare(path: string, equal: boolean, wanted: string): Test {
  return (line) => {
    let value = line;
    for (const key of path.split('.')) {
      value =
        typeof value === 'object' && value !== null
          ? Object.entries(value).find(([name]) => name === key)?.[1]
          : undefined;
    }
    const simple = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return simple && matchesWildcard(wanted, String(value)) === equal;
  };
}

function parsed(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
