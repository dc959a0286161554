import type { NormalizedSchema } from '@smithy/core/schema';
import { isRecord } from './json-codec.ts';
import { TEXT_TIMESTAMP, writeTimestamp } from './timestamps.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#xD;',
};

/** Escapes a text for an XML element or attribute. */
export const escapeXml = (text: string): string => text.replace(/[&<>"\r]/g, (character) => ENTITIES[character] ?? '');

/** An element whose content is XML already. */
export const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;

/** The members of a structure as consecutive XML elements, without an element around them. */
export function writeXmlMembers(schema: NormalizedSchema, value: unknown): string {
  if (!isRecord(value)) return '';
  let xml = '';
  for (const [name, member] of schema.structIterator()) {
    xml += writeXml(member.getMemberTraits().xmlName ?? name, member, value[name]);
  }
  return xml;
}

function writeXml(name: string, schema: NormalizedSchema, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (schema.isListSchema() && Array.isArray(value)) {
    const item = schema.getValueSchema();
    if (schema.getMergedTraits().xmlFlattened === 1) {
      return value.map((entry: unknown) => writeXml(name, item, entry)).join('');
    }
    const itemName = item.getMergedTraits().xmlName ?? 'member';
    return element(name, value.map((entry: unknown) => writeXml(itemName, item, entry)).join(''));
  }
  if (schema.isMapSchema() && isRecord(value)) {
    const keyName = schema.getKeySchema().getMergedTraits().xmlName ?? 'key';
    const item = schema.getValueSchema();
    const valueName = item.getMergedTraits().xmlName ?? 'value';
    const entries = Object.entries(value).map(
      ([key, entry]) => element(keyName, escapeXml(key)) + writeXml(valueName, item, entry),
    );
    if (schema.getMergedTraits().xmlFlattened === 1) return entries.map((entry) => element(name, entry)).join('');
    return element(name, entries.map((entry) => element('entry', entry)).join(''));
  }
  if (schema.isStructSchema()) return element(name, writeXmlMembers(schema, value));
  return element(name, escapeXml(writeText(schema, value)));
}

function writeText(schema: NormalizedSchema, value: unknown): string {
  if (value instanceof Date) return String(writeTimestamp(schema, value, TEXT_TIMESTAMP));
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return String(value);
}
