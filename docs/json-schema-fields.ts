import * as z from 'zod';

const node = z.looseObject({
  type: z.string().optional(),
  description: z.string().optional(),
  const: z.json().optional(),
  enum: z.array(z.string()).optional(),
  format: z.string().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
  items: z.unknown().optional(),
});

export interface Field {
  /** A value such as `trigger.id`, or `calls[].service`. */
  readonly path: string;
  readonly type: string;
  readonly always: boolean;
  readonly meaning: string;
}

/** The fields of an object's JSON Schema. Those of nested objects and lists follow their own. */
export function fieldsOf(schema: unknown, path = ''): Field[] {
  const { properties = {}, required = [] } = node.parse(schema);
  return Object.entries(properties).flatMap(([name, property]) => {
    const here = path + name;
    const { description = '', items, type } = node.parse(property);
    const field = { path: here, type: typeOf(property), always: required.includes(name), meaning: description };
    return [field, ...(type === 'array' ? fieldsOf(items, `${here}[].`) : fieldsOf(property, `${here}.`))];
  });
}

function typeOf(property: unknown): string {
  const { type, enum: values, format, const: value, items } = node.parse(property);
  if (value !== undefined) return `\`${JSON.stringify(value)}\``;
  if (values !== undefined) return values.map((one) => `\`${one}\``).join(', ');
  if (type === 'array') return `list of ${typeOf(items)}`;
  if (type === 'string') return format === 'date-time' ? 'ISO 8601 time' : 'text';
  if (type === 'integer') return 'whole number';
  return type ?? '';
}
