import type { ApiRequest } from './api-request.ts';
import { bodyOf, jsonOf } from './api-request.ts';
import { isJson, isSame, type Json } from './json.ts';
import { badRequest, notImplemented, StatusError, unsupportedMediaType } from './status-error.ts';

export const APPLY_PATCH = 'application/apply-patch+yaml';
const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';
const PATCHES = [JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH, APPLY_PATCH];

/** The kind of a patch, by its content type. @throws StatusError 415 */
export function patchType({ contentType }: Pick<ApiRequest, 'contentType'>): string {
  const type = contentType.split(';')[0]?.trim() ?? '';
  if (!PATCHES.includes(type)) throw unsupportedMediaType(PATCHES);
  return type;
}

/**
 * Applies a JSON patch, a merge patch or a strategic merge patch to an object.
 * @throws StatusError 400, 422, 501
 */
export function patched(object: Json, request: ApiRequest): Json {
  const type = patchType(request);
  if (type === JSON_PATCH) return jsonPatched(object, jsonOf(request.body));
  const patch = bodyOf(request);
  // Everything patched here is a map, or a list that a strategic patch replaces as a whole, such as taints.
  if (
    type === STRATEGIC_MERGE_PATCH &&
    /"\$(patch|retainKeys|deleteFromPrimitiveList|setElementOrder)/.test(request.body)
  ) {
    throw notImplemented('directives in strategic merge patches');
  }
  const result = mergePatched(object, patch);
  return isJson(result) ? result : {};
}

/** RFC 7386. */
function mergePatched(target: unknown, patch: unknown): unknown {
  if (!isJson(patch)) return patch;
  const result: Record<string, unknown> = isJson(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatched(result[key], value);
  }
  return result;
}

/** RFC 6902, limited to `add`, `remove`, `replace` and `test`. */
function jsonPatched(object: Json, patch: unknown): Json {
  if (!Array.isArray(patch)) throw badRequest('json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  return patch.reduce<Json>((result, operation) => {
    const { op, path, value } = isJson(operation) ? operation : {};
    if (typeof path !== 'string') throw badRequest('a JSON patch operation has no path');
    const keys = path
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const next = structuredClone(result);
    if (!change(next, String(op), keys, value)) {
      throw new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request');
    }
    return next;
  }, object);
}

function change(target: unknown, op: string, [key = '', ...rest]: readonly string[], value: unknown): boolean {
  if (Array.isArray(target)) {
    const index = key === '-' ? target.length : Number(key);
    if (rest.length > 0) return change(target[index], op, rest, value);
    if (!Number.isInteger(index) || index > target.length || (op !== 'add' && index >= target.length)) return false;
    if (op === 'test') return isSame(target[index], value);
    target.splice(index, op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [value]));
    return true;
  }
  if (!isRecord(target)) return false;
  if (rest.length > 0) return change(target[key], op, rest, value);
  if (op !== 'add' && !Object.hasOwn(target, key)) return false;
  if (op === 'test') return isSame(target[key], value);
  if (op === 'remove') delete target[key];
  else if (op === 'add' || op === 'replace') target[key] = value;
  else throw notImplemented(`${op} in JSON patches`);
  return true;
}

const isRecord = (value: unknown): value is Record<string, unknown> => isJson(value);
