import type { ApiRequest } from './api-request.ts';
import { isJson, type Json } from './json.ts';
import { fieldSelector, labelSelector } from './selectors.ts';
import { badRequest } from './status-error.ts';

/** An object as it is served. */
export interface Served {
  readonly name: string;
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The node that a pod is bound to. */
  readonly nodeName?: string;
  readonly object: Json;
}

const FIELDS = {
  'metadata.name': ({ name }: Served) => name,
  'metadata.namespace': ({ namespace = '' }: Served) => namespace,
};
const POD_FIELDS = {
  ...FIELDS,
  'spec.nodeName': ({ nodeName = '' }: Served) => nodeName,
  'status.phase': ({ object: { status } }: Served) => (isJson(status) ? String(status.phase ?? '') : ''),
};

/**
 * A page of a list, ordered by namespace and name.
 * @throws StatusError 400 for an invalid selector, limit or continue token
 */
export function listOf(
  { resource, query }: Pick<ApiRequest, 'resource' | 'query'>,
  objects: readonly Served[],
  resourceVersion: string,
): Json {
  const [labels, fields] = [query.get('labelSelector') ?? '', query.get('fieldSelector') ?? ''];
  const hasLabels = labels === '' ? () => true : labelSelector(labels);
  const hasFields =
    fields === '' ? () => true : fieldSelector(fields, resource.plural === 'pods' ? POD_FIELDS : FIELDS);
  const found = objects.filter((one) => hasLabels(one.labels) && hasFields(one)).sort(byKey);
  const limit = Number(query.get('limit') ?? 0);
  if (!Number.isInteger(limit) || limit < 0) throw badRequest(`invalid limit "${query.get('limit')}"`);
  const start = startOf(query.get('continue') ?? '');
  const rest = found.filter((one) => keyOf(one) > start);
  const page = limit === 0 ? rest : rest.slice(0, limit);
  const remaining = rest.length - page.length;
  const last = page.at(-1);
  const token = remaining === 0 || last === undefined ? '' : Buffer.from(keyOf(last)).toString('base64url');
  return {
    kind: `${resource.kind}List`,
    apiVersion: resource.group === '' ? 'v1' : `${resource.group}/v1`,
    metadata: { resourceVersion, ...(token !== '' && { continue: token, remainingItemCount: remaining }) },
    // Items omit what the list itself says about them.
    items: page.map(({ object: { kind: _kind, apiVersion: _apiVersion, ...item } }) => item),
  };
}

const keyOf = ({ namespace = '', name }: Served): string => `${namespace}/${name}`;
const byKey = (a: Served, b: Served): number => (keyOf(a) < keyOf(b) ? -1 : 1);

function startOf(token: string): string {
  const start = Buffer.from(token, 'base64url').toString();
  if (token !== '' && !start.includes('/')) throw badRequest('continue key is not valid');
  return start;
}
