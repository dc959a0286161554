import { isJson, type Json } from './json.ts';

/**
 * A field of an object in server-side apply: a path of segments in FieldsV1 notation (`f:spec`, `k:{"name":"x"}`, and
 * `.` for an item of a list as such).
 *
 * @see https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
 */
export type Path = readonly string[];

/** Lists whose items are identified by keys (`x-kubernetes-list-map-keys`). Any other list is one field. */
const LIST_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  imagePullSecrets: ['name'],
  volumeMounts: ['mountPath'],
  ports: ['containerPort', 'protocol'],
};
const KEY_DEFAULTS: Readonly<Record<string, unknown>> = { protocol: 'TCP' };
/** Objects that are one field (`x-kubernetes-map-type: atomic`). */
const ATOMIC = new Set([
  'selector',
  'nodeSelector',
  'requiredDuringSchedulingIgnoredDuringExecution',
  'fieldRef',
  'resourceFieldRef',
  'secretKeyRef',
  'configMapKeyRef',
]);

/**
 * All fields that an object sets.
 * @param name of the field that has `value`
 */
export function fieldsOf(value: unknown, path: Path = [], name = ''): Path[] {
  const keys = LIST_KEYS[name];
  if (Array.isArray(value) && keys !== undefined) {
    return value.flatMap((item) => {
      const at = [...path, itemSegment(item, keys)];
      return [[...at, '.'], ...fieldsOf(item, at)];
    });
  }
  if (!isJson(value) || ATOMIC.has(name) || Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([key, child]) => fieldsOf(child, [...path, `f:${key}`], key));
}

/** The value of an object at a path; undefined when there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, segment) => {
    if (segment === '.') return at;
    if (segment.startsWith('f:')) return isJson(at) ? at[segment.slice(2)] : undefined;
    return Array.isArray(at) ? at.find((item) => isItem(item, segment)) : undefined;
  }, value);
}

/** `live` with everything that `applied` sets. */
export function merged(live: unknown, applied: unknown, name = ''): unknown {
  const keys = LIST_KEYS[name];
  if (Array.isArray(applied) && Array.isArray(live) && keys !== undefined) {
    const segments = applied.map((item) => itemSegment(item, keys));
    const others = live.filter((item) => !segments.some((segment) => isItem(item, segment)));
    const ours = applied.map((item, index) => {
      const known = live.find((one) => isItem(one, segments[index] ?? ''));
      return known === undefined ? item : merged(known, item);
    });
    return [...ours, ...others];
  }
  if (!isJson(applied) || !isJson(live) || ATOMIC.has(name)) return applied;
  const changed = Object.entries(applied).map(([key, value]) => [key, merged(live[key], value, key)]);
  return { ...live, ...Object.fromEntries(changed) };
}

/** The object without its value at a path. */
export function without(value: unknown, [segment, ...rest]: Path): unknown {
  if (segment === undefined || segment === '.') return undefined;
  if (segment.startsWith('f:')) {
    if (!isJson(value)) return value;
    const { [segment.slice(2)]: child, ...others } = value;
    const left = rest.length === 0 ? undefined : without(child, rest);
    return left === undefined ? others : { ...others, [segment.slice(2)]: left };
  }
  if (!Array.isArray(value)) return value;
  return value.flatMap((item) => {
    const left = isItem(item, segment) ? without(item, rest) : item;
    return left === undefined ? [] : [left];
  });
}

/** Paths as the nested FieldsV1 of `managedFields`. */
export function fieldsV1(paths: readonly Path[]): Json {
  const byHead = new Map<string, Path[]>();
  for (const [head, ...rest] of paths) {
    if (head === undefined) continue;
    const below = byHead.get(head) ?? [];
    byHead.set(head, rest.length === 0 ? below : [...below, rest]);
  }
  return Object.fromEntries([...byHead].map(([head, below]) => [head, fieldsV1(below)]));
}

/** A path as in conflict messages: `.spec.template.spec.containers[name="x"].image`. */
export function written(path: Path): string {
  return path
    .map((segment) => {
      if (segment === '.') return '';
      if (segment.startsWith('f:')) return `.${segment.slice(2)}`;
      const key: unknown = JSON.parse(segment.slice(2));
      const parts = Object.entries(isJson(key) ? key : {}).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
      return `[${parts.join(',')}]`;
    })
    .join('');
}

function itemSegment(item: unknown, keys: readonly string[]): string {
  const key = keys.map((name) => [name, (isJson(item) ? item[name] : undefined) ?? KEY_DEFAULTS[name]]);
  return `k:${JSON.stringify(Object.fromEntries(key))}`;
}

function isItem(item: unknown, segment: string): boolean {
  const key: unknown = JSON.parse(segment.slice(2));
  return isJson(key) && itemSegment(item, Object.keys(key)) === segment;
}
