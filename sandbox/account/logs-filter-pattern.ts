import { NotImplemented } from '../wire/aws-error.ts';

/**
 * Compiles a CloudWatch Logs filter pattern: terms (`ERROR "two words" -debug ?either ?or`) and JSON equality
 * (`{ $.decision = "acted" && $.cluster = "prod-*" }`).
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

function compileJson(expression: string): (message: string) => boolean {
  const tests = expression.split('&&').map((comparison) => {
    const [, path, quoted, plain] =
      /^\s*\$\.([\w@-]+(?:\.[\w@-]+)*)\s*=\s*(?:"([^"]*)"|([\w.*:/-]+))\s*$/.exec(comparison) ?? [];
    const wanted = quoted ?? plain;
    if (path === undefined || wanted === undefined) throw new NotImplemented(`the filter pattern {${expression}}`);
    const literal = wanted.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return { path: path.split('.'), expression: new RegExp(`^${literal.join('.*')}$`, 's') };
  });
  return (message) => {
    const line = parsed(message);
    return tests.every(({ path, expression: matches }) => {
      let value = line;
      for (const key of path)
        value =
          typeof value === 'object' && value !== null
            ? Object.entries(value).find(([name]) => name === key)?.[1]
            : undefined;
      return (
        (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') &&
        matches.test(String(value))
      );
    });
  };
}

function parsed(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return undefined;
  }
}
