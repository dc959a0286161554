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

/** How many objects of a kind are read. Memory has room for little of each. */
const MOST_OBJECTS = 100_000;

/**
 * All objects of a kind; undefined where the cluster has no such kind. The generated class for it would add more code to
 * the client than these two calls.
 *
 * @param endpoint of the API server, without a slash at its end
 * @param described what is kept of an object, which may be anything: memory has room for a page of whole objects, and not
 *   for a whole list
 */
export async function listCustomObjects<Kept>(
  http: HttpLibrary,
  endpoint: string,
  resource: CustomResource,
  described: (object: unknown) => Kept,
): Promise<Kept[] | undefined> {
  let left = MOST_OBJECTS;
  const list = async ({ limit, _continue }: PageAsked) => {
    const query = new URLSearchParams({
      limit: String(limit),
      ...(_continue !== undefined && { continue: _continue }),
    });
    const request = new RequestContext(`${endpoint}${pathOf(resource)}?${query}`, HttpMethod.GET);
    const page = pageIn(await bodyOf(http, request), resource);
    left -= page.items.length;
    if (left >= 0) return page;
    const { plural, group } = resource;
    throw new KubernetesAccessError('failed', `The cluster has more than ${MOST_OBJECTS} ${plural}.${group}.`);
  };
  return unlessAbsent(allPages(list, described), ['object', 'kind']);
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
