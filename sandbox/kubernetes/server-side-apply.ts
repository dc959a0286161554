import { fieldsOf, fieldsV1, merged, type Path, valueAt, without, written } from './field-ownership.ts';
import { isJson, isSame, type Json } from './json.ts';
import { StatusError } from './status-error.ts';

/** Who has set which fields of an object. */
export interface FieldManager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  /** ISO 8601. */
  readonly time: string;
  readonly fields: readonly Path[];
}

export interface Managed {
  /** Without `metadata.managedFields`. */
  readonly object: Json;
  readonly managers: readonly FieldManager[];
}

/** Fields that identify the object, so nobody owns them. */
const IDENTITY = new Set(['f:apiVersion', 'f:kind', 'f:metadata/f:name', 'f:metadata/f:namespace']);

/** The fields that a manifest or a created object claims. */
export const claimedFields = (object: Json): Path[] =>
  fieldsOf(object).filter((path) => !IDENTITY.has(path.join('/')) && path[0] !== 'f:status');

/**
 * Server-side apply: the manifest's fields are set. Fields that the manager applied before and now omits are removed,
 * unless somebody else owns them too.
 *
 * @param live the existing object, without status; undefined creates
 * @throws StatusError 409 when others own fields with other values and `force` is not set
 */
export function serverSideApply(
  live: Managed | undefined,
  manifest: Json,
  { manager, force, time }: { readonly manager: string; readonly force: boolean; readonly time: string },
): Managed {
  const fields = claimedFields(manifest);
  const claim = { manager, operation: 'Apply', apiVersion: String(manifest.apiVersion), time, fields } as const;
  if (live === undefined) return { object: manifest, managers: [claim] };

  const before = live.managers.find((one) => one.manager === manager && one.operation === 'Apply');
  const others = live.managers.filter((one) => one !== before);
  const changed = fields.filter((path) => !isSame(valueAt(live.object, path), valueAt(manifest, path)));
  const taken = others.flatMap((other) =>
    changed.filter((path) => path.at(-1) !== '.' && owns(other, path)).map((path) => ({ other, path })),
  );
  if (taken.length > 0 && !force) throw conflict(taken);

  const left = (before?.fields ?? []).filter((path) => !covers(fields, path) && !others.some((one) => owns(one, path)));
  const object = left.reduce<unknown>(without, merged(live.object, manifest));
  const losers = others.map((other) => ({
    ...other,
    fields: other.fields.filter((path) => !taken.some((one) => one.other === other && isSame(one.path, path))),
  }));
  return {
    object: isJson(object) ? object : {},
    managers: [...losers.filter(({ fields }) => fields.length > 0), claim],
  };
}

const covers = (fields: readonly Path[], path: Path): boolean => fields.some((one) => isSame(one, path));
const owns = ({ fields }: FieldManager, path: Path): boolean => covers(fields, path);

function conflict(taken: ReadonlyArray<{ readonly other: FieldManager; readonly path: Path }>): StatusError {
  const causes = taken.map(({ other, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with "${other.manager}"${other.operation === 'Update' ? ` using ${other.apiVersion}` : ''}`,
    field: written(path),
  }));
  const count = `${causes.length} conflict${causes.length === 1 ? '' : 's'}`;
  const all = causes.map(({ message, field }) => `${message}: ${field}`).join('\n');
  return new StatusError(409, 'Conflict', `Apply failed with ${count}: ${all}`, { causes });
}

/** The managers as in `metadata.managedFields`. */
export const managedFields = (managers: readonly FieldManager[]): Json[] =>
  managers.map(({ manager, operation, apiVersion, time, fields }) => ({
    manager,
    operation,
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: fieldsV1(fields),
  }));
