import type { NormalizedSchema } from '@smithy/core/schema';
import { readTimestamp } from './timestamps.ts';
import { WrongType } from './wrong-type.ts';

/** `awsQuery` nests lists under `.member.N`; `ec2Query` flattens every list and has its own names. */
export type FormDialect = 'query' | 'ec2-query';

/** A form's keys as a tree: `Filter.1.Name=x` is `Filter` → `1` → `Name` with the text `x`. */
interface FormNode {
  text: string | undefined;
  readonly children: Map<string, FormNode>;
}

const emptyNode = (): FormNode => ({ text: undefined, children: new Map() });

function treeOf(form: URLSearchParams): FormNode {
  const root = emptyNode();
  for (const [key, text] of form) {
    let node = root;
    for (const segment of key.split('.')) {
      let child = node.children.get(segment);
      if (child === undefined) {
        child = emptyNode();
        node.children.set(segment, child);
      }
      node = child;
    }
    node.text = text;
  }
  return root;
}

/**
 * Parses a form-encoded input by the schema: the inverse of the SDK's QueryShapeSerializer.
 *
 * @throws WrongType when a text is not a number, boolean or timestamp where the schema requires one
 */
export function readForm(schema: NormalizedSchema, form: URLSearchParams, dialect: FormDialect): unknown {
  return read(schema, treeOf(form), dialect, '');
}

function read(schema: NormalizedSchema, node: FormNode, dialect: FormDialect, path: string): unknown {
  if (schema.isStructSchema()) {
    const structure: Record<string, unknown> = {};
    for (const [name, member] of schema.structIterator()) {
      const key = structureKey(name, member, dialect);
      const child = node.children.get(key);
      if (child !== undefined) structure[name] = read(member, child, dialect, path === '' ? key : `${path}.${key}`);
    }
    return structure;
  }
  if (schema.isListSchema()) {
    const item = schema.getValueSchema();
    const flat = dialect === 'ec2-query' || schema.getMergedTraits().xmlFlattened === 1;
    const entries = flat ? node : node.children.get(item.getMergedTraits().xmlName ?? 'member');
    return numbered(entries).map(([index, entry]) => read(item, entry, dialect, `${path}.${index}`));
  }
  if (schema.isMapSchema()) {
    const keyName = schema.getKeySchema().getMergedTraits().xmlName ?? 'key';
    const value = schema.getValueSchema();
    const valueName = value.getMergedTraits().xmlName ?? 'value';
    const entries = schema.getMergedTraits().xmlFlattened === 1 ? node : node.children.get('entry');
    return Object.fromEntries(
      numbered(entries).map(([index, entry]) => [
        entry.children.get(keyName)?.text ?? '',
        read(value, entry.children.get(valueName) ?? emptyNode(), dialect, `${path}.${index}`),
      ]),
    );
  }
  return readText(schema, node.text ?? '', path);
}

function structureKey(name: string, member: NormalizedSchema, dialect: FormDialect): string {
  const traits = member.getMergedTraits();
  if (dialect === 'query') return traits.xmlName ?? name;
  if (typeof traits.ec2QueryName === 'string') return traits.ec2QueryName;
  const key = traits.xmlName ?? name;
  return key.charAt(0).toUpperCase() + key.slice(1);
}

const numbered = (node: FormNode | undefined): Array<[string, FormNode]> =>
  [...(node?.children ?? [])].sort(([a], [b]) => Number(a) - Number(b));

/**
 * Parses a text (of a form, a path label, a query string or a header) by a simple schema.
 *
 * @throws WrongType
 */
export function readText(schema: NormalizedSchema, text: string, path: string): unknown {
  if (schema.isNumericSchema()) {
    const number = Number(text);
    if (text === '' || Number.isNaN(number)) throw new WrongType(path, `'${text}' is not a number`);
    return number;
  }
  if (schema.isBooleanSchema()) {
    const lower = text.toLowerCase();
    if (lower !== 'true' && lower !== 'false') throw new WrongType(path, `'${text}' is not a boolean`);
    return lower === 'true';
  }
  if (schema.isTimestampSchema()) {
    const date = readTimestamp(text);
    if (date === undefined) throw new WrongType(path, `'${text}' is not a timestamp`);
    return date;
  }
  return schema.isBlobSchema() ? Buffer.from(text, 'base64') : text;
}
