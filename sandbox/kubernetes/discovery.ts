import {
  BUDGETS,
  CONFIG_MAPS,
  DAEMON_SETS,
  EC2_NODE_CLASSES,
  NAMESPACES,
  NODE_CLAIMS,
  NODE_POOLS,
  NODES,
  PODS,
} from './api-request.ts';
import type { Json } from './json.ts';
import type { Resource } from './status-error.ts';

const VERBS = new Map<Resource, readonly string[]>([
  [NODES, ['get', 'list', 'patch']],
  [NAMESPACES, ['get', 'list']],
  [PODS, ['get', 'list']],
  [CONFIG_MAPS, ['get', 'list']],
  [BUDGETS, ['list']],
  [EC2_NODE_CLASSES, ['get', 'list', 'patch']],
  [NODE_POOLS, ['get', 'list']],
  [NODE_CLAIMS, ['get', 'list']],
  [DAEMON_SETS, ['create', 'delete', 'get', 'list', 'patch']],
]);
const SHORT_NAMES: Readonly<Record<string, readonly string[]>> = {
  nodes: ['no'],
  namespaces: ['ns'],
  pods: ['po'],
  configmaps: ['cm'],
  daemonsets: ['ds'],
  poddisruptionbudgets: ['pdb'],
};

const resource = (
  name: string,
  kind: string,
  namespaced: boolean,
  verbs: readonly string[],
  more: Json = {},
): Json => ({
  name,
  singularName: name.includes('/') ? '' : kind.toLowerCase(),
  namespaced,
  kind,
  verbs,
  ...more,
});

const served = (group: string): Json[] =>
  [...VERBS].flatMap(([{ plural, kind, namespaced, group: own }, verbs]) =>
    own === group ? [resource(plural, kind, namespaced, verbs, { shortNames: SHORT_NAMES[plural] ?? [] })] : [],
  );

/**
 * The served resources by group, the core group first. The eviction of a pod is a resource of the core group, with a
 * kind of `policy`.
 */
const RESOURCES: Readonly<Record<string, readonly Json[]>> = {
  '': [...served(''), resource('pods/eviction', 'Eviction', true, ['create'], { group: 'policy', version: 'v1' })],
  apps: served('apps'),
  policy: served('policy'),
  'karpenter.sh': served('karpenter.sh'),
  'karpenter.k8s.aws': served('karpenter.k8s.aws'),
  'authorization.k8s.io': [resource('selfsubjectaccessreviews', 'SelfSubjectAccessReview', false, ['create'])],
};

/**
 * The response to a client's discovery request: groups, and the resources of each; undefined for any other path.
 *
 * @param hasKarpenter whether the cluster has the custom resources of Karpenter
 * Source: Kubernetes, "The Kubernetes API", Discovery API (unaggregated).
 */
export function discovery(path: string, hasKarpenter = false): Json | undefined {
  if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] };
  if (path === '/apis') {
    const groups = Object.keys(RESOURCES).filter((group) => group !== '' && (hasKarpenter || !isOfKarpenter(group)));
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupOf) };
  }
  const [, group = path === '/api/v1' ? '' : undefined] = /^\/apis\/([^/]+)\/v1$/.exec(path) ?? [];
  const isAbsent = group === undefined || (isOfKarpenter(group) && !hasKarpenter);
  const resources = isAbsent ? undefined : RESOURCES[group];
  if (resources === undefined) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? 'v1' : `${group}/v1`,
    resources,
  };
}

const isOfKarpenter = (group: string): boolean => group.startsWith('karpenter.');

function groupOf(name: string): Json {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
}
