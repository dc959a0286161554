import { type ApiRequest, bodyOf } from './api-request.ts';
import { refuseUndeclared } from './declared-fields.ts';
import { isJson } from './json.ts';
import { badRequest, notImplemented } from './status-error.ts';

/**
 * The uid that an Eviction requires of its pod; undefined when it requires none.
 * @throws StatusError 400 for a body that is not an eviction of the pod in the path, 501 for options that the sandbox
 * does not support
 */
export async function evictionPrecondition(request: ApiRequest): Promise<string | undefined> {
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
    ...others
  } = isJson(deleteOptions) ? deleteOptions : {};
  const { uid, ...otherConditions } = isJson(preconditions) ? preconditions : {};
  const unknown = [...Object.keys(others), ...Object.keys(otherConditions)];
  if (unknown.length > 0) throw notImplemented(`evictions with ${unknown.join(', ')}`);
  return typeof uid === 'string' ? uid : undefined;
}
