import { isJson, type Json } from './json.ts';
import { badRequest } from './status-error.ts';

interface Field {
  readonly baseName: string;
  /** A value such as `string`, `Array<V1Container>`, `{ [key: string]: string; }`, `V1PodSpec`. */
  readonly type: string;
}

/** The models generated from Kubernetes' OpenAPI schema. Loaded on first use, because it is 750 modules. */
const loadModels = (): Promise<Readonly<Record<string, unknown>>> =>
  import('@kubernetes/client-node/dist/gen/models/all.js');

/**
 * Checks that an object has only fields that Kubernetes declares, with the declared types. It does not check their
 * values.
 *
 * @param type as the client's models name it, such as `V1DaemonSet`
 * @throws StatusError 400 that names the field, like an API server with strict field validation
 */
export async function refuseUndeclared(object: Json, type: string): Promise<void> {
  const fault = faultIn(object, type, '', await loadModels());
  if (fault !== undefined) throw badRequest(`${type.replace(/^V1/, '')} in version "v1" cannot be handled: ${fault}`);
}

type Models = Readonly<Record<string, unknown>>;

function faultIn(value: unknown, type: string, path: string, models: Models): string | undefined {
  // A null field counts as not set.
  if (value === null) return undefined;
  const item = /^Array<(.+)>$/.exec(type)?.[1];
  if (item !== undefined) {
    if (!Array.isArray(value)) return wrongType(path, 'a list');
    return firstOf(value.map((one, index) => faultIn(one, item, `${path}[${index}]`, models)));
  }
  const entry = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1];
  if (entry !== undefined) {
    if (!isJson(value)) return wrongType(path, 'a map');
    return firstOf(Object.entries(value).map(([key, one]) => faultIn(one, entry, `${path}.${key}`, models)));
  }
  const fields = fieldsOf(models[type]);
  if (fields === undefined) return scalarFault(value, type, path);
  if (!isJson(value)) return wrongType(path, 'an object');
  return firstOf(
    Object.entries(value).map(([key, one]) => {
      const declared = fields.find(({ baseName }) => baseName === key);
      if (declared === undefined) return `strict decoding error: unknown field "${`${path}.${key}`.slice(1)}"`;
      return faultIn(one, declared.type, `${path}.${key}`, models);
    }),
  );
}

function scalarFault(value: unknown, type: string, path: string): string | undefined {
  const expected = { string: 'string', number: 'number', boolean: 'boolean', Date: 'string' }[type];
  if (expected === undefined || typeof value === expected) return undefined;
  return wrongType(path, `a ${expected}`);
}

const wrongType = (path: string, expected: string): string => `${path.slice(1)} is not ${expected}`;
const firstOf = (faults: ReadonlyArray<string | undefined>): string | undefined =>
  faults.find((fault) => fault !== undefined);

function fieldsOf(model: unknown): readonly Field[] | undefined {
  if (typeof model !== 'function' || !('getAttributeTypeMap' in model)) return undefined;
  const { getAttributeTypeMap } = model;
  const fields: unknown = typeof getAttributeTypeMap === 'function' ? getAttributeTypeMap.call(model) : undefined;
  return Array.isArray(fields) ? fields : undefined;
}
