import { isRecord } from '../../wire/json-codec.ts';

/** dynalite's declaration of a member: the name of a type, or one with what is in it. */
type Declared = string | { readonly type: string; readonly children?: Declared | Readonly<Record<string, Declared>> };

type Copy = (value: unknown) => unknown;

/** What dynalite has to look at itself. */
const UNUSUAL = new Error('dynalite has to look at it.');

const known = new Map<unknown, ReadonlyMap<string, Copy>>();

/**
 * Copies an input as dynalite's `checkTypes` does, which reads its declarations anew for each value. Whatever has
 * another type than declared, or is not told by its type alone, is left to dynalite: to refuse it, or to convert it.
 *
 * @param types dynalite's declaration of an operation's members
 * @returns undefined for an input that is left to dynalite
 */
export function usualInput(
  input: Readonly<Record<string, unknown>>,
  types: unknown,
): Record<string, unknown> | undefined {
  const members = known.get(types) ?? membersOf(types);
  known.set(types, members);
  try {
    const copy: Record<string, unknown> = {};
    for (const [name, member] of members) {
      const value = input[name];
      if (value !== null && value !== undefined) copy[name] = member(value);
    }
    return copy;
  } catch (error) {
    if (error === UNUSUAL) return undefined;
    throw error;
  }
}

const membersOf = (types: unknown): Map<string, Copy> =>
  new Map(isRecord(types) ? Object.entries(types).map(([name, type]) => [name, copyOf(type as Declared)]) : []);

function copyOf(declared: Declared): Copy {
  const { type, children = '' } = typeof declared === 'string' ? { type: declared } : declared;
  switch (type.replace(/<.*$/, '')) {
    case 'AttrStruct':
      return attributeValue;
    case 'Boolean':
      return ofType('boolean');
    case 'String':
      return ofType('string');
    case 'Integer':
    case 'Long':
    case 'Short':
      return (value) => (Number.isInteger(value) ? value : unusual());
    case 'List':
    case 'ParameterizedList':
      return listOf(copyOf(children as Declared));
    case 'Map':
    case 'ParameterizedMap':
      return mapOf(copyOf(children as Declared));
    case 'ValueStruct':
    case 'FieldStruct':
      return structure(membersOf(children));
    default:
      return unusual;
  }
}

const unusual = (): never => {
  throw UNUSUAL;
};

const ofType =
  (type: 'boolean' | 'string'): Copy =>
  (value) =>
    typeof value === type ? value : unusual();

const listOf =
  (item: Copy): Copy =>
  (value) =>
    Array.isArray(value) ? value.map((each: unknown) => item(each)) : unusual();

const mapOf =
  (item: Copy): Copy =>
  (value) => {
    if (!isRecord(value)) return unusual();
    const copy: Record<string, unknown> = {};
    for (const name of Object.keys(value)) copy[name] = item(value[name]);
    return copy;
  };

const structure =
  (members: ReadonlyMap<string, Copy>): Copy =>
  (value) => {
    if (!isRecord(value)) return unusual();
    const copy: Record<string, unknown> = {};
    for (const [name, member] of members) {
      const held = value[name];
      if (held !== null && held !== undefined) copy[name] = member(held);
    }
    return copy;
  };

/** An attribute value that has one type, and no binary one. */
function attributeValue(value: unknown): unknown {
  if (!isRecord(value)) return unusual();
  const [type = '', ...others] = Object.keys(value);
  const held = ATTRIBUTE[type];
  if (held === undefined || others.length > 0) return unusual();
  return { [type]: held(value[type]) };
}

const ATTRIBUTE: Readonly<Record<string, Copy>> = {
  S: ofType('string'),
  N: ofType('string'),
  BOOL: ofType('boolean'),
  NULL: ofType('boolean'),
  SS: listOf(ofType('string')),
  NS: listOf(ofType('string')),
  L: listOf(attributeValue),
  M: mapOf(attributeValue),
};

/** Numbers that dynalite writes as they are. */
const WHOLE = /^(0|-?[1-9]\d{0,14})$/;

/**
 * Whether dynalite's `validateAttributeValue` finds no fault in an attribute value, and changes nothing in it. It takes
 * every number for a large one. Sets, and numbers that could have another form, are left to it.
 */
export function isUsualValue(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const types = Object.keys(value);
  if (types.length !== 1) return false;
  const held: unknown = Reflect.get(value, types[0] ?? '');
  switch (types[0]) {
    case 'S':
    case 'BOOL':
      return true;
    case 'NULL':
      return held === true;
    case 'N':
      return typeof held === 'string' && WHOLE.test(held);
    case 'L':
      return Array.isArray(held) && held.every(isUsualValue);
    case 'M':
      return isRecord(held) && Object.values(held).every(isUsualValue);
    default:
      return false;
  }
}
