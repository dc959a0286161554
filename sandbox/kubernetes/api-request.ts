import { isJson, type Json } from './json.ts';
import { badRequest, notImplemented, type Resource } from './status-error.ts';

export const NODES: Resource = { group: '', plural: 'nodes', kind: 'Node', namespaced: false };
export const NAMESPACES: Resource = { group: '', plural: 'namespaces', kind: 'Namespace', namespaced: false };
export const PODS: Resource = { group: '', plural: 'pods', kind: 'Pod', namespaced: true };
export const DAEMON_SETS: Resource = { group: 'apps', plural: 'daemonsets', kind: 'DaemonSet', namespaced: true };

export const CONFIG_MAPS: Resource = { group: '', plural: 'configmaps', kind: 'ConfigMap', namespaced: true };

export const BUDGETS: Resource = {
  group: 'policy',
  plural: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
};

export const EC2_NODE_CLASSES: Resource = {
  group: 'karpenter.k8s.aws',
  plural: 'ec2nodeclasses',
  kind: 'EC2NodeClass',
  namespaced: false,
};
export const NODE_POOLS: Resource = { group: 'karpenter.sh', plural: 'nodepools', kind: 'NodePool', namespaced: false };
export const NODE_CLAIMS: Resource = {
  group: 'karpenter.sh',
  plural: 'nodeclaims',
  kind: 'NodeClaim',
  namespaced: false,
};

const RESOURCES = [
  NODES,
  NAMESPACES,
  PODS,
  CONFIG_MAPS,
  DAEMON_SETS,
  BUDGETS,
  EC2_NODE_CLASSES,
  NODE_POOLS,
  NODE_CLAIMS,
];

export type Verb = 'get' | 'list' | 'create' | 'patch' | 'delete';

/** A request, as the API server interprets it. */
export interface ApiRequest {
  readonly method: string;
  readonly verb: Verb;
  readonly resource: Resource;
  /** Only the `eviction` of a pod is supported. */
  readonly subresource?: 'eviction';
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly userAgent: string;
  readonly body: string;
}

/** The parts of an HTTP request that matter. */
export interface HttpRequest {
  readonly method: string;
  /** Path with query. */
  readonly url: string;
  readonly contentType: string;
  readonly userAgent: string;
  readonly body: string;
}

/** @throws StatusError 501 for a path, verb or parameter that the sandbox does not support */
export function parseRequest({ method, url, contentType, userAgent, body }: HttpRequest): ApiRequest {
  const { pathname, searchParams: query } = new URL(url, 'https://kubernetes');
  const parts = pathname
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const unknown = () => notImplemented(`${method} ${pathname} of the Kubernetes API`);
  const [group, rest] =
    parts[0] === 'api' && parts[1] === 'v1'
      ? ['', parts.slice(2)]
      : parts[0] === 'apis' && parts[2] === 'v1'
        ? [parts[1], parts.slice(3)]
        : [undefined, []];
  // A namespace is both an object and a prefix of others.
  const within = rest[0] === 'namespaces' && rest.length > 2;
  const [plural, name, ...more] = within ? rest.slice(2) : rest;
  const resource = RESOURCES.find((known) => known.group === group && known.plural === plural);
  if (resource === undefined || (within && !resource.namespaced)) throw unknown();
  const isEviction = resource === PODS && more.join('/') === 'eviction' && method === 'POST';
  if (more.length > 0 && !isEviction) throw unknown();
  const verb = isEviction ? 'create' : verbOf(method, name);
  if (verb === undefined || (resource.namespaced && !within && verb !== 'list')) throw unknown();
  refuseParameters(query, isEviction ? EVICTION_PARAMETERS : PARAMETERS[verb], verb);
  const namespace = within ? rest[1] : undefined;
  const subresource = isEviction ? ({ subresource: 'eviction' } as const) : {};
  return { method, verb, resource, ...subresource, namespace, name, query, contentType, userAgent, body };
}

function verbOf(method: string, name: string | undefined): Verb | undefined {
  if (name === undefined) return method === 'GET' ? 'list' : method === 'POST' ? 'create' : undefined;
  return method === 'GET' ? 'get' : method === 'PATCH' ? 'patch' : method === 'DELETE' ? 'delete' : undefined;
}

const PARAMETERS: Readonly<Record<Verb, readonly string[]>> = {
  get: [],
  list: ['limit', 'continue', 'labelSelector', 'fieldSelector'],
  create: ['fieldManager'],
  patch: ['fieldManager', 'force'],
  delete: ['propagationPolicy'],
};

const EVICTION_PARAMETERS: readonly string[] = [...PARAMETERS.create, 'dryRun'];

function refuseParameters(query: URLSearchParams, known: readonly string[], verb: Verb): void {
  for (const parameter of query.keys()) {
    if (parameter !== 'pretty' && !known.includes(parameter)) {
      throw notImplemented(`the parameter ${parameter} of ${verb}`);
    }
  }
}

/** The resource of a request, as RBAC names it: `pods`, `pods/eviction`. */
export const resourcePath = ({ resource, subresource }: Pick<ApiRequest, 'resource' | 'subresource'>): string =>
  subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;

/** The request's body as a JSON object. @throws StatusError 400 */
export function bodyOf({ body }: ApiRequest): Json {
  const value = jsonOf(body);
  if (isJson(value)) return value;
  throw badRequest('the object provided is unrecognized: it is no JSON object');
}

/** @throws StatusError 400 */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`error decoding: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The access that a request needs, as RBAC evaluates it. */
export interface RbacRequest {
  readonly verb: Verb;
  readonly apiGroup: string;
  /** With its subresource: `pods/eviction`. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface Answer {
  /** HTTP status. */
  readonly code: number;
  readonly object: Json;
}

/** Requests a further right, and throws without it. */
export type Authorize = (request: ApiRequest) => void;
