import { badRequest } from './status-error.ts';

type Labels = Readonly<Record<string, string>>;

const SET_BASED = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/;
const EQUALITY_BASED = /^([^\s=!]+)\s*(==?|!=)\s*([^\s=!]*)$/;
const EXISTENCE = /^(!?)([A-Za-z0-9._/-]+)$/;

/**
 * A `labelSelector`, such as `app=web,tier in (a, b),!canary`, as a predicate.
 * @throws StatusError 400
 */
export function labelSelector(text: string): (labels: Labels) => boolean {
  // Commas within parentheses separate values, others separate requirements.
  const requirements = text.split(/,(?![^(]*\))/).map((part) => labelRequirement(part.trim(), text));
  return (labels) => requirements.every((holds) => holds(labels));
}

function labelRequirement(part: string, whole: string): (labels: Labels) => boolean {
  const [, setKey = '', operator, list = ''] = SET_BASED.exec(part) ?? [];
  if (operator !== undefined) {
    const values = list.split(',').map((value) => value.trim());
    return (labels) => values.includes(labels[setKey] ?? '') === (operator === 'in');
  }
  const [, key = '', sign, value = ''] = EQUALITY_BASED.exec(part) ?? [];
  if (sign !== undefined) return (labels) => (labels[key] === value) === (sign !== '!=');
  const [, not, existing = ''] = EXISTENCE.exec(part) ?? [];
  if (not !== undefined) return (labels) => Object.hasOwn(labels, existing) === (not === '');
  throw badRequest(`unable to parse requirement: found '${part}' in '${whole}'`);
}

/**
 * A `fieldSelector` such as `metadata.name=x`, as a predicate.
 * @param fields the selectable fields, with how to read each
 * @throws StatusError 400
 */
export function fieldSelector<T>(
  text: string,
  fields: Readonly<Record<string, (item: T) => string>>,
): (item: T) => boolean {
  const requirements = text.split(',').map((part) => {
    const [, field = '', sign = '', value = ''] = EQUALITY_BASED.exec(part.trim()) ?? [];
    const read = fields[field];
    if (read === undefined) throw badRequest(`field label not supported: ${field || part}`);
    return (item: T) => (read(item) === value) === (sign !== '!=');
  });
  return (item) => requirements.every((holds) => holds(item));
}
