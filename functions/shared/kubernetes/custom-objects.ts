import { type HttpLibrary, HttpMethod, PatchStrategy, RequestContext } from '@kubernetes/client-node';
import { unlessAbsent } from './access-error.ts';

/** A kind of custom object at cluster scope. */
export interface CustomResource {
  readonly group: string;
  readonly version: string;
  /** As in paths, such as `nodepools`. */
  readonly plural: string;
}

const ITEMS_PER_PAGE = 500;

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
  const items: unknown[] = [];
  let next = '';
  do {
    const query = new URLSearchParams({ limit: String(ITEMS_PER_PAGE), ...(next !== '' && { continue: next }) });
    const request = new RequestContext(`${endpoint}${pathOf(resource)}?${query}`, HttpMethod.GET);
    const page = await unlessAbsent(bodyOf(http, request));
    if (page === undefined) return undefined;
    const { items: found, metadata } = JSON.parse(page) as Partial<Page>;
    items.push(...(found ?? []));
    next = metadata?.continue ?? '';
  } while (next !== '');
  return items;
}

interface Page {
  readonly items: unknown[];
  readonly metadata: { readonly continue?: string };
}

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
