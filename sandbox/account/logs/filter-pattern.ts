import { expressionOf, invalidPattern } from './filter-expression.ts';
import { compileJsonPattern } from './json-filter-pattern.ts';
import { compileWords } from './word-filter-pattern.ts';

/**
 * Compiles a CloudWatch Logs filter pattern: terms (`ERROR "two words" -debug ?either ?or`, `%regular expression%`),
 * JSON (`{ $.decision = "acted" && $.latencyMs > 1000 }`) and space-delimited words (`[level = ERROR, ...]`).
 *
 * @throws AwsError InvalidParameterException for an invalid pattern
 * @throws NotImplemented for the few further features of CloudWatch Logs
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function compileFilterPattern(pattern: string): (message: string) => boolean {
  const trimmed = pattern.trim();
  if (trimmed === '') return () => true;
  if (trimmed.startsWith('{')) return compileJsonPattern(enclosed(trimmed, '}'));
  if (trimmed.startsWith('[')) return compileWords(enclosed(trimmed, ']'));
  return compileTerms(trimmed);
}

function enclosed(pattern: string, end: string): string {
  if (!pattern.endsWith(end) || pattern.length < 2) throw invalidPattern(`it does not end with ${end}`);
  return pattern.slice(1, -1);
}

/** A term of a text pattern: a word, or several in quotes; required, excluded (`-`) or one of several (`?`). */
const TERM = /([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|([^\s"%]+))\s*/y;

function compileTerms(pattern: string): (message: string) => boolean {
  const all: Array<(message: string) => boolean> = [];
  const any: typeof all = [];
  const none: typeof all = [];
  for (let at = 0; at < pattern.length; at = TERM.lastIndex) {
    TERM.lastIndex = at;
    const found = TERM.exec(pattern);
    if (found === null) throw invalidPattern(pattern.slice(at));
    const [, sign, quoted, expression, plain] = found;
    // An unquoted word may have letters, digits and underscores only. Everything else must be quoted.
    if (plain !== undefined && !/^[\p{L}\p{N}_.]+$/u.test(plain)) {
      throw invalidPattern(`"${plain}" has characters that must stand in quotation marks`);
    }
    const list = sign === '?' ? any : sign === '-' ? none : all;
    const text = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '';
    const wanted = expression === undefined ? undefined : expressionOf(expression);
    list.push((message) => (wanted === undefined ? message.includes(text) : wanted.test(message)));
  }
  return (message) =>
    all.every((test) => test(message)) &&
    (any.length === 0 || all.length > 0 || any.some((test) => test(message))) &&
    !none.some((test) => test(message));
}
