import type { ClusterNode } from '../account/eks/cluster-nodes.ts';
import type { Karpenter } from '../account/eks/karpenter.ts';
import type { KarpenterNodes } from '../account/eks/karpenter-nodes.ts';
import type { World } from '../account/world.ts';
import {
  type Answer,
  type ApiRequest,
  type Authorize,
  BUDGETS,
  CONFIG_MAPS,
  DAEMON_SETS,
  NAMESPACES,
  NODES,
  PODS,
} from './api-request.ts';
import { awsAuthObject, type RoleMapping } from './aws-auth.ts';
import { DaemonSetRequests } from './daemon-set-requests.ts';
import { DaemonSets } from './daemon-sets.ts';
import { askedEviction } from './evictions.ts';
import type { Json } from './json.ts';
import { KARPENTER_RESOURCES, KarpenterObjects } from './karpenter-objects.ts';
import { listOf, type Served } from './lists.ts';
import { NodeObjects } from './node-objects.ts';
import { nodesForKarpenter } from './nodes-for-karpenter.ts';
import { fargateBudgets, fargatePods, hasSystemPods, type OtherHosts, otherNodes } from './other-hosts.ts';
import { APPLY_PATCH, patched, patchType } from './patches.ts';
import { notFound, notImplemented } from './status-error.ts';
import { SYSTEM_NAMESPACE, systemPods } from './system-pods.ts';
import type { Workload } from './workload-pods.ts';
import { Workloads } from './workloads.ts';

export interface ClusterApiOptions {
  readonly clusterName: string;
  readonly world: Pick<World, 'time' | 'random'>;
  /** The applied manifests. The API serves the namespaces among them. */
  readonly applied: ReadonlyArray<{ readonly kind: string; readonly metadata: { readonly name: string } }>;
  /** The workloads on its node groups; default: none. */
  readonly workloads?: readonly Workload[];
  nodes(): readonly ClusterNode[];
  /** Its hosts that are no EC2 instances; default: none. */
  otherHosts?(): OtherHosts;
  /** Karpenter, where the cluster has its custom resources. */
  karpenter?(): Karpenter | undefined;
  /** The roles that the ConfigMap `aws-auth` maps; absent: there is no such ConfigMap. */
  mappedRoles?(): readonly RoleMapping[] | undefined;
  /** Whether the node of an instance can pull an image; by default each can. */
  pulls?(instanceId: string, image: string): boolean;
  /** Called when a privileged pod with access to its host has done its work on this instance. */
  onHostReached(instanceId: string): void;
}

const NAMESPACES_OF_KUBERNETES = ['default', 'kube-node-lease', 'kube-public', 'kube-system'];

/** The state and behaviour of one cluster's API server, for requests that are allowed. */
export class ClusterApi {
  readonly karpenterNodes: KarpenterNodes;
  readonly #nodes: NodeObjects;
  readonly #daemonSets: DaemonSets;
  readonly #daemonSetRequests: DaemonSetRequests;
  readonly #workloads: Workloads;
  readonly #karpenter: KarpenterObjects;
  readonly #otherHosts: () => OtherHosts;
  readonly #namespaces: readonly Served[];
  readonly #mappedRoles: () => readonly RoleMapping[] | undefined;
  #version = 1_000;

  constructor(options: ClusterApiOptions) {
    const { world, clusterName, applied, workloads = [], pulls, onHostReached } = options;
    this.#mappedRoles = () => options.mappedRoles?.();
    this.#karpenter = new KarpenterObjects(() => options.karpenter?.());
    const none = { clusterName, region: '', fargate: [], hybrid: [] };
    this.#otherHosts = () => options.otherHosts?.() ?? none;
    const nodes = () => [...options.nodes(), ...otherNodes(this.#otherHosts())];
    this.#nodes = new NodeObjects({ nodes, nextVersion: () => this.#nextVersion() });
    this.#daemonSets = new DaemonSets({
      time: world.time,
      random: world.random.fork(`kubernetes ${clusterName}`),
      nodes: () => this.#nodes.scheduling(),
      ...(pulls !== undefined && { pulls }),
      onHostReached,
      nextVersion: () => this.#nextVersion(),
    });
    this.#daemonSetRequests = new DaemonSetRequests({
      daemonSets: this.#daemonSets,
      countNodes: () => this.#nodes.scheduling().length,
      requireNamespace: (namespace) => this.#requireNamespace(namespace),
      nextVersion: () => this.#nextVersion(),
    });
    this.#workloads = new Workloads({
      time: world.time,
      random: world.random.fork(`workloads ${clusterName}`),
      workloads,
      nodes: () => this.#nodes.scheduling(),
    });
    this.karpenterNodes = nodesForKarpenter(this.#nodes, this.#workloads);
    const names = applied.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
    this.#namespaces = [...NAMESPACES_OF_KUBERNETES, ...names].map(namespaceObject);
  }

  /**
   * @param authorize requests a further right, and throws without it
   * @returns HTTP status and object
   * @throws StatusError
   */
  async handle(request: ApiRequest, authorize: Authorize): Promise<Answer> {
    const { resource, subresource, verb, namespace, name = '' } = request;
    this.#workloads.catchUp();
    if (verb === 'list') return { code: 200, object: listOf(request, this.#all(request), String(this.#version)) };
    if (KARPENTER_RESOURCES.includes(resource) && verb === 'get') {
      return { code: 200, object: this.#karpenter.get(resource, name) };
    }
    if (KARPENTER_RESOURCES.includes(resource) && verb === 'patch') {
      return { code: 200, object: this.#karpenter.patch(request, name) };
    }
    if (resource === NODES && verb === 'get') return { code: 200, object: this.#nodes.get(name) };
    if (resource === NODES && verb === 'patch') return { code: 200, object: this.#patchNode(request, name) };
    if (subresource === 'eviction') return { code: 201, object: await this.#evict(request, namespace ?? '', name) };
    if (resource === DAEMON_SETS && namespace !== undefined) {
      return this.#daemonSetRequests.handle(request, namespace, name, authorize);
    }
    if ((resource === NAMESPACES || resource === PODS || resource === CONFIG_MAPS) && verb === 'get') {
      const found = this.#all(request).find((one) => one.name === name);
      if (found === undefined) throw notFound(resource, name);
      return { code: 200, object: found.object };
    }
    throw notImplemented(`${verb} of ${resource.plural} in the Kubernetes API`);
  }

  /** The existing DaemonSets of the cluster. */
  daemonSets(): readonly Served[] {
    return this.#daemonSets.list(undefined);
  }

  /** The objects of a kind that the API would return now. */
  objects(kind: 'nodes' | 'pods'): Json[] {
    this.#workloads.catchUp();
    const everywhere = { namespace: undefined, query: new URLSearchParams() };
    const served = kind === 'nodes' ? this.#nodes.served() : this.#pods(everywhere);
    return served.map(({ object }) => object);
  }

  /** How many pods of workloads are on a node now, those that are ending among them. */
  countPods(nodeName: string): number {
    this.#workloads.catchUp();
    return this.#workloads.countOn(nodeName);
  }

  /**
   * Evicts the workloads' pods of a node, as far as disruption budgets let them go.
   * @returns how many are left on it, those that are ending among them
   */
  evictPods(nodeName: string): number {
    this.#workloads.catchUp();
    this.#workloads.evictFrom(nodeName);
    this.#workloads.catchUp();
    return this.#workloads.countOn(nodeName);
  }

  #all(request: ApiRequest): readonly Served[] {
    const { resource, namespace } = request;
    if (KARPENTER_RESOURCES.includes(resource)) return this.#karpenter.served(resource);
    if (resource === NODES) return this.#nodes.served();
    if (resource === NAMESPACES) return this.#namespaces;
    if (resource === BUDGETS)
      return [...this.#workloads.budgets(namespace), ...fargateBudgets(this.#otherHosts(), namespace)];
    if (resource === CONFIG_MAPS) return awsAuthObject(namespace, this.#mappedRoles());
    return resource === PODS ? this.#pods(request) : this.#daemonSets.list(namespace);
  }

  #pods({ namespace, query }: Pick<ApiRequest, 'namespace' | 'query'>): Served[] {
    const others = [
      ...this.#daemonSets.pods(namespace),
      ...this.#workloads.served(namespace),
      ...fargatePods(this.#otherHosts(), namespace),
    ];
    if (namespace !== undefined && namespace !== SYSTEM_NAMESPACE) return others;
    // A request for one node's pods, which is the usual case, does not build those of a thousand nodes.
    const nodeName = /^spec\.nodeName=([^,]+)$/.exec(query.get('fieldSelector') ?? '')?.[1];
    const nodes = this.#nodes
      .scheduling()
      .filter(({ name, labels }) => (nodeName === undefined || name === nodeName) && hasSystemPods(labels));
    return [...others, ...nodes.flatMap(systemPods)];
  }

  async #evict(request: ApiRequest, namespace: string, name: string): Promise<Json> {
    const asked = await askedEviction(request);
    if (!this.#workloads.has(namespace, name) && this.#pods(request).some((pod) => pod.name === name)) {
      throw notImplemented('evictions of pods of DaemonSets, of static ones, and of those on Fargate');
    }
    this.#workloads.evict(namespace, name, asked);
    if (!asked.isDryRun) this.#nextVersion();
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  }

  #patchNode(request: ApiRequest, name: string): Json {
    if (patchType(request) === APPLY_PATCH) throw notImplemented('server-side apply of nodes');
    this.#nodes.update(name, patched(this.#nodes.get(name), request));
    this.#karpenter.nodeChanged();
    return this.#nodes.get(name);
  }

  #requireNamespace(namespace: string): void {
    if (!this.#namespaces.some(({ name }) => name === namespace)) throw notFound(NAMESPACES, namespace);
  }

  #nextVersion(): string {
    this.#version += 1;
    return String(this.#version);
  }
}

function namespaceObject(name: string): Served {
  const labels = { 'kubernetes.io/metadata.name': name };
  const metadata = { name, labels };
  return { name, labels, object: { apiVersion: 'v1', kind: 'Namespace', metadata, status: { phase: 'Active' } } };
}
