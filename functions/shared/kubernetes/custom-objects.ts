import { type HttpLibrary, HttpMethod, PatchStrategy, RequestContext } from '@kubernetes/client-node';
import { KubernetesAccessError, unlessAbsent } from './access-error.ts';
import { allPages, type Page, type PageAsked } from './all-pages.ts';

/** A kind of custom object at cluster scope. */
export interface CustomResource {
  readonly group: string;
  readonly version: string;
  /** As in paths, such as `nodepools`. */
  readonly plural: string;
}

/**
 * All objects of a kind, unchecked; undefined where the cluster has no such kind. The generated class for it would add
 * more code to the client than these two calls.
 *
 * @param endpoint of the API server, without a slash at its end
 */
export async function listCustomObjects(
  http: HttpLibrary,
  endpoint: string,
  resource: CustomResource,
): Promise<unknown[] | undefined> {
  const list = async ({ limit, _continue }: PageAsked) => {
    const query = new URLSearchParams({
      limit: String(limit),
      ...(_continue !== undefined && { continue: _continue }),
    });
    const request = new RequestContext(`${endpoint}${pathOf(resource)}?${query}`, HttpMethod.GET);
    return pageIn(await bodyOf(http, request), resource);
  };
  return unlessAbsent(allPages(list, (item) => item));
}

/**
 * A page of a list. A custom kind may be served by a server of whoever administers the cluster (Kubernetes, "Kubernetes
 * API Aggregation Layer"), which may answer with anything.
 *
 * @throws KubernetesAccessError for an answer that is no list
 */
function pageIn(body: string, { group, plural }: CustomResource): Page<unknown> {
  const { items, metadata } = fieldsOf(jsonIn(body));
  if (!Array.isArray(items))
    throw new KubernetesAccessError('failed', `The Kubernetes API answers with no list of ${plural}.${group}.`);
  const { continue: next } = fieldsOf(metadata);
  return { items, ...(typeof next === 'string' && { metadata: { _continue: next } }) };
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

/**
 * Applies a JSON merge patch to an object. A patch that names a `metadata.resourceVersion` changes only that version.
 *
 * @throws KubernetesAccessError `conflict` when somebody else has written since that version
 */
export async function patchCustomObject(
  http: HttpLibrary,
  endpoint: string,
  resource: CustomResource,
  name: string,
  { patch, fieldManager }: { readonly patch: object; readonly fieldManager: string },
): Promise<void> {
  const query = new URLSearchParams({ fieldManager });
  const url = `${endpoint}${pathOf(resource)}/${encodeURIComponent(name)}?${query}`;
  const request = new RequestContext(url, HttpMethod.PATCH);
  request.setHeaderParam('Content-Type', PatchStrategy.MergePatch);
  request.setBody(JSON.stringify(patch));
  await bodyOf(http, request);
}

const pathOf = ({ group, version, plural }: CustomResource): string => `/apis/${group}/${version}/${plural}`;

async function bodyOf(http: HttpLibrary, request: RequestContext): Promise<string> {
  const response = await http.send(request).toPromise();
  return response.body.text();
}
