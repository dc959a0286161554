import { BlockList, isIP } from 'node:net';
import { AwsError } from '../../wire/aws-error.ts';

/** Whether an event (parsed JSON) matches the compiled pattern. */
export type EventMatcher = (event: unknown) => boolean;

/** Matches one leaf; `undefined` means that the event has no such leaf. */
type LeafMatcher = (value: Scalar | undefined) => boolean;
type Scalar = string | number | boolean | null;
type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Compiles an EventBridge event pattern, with all operators that EventBridge documents for event buses.
 *
 * @param pattern the pattern as an object, or as JSON text like in the API
 * @throws AwsError `InvalidEventPatternException`, also for an unknown operator: a rule that never matches because of a
 * mistake must not look like a quiet one
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
export function compileEventPattern(pattern: unknown): EventMatcher {
  const parsed = typeof pattern === 'string' ? parseJson(pattern) : pattern;
  if (!isObject(parsed) || Object.keys(parsed).length === 0) throw invalid('Filter is not an object');
  return compileObject(parsed, '');
}

function compileObject(pattern: JsonObject, path: string): EventMatcher {
  const parts = Object.entries(pattern).map(([key, part]): ((node: JsonObject) => boolean) => {
    if (key === '$or') return compileOr(part, path);
    const at = path === '' ? key : `${path}.${key}`;
    if (Array.isArray(part)) {
      if (part.length === 0) throw invalid(`Empty arrays are not allowed, at ${at}`);
      const alternatives = part.map((alternative) => compileAlternative(alternative, at));
      return (node) => alternatives.some((matches) => matchesLeaf(own(node, key), matches));
    }
    if (isObject(part) && Object.keys(part).length > 0) {
      const nested = compileObject(part, at);
      return (node) => nested(own(node, key));
    }
    throw invalid(`"${at}" must be an object or an array`);
  });
  const matches = (node: unknown): boolean => {
    // An array of objects matches if one element satisfies the whole sub-pattern.
    if (Array.isArray(node)) return node.some(matches);
    const object = isObject(node) ? node : {};
    return parts.every((part) => part(object));
  };
  return matches;
}

function compileOr(part: unknown, path: string): EventMatcher {
  if (!Array.isArray(part) || part.length < 2 || !part.every(isObject)) {
    throw invalid('$or needs an array of at least two objects');
  }
  const alternatives = part.map((alternative) => compileObject(alternative, path));
  return (node) => alternatives.some((matches) => matches(node));
}

/**
 * Operators test leaves, of which one must match. A value without leaves (an object, arrays without values) counts as
 * absent.
 */
function matchesLeaf(value: unknown, matches: LeafMatcher): boolean {
  const leaves = Array.isArray(value)
    ? value.flat(Number.POSITIVE_INFINITY).filter(isScalar)
    : [value].filter(isScalar);
  return leaves.length === 0 ? matches(undefined) : leaves.some(matches);
}

function compileAlternative(alternative: unknown, at: string): LeafMatcher {
  if (isScalar(alternative)) return (value) => value === alternative;
  if (!isObject(alternative)) throw invalid(`A value or a match type is expected, at ${at}`);
  const [entry, ...others] = Object.entries(alternative);
  if (entry === undefined || others.length > 0) throw invalid(`Only one key is allowed in a match type, at ${at}`);
  const [operator, operand] = entry;
  const compile = OPERATORS[operator];
  if (compile === undefined) throw invalid(`Unrecognized match type ${operator}, at ${at}`);
  return compile(operand, at);
}

const OPERATORS: Readonly<Record<string, (operand: unknown, at: string) => LeafMatcher>> = {
  exists: (operand, at) => {
    if (typeof operand !== 'boolean') throw invalid(`exists takes true or false, at ${at}`);
    return (value) => (value !== undefined) === operand;
  },
  prefix: (operand, at) => compileAffix(operand, 'startsWith', at),
  suffix: (operand, at) => compileAffix(operand, 'endsWith', at),
  'equals-ignore-case': (operand, at) => {
    const wanted = text(operand, at).toLowerCase();
    return (value) => typeof value === 'string' && value.toLowerCase() === wanted;
  },
  wildcard: (operand, at) => {
    const expression = wildcardExpression(text(operand, at), at);
    return (value) => typeof value === 'string' && expression.test(value);
  },
  numeric: compileNumeric,
  cidr: compileCidr,
  'anything-but': compileAnythingBut,
};

function compileAffix(operand: unknown, method: 'startsWith' | 'endsWith', at: string): LeafMatcher {
  if (isObject(operand)) {
    const [entry, ...others] = Object.entries(operand);
    if (entry?.[0] !== 'equals-ignore-case' || others.length > 0) {
      throw invalid(`Only equals-ignore-case may stand in a prefix or suffix, at ${at}`);
    }
    const wanted = text(entry[1], at).toLowerCase();
    return (value) => typeof value === 'string' && value.toLowerCase()[method](wanted);
  }
  const wanted = text(operand, at);
  return (value) => typeof value === 'string' && value[method](wanted);
}

function compileAnythingBut(operand: unknown, at: string): LeafMatcher {
  const excluded: LeafMatcher[] = [];
  if (isObject(operand)) {
    const [entry, ...others] = Object.entries(operand);
    if (entry === undefined || others.length > 0) throw invalid(`Only one key is allowed in anything-but, at ${at}`);
    const [operator, nested] = entry;
    const compile = ['prefix', 'suffix', 'equals-ignore-case', 'wildcard'].includes(operator)
      ? OPERATORS[operator]
      : undefined;
    if (compile === undefined) throw invalid(`Unsupported anything-but match type ${operator}, at ${at}`);
    for (const one of Array.isArray(nested) ? nested : [nested]) excluded.push(compile(one, at));
  } else {
    for (const one of Array.isArray(operand) ? operand : [operand]) {
      if (!isScalar(one)) throw invalid(`anything-but takes values, a list of values or a match type, at ${at}`);
      excluded.push((value) => value === one);
    }
  }
  if (excluded.length === 0) throw invalid(`Empty arrays are not allowed, at ${at}`);
  return (value) => value !== undefined && !excluded.some((matches) => matches(value));
}

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

function compileNumeric(operand: unknown, at: string): LeafMatcher {
  if (!Array.isArray(operand) || (operand.length !== 2 && operand.length !== 4)) {
    throw invalid(`numeric takes one or two comparisons, at ${at}`);
  }
  const tests: Array<(value: number) => boolean> = [];
  for (let index = 0; index < operand.length; index += 2) {
    const compare = COMPARISONS[String(operand[index])];
    const bound: unknown = operand[index + 1];
    if (compare === undefined || (operand.length === 4 && operand[index] === '=')) {
      throw invalid(`Unrecognized numeric operator ${String(operand[index])}, at ${at}`);
    }
    // The range in which EventBridge compares exactly.
    if (typeof bound !== 'number' || Math.abs(bound) > 5_000_000_000) {
      throw invalid(`Value must be a number between -5.0E9 and 5.0E9, at ${at}`);
    }
    tests.push((value) => compare(value, bound));
  }
  return (value) => typeof value === 'number' && tests.every((test) => test(value));
}

function compileCidr(operand: unknown, at: string): LeafMatcher {
  const [address = '', length = ''] = text(operand, at).split('/');
  const family = isIP(address);
  if (family === 0 || !/^\d{1,3}$/.test(length) || Number(length) > (family === 4 ? 32 : 128)) {
    throw invalid(`Malformed CIDR, at ${at}`);
  }
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const block = new BlockList();
  block.addSubnet(address, Number(length), type);
  return (value) => typeof value === 'string' && isIP(value) === family && block.check(value, type);
}

/** `*` matches any characters; `\*` and `\\` match themselves. */
function wildcardExpression(wildcard: string, at: string): RegExp {
  if (/(?<!\\)\*\*/.test(wildcard)) throw invalid(`Consecutive wildcard characters, at ${at}`);
  if (/\\(?![*\\])/.test(wildcard.replaceAll('\\\\', ''))) throw invalid(`Invalid escape character, at ${at}`);
  const source = wildcard.replace(/\\([*\\])|\*|[.+?^${}()|[\]\\/]/g, (part, escaped: string | undefined) => {
    if (escaped !== undefined) return `\\${escaped}`;
    return part === '*' ? '.*' : `\\${part}`;
  });
  return new RegExp(`^${source}$`, 's');
}

function text(operand: unknown, at: string): string {
  if (typeof operand !== 'string') throw invalid(`A text is expected, at ${at}`);
  return operand;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw invalid('Filter is not valid JSON');
  }
}

const invalid = (reason: string): AwsError =>
  new AwsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);

/** Reads only the event's own members: a key such as `constructor` must not find JavaScript's. */
const own = (node: JsonObject, key: string): unknown => (Object.hasOwn(node, key) ? node[key] : undefined);

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isScalar = (value: unknown): value is Scalar =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
