import * as models from '@kubernetes/client-node';

interface Attribute {
  readonly name: string;
  readonly type: string;
}

/**
 * The parts of a manifest that Kubernetes does not know: fields that its kind lacks, at any depth, and values of
 * another type. Uses the models that `@kubernetes/client-node` generates from Kubernetes' OpenAPI schema.
 *
 * @param model name of the kind's model, such as `V1DaemonSet`
 * @returns the paths, such as `spec.template.spec.hostPid is unknown`
 */
export function unknownFields(manifest: unknown, model: string, path = ''): string[] {
  if (!isRecord(manifest)) return [`${path} is no ${model}`];
  const attributes = new Map(attributesOf(model).map(({ name, type }) => [name, type]));
  return Object.entries(manifest).flatMap(([name, value]) => {
    const at = path === '' ? name : `${path}.${name}`;
    const type = attributes.get(name);
    return type === undefined ? [`${at} is unknown`] : mismatches(value, type, at);
  });
}

function mismatches(value: unknown, type: string, path: string): string[] {
  const item = /^Array<(.+)>$/.exec(type)?.[1];
  if (item !== undefined) {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((one, index) => mismatches(one, item, `${path}[${index}]`));
  }
  const entry = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (entry !== undefined) {
    if (!isRecord(value)) return [`${path} is no map`];
    return Object.entries(value).flatMap(([key, one]) => mismatches(one, entry, `${path}.${key}`));
  }
  if (type === 'string' || type === 'number' || type === 'boolean') {
    return typeof value === type ? [] : [`${path} is no ${type}`];
  }
  return unknownFields(value, type, path);
}

function attributesOf(model: string): readonly Attribute[] {
  const found: unknown = Reflect.get(models, model);
  if (typeof found !== 'function' || !('getAttributeTypeMap' in found))
    throw new TypeError(`There is no model ${model}.`);
  const { getAttributeTypeMap } = found;
  if (typeof getAttributeTypeMap !== 'function') throw new TypeError(`${model} has no attributes.`);
  const attributes: readonly Attribute[] = getAttributeTypeMap.call(found);
  return attributes;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
