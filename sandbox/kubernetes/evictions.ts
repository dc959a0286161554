import { type ApiRequest, bodyOf } from './api-request.ts';
import { refuseUndeclared } from './declared-fields.ts';
import { isJson } from './json.ts';
import { badRequest, invalid, notImplemented } from './status-error.ts';

/** The parameters of an Eviction. */
export interface AskedEviction {
  /** The uid that the pod must have; undefined for any. */
  readonly uid: string | undefined;
  /** Whether the API server only checks the eviction. */
  readonly isDryRun: boolean;
}

/**
 * Reads the parameters of an Eviction. A dry run is requested in the query, in the options of the deletion, or in both.
 * Source: Kubernetes, pkg/registry/core/pod/storage/eviction.go (`propagateDryRun`).
 * @throws StatusError 400 for a body that is not an eviction of the pod in the path, 422 for another dry run than
 * `All`, 501 for options that the sandbox does not support
 */
export async function askedEviction(request: ApiRequest): Promise<AskedEviction> {
  const eviction = bodyOf(request);
  const { apiVersion, kind, metadata, deleteOptions = {} } = eviction;
  if (apiVersion !== 'policy/v1' || kind !== 'Eviction') {
    throw badRequest(
      `the API version and kind in the data (${apiVersion}, Kind=${kind}) do not match the expected ones (policy/v1, Kind=Eviction)`,
    );
  }
  await refuseUndeclared(eviction, 'V1Eviction');
  if (isJson(metadata) && metadata.name !== request.name) {
    throw badRequest('name in URL does not match name in Eviction object');
  }
  const {
    preconditions = {},
    kind: _kind,
    apiVersion: _version,
    dryRun = [],
    ...others
  } = isJson(deleteOptions) ? deleteOptions : {};
  const { uid, ...otherConditions } = isJson(preconditions) ? preconditions : {};
  const unknown = [...Object.keys(others), ...Object.keys(otherConditions)];
  if (unknown.length > 0) throw notImplemented(`evictions with ${unknown.join(', ')}`);
  const dryRuns = [request.query.getAll('dryRun'), Array.isArray(dryRun) ? dryRun : []];
  for (const value of dryRuns.flat()) if (value !== 'All') throw unsupportedDryRun(String(value));
  return { uid: typeof uid === 'string' ? uid : undefined, isDryRun: dryRuns.flat().length > 0 };
}

/** The error for an unknown kind of dry run. Source: Kubernetes, `ValidateCreateOptions`. */
const unsupportedDryRun = (value: string) =>
  invalid({ kind: 'CreateOptions', group: 'meta.k8s.io' }, '', [
    {
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: "${value}": supported values: "All"`,
      field: 'dryRun',
    },
  ]);
