import { invalidPattern } from './filter-expression.ts';
import { compareWith, compileConditions, type Test } from './json-filter-pattern.ts';

/** A word of a line. Text in brackets or quotation marks is one word. */
const WORD = /\[([^\]]*)\]|"([^"]*)"|(\S+)/g;
const TOKEN = /\s*(?:(&&|\|\||[()])|([\w-]+)\s*(!=|<=|>=|=|<|>)\s*(?:"([^"]*)"|([^\s&|()=<>]+)))/y;

/**
 * Compiles the content of the brackets of a space-delimited pattern: `ip, user, level = ERROR || level = WARN, ...`. A
 * line must have exactly this many words; `...` stands for any number.
 *
 * @throws AwsError InvalidParameterException
 * @see
 *   https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html#metric-filters-extract-space-delimited
 */
export function compileWords(expression: string): (message: string) => boolean {
  const parts = expression.split(',').map((part) => part.trim());
  const rest = parts.indexOf('...');
  if (rest !== parts.lastIndexOf('...') || parts.some((part) => part === '')) throw invalidPattern(`[${expression}]`);
  const tests = parts.map((part) => (part === '...' ? () => true : testOf(part)));
  return (message) => {
    const words = [...message.matchAll(WORD)].map(([, bracketed, quoted, plain]) => bracketed ?? quoted ?? plain ?? '');
    const missing = words.length - (rest < 0 ? tests.length : tests.length - 1);
    if (missing < 0 || (rest < 0 && missing > 0)) return false;
    return tests.every((test, index) => {
      if (index === rest) return true;
      return test(words[rest >= 0 && index > rest ? index + missing - 1 : index]);
    });
  };
}

function testOf(part: string): Test {
  if (/^[\w-]+$/.test(part)) return () => true;
  const tokens: Array<string | Test> = [];
  for (let at = 0; at < part.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(part);
    if (found === null) throw invalidPattern(`[${part}]`);
    const [, operator, , comparison = '', quoted, plain = ''] = found;
    if (operator !== undefined) tokens.push(operator);
    else {
      const compare = compareWith(comparison, quoted, plain);
      tokens.push((word) => typeof word === 'string' && compare(word));
    }
  }
  return compileConditions(tokens, part);
}
