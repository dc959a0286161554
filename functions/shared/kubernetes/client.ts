import {
  AppsV1Api,
  CoreV1Api,
  PatchStrategy,
  PolicyV1Api,
  ServerConfiguration,
  setHeaderOptions,
} from '@kubernetes/client-node';
import { unlessAbsent } from './access-error.ts';
import { lackingAccess, type WantedAccess } from './access-reviews.ts';
import { readNodeRoles } from './aws-auth.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { type CustomResource, listCustomObjects, patchCustomObject } from './custom-objects.ts';
import { type Budget, type EvictablePod, listBudgets, listEvictablePods } from './disruptions.ts';
import { type Eviction, evictPod, type KubernetesPod, listPods } from './evictions.ts';
import { type Change, changeNode, type Isolation, isolated, type Restoration, restored } from './node-changes.ts';
import { findNode, type KubernetesNode, type ListedNode, listNodes, readNode } from './nodes.ts';
import { listFargatePods, listOtherNodes, type OtherNode } from './other-nodes.ts';
import { listPodSecurity, type PodSecurity } from './pod-security.ts';
import { kubernetesTransport } from './transport.ts';
import { tellingUnreadable } from './unreadable-answer.ts';
import { listPendingPods, listUnreadyNodes, type PendingPod, type UnreadyNode } from './unwell.ts';

export type { Change, Eviction, Isolation, KubernetesNode, KubernetesPod, Restoration };

/** A manifest to be applied. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  /** `spec`, or whatever else the kind has. */
  readonly [field: string]: unknown;
}

/** The manifest of a DaemonSet: no other kind is applied. */
export type DaemonSetManifest = KubernetesObject & {
  readonly apiVersion: 'apps/v1';
  readonly kind: 'DaemonSet';
  readonly metadata: { readonly namespace: string };
};

/** Node counts of a DaemonSet: nodes that should run a pod, nodes whose pod is ready, nodes whose pod is up to date. */
export interface DaemonSetStatus {
  readonly desired: number;
  readonly ready: number;
  readonly updated: number;
}

/** The calls that functions make to a Kubernetes API. Each may throw a `KubernetesAccessError`. */
export interface KubernetesClient {
  /** The security contexts of the pods, of every namespace, that are bound to a node and have not ended. */
  listPodSecurity(nodeName: string): Promise<PodSecurity[]>;
  /** All pods that are bound to a node, of every namespace, with what matters for evicting them. */
  listEvictablePods(): Promise<EvictablePod[]>;
  /** All PodDisruptionBudgets, of every namespace. */
  listBudgets(): Promise<Budget[]>;
  /** All nodes of the cluster, by name. */
  listNodes(): Promise<ListedNode[]>;
  /** The nodes that are no EC2 instances, by name: those of Fargate, and hybrid ones. */
  listOtherNodes(): Promise<OtherNode[]>;
  /** The pods on Fargate, of every namespace, with what matters for evicting them. */
  listFargatePods(): Promise<EvictablePod[]>;
  /** Nodes that are not Ready and not cordoned. */
  listUnreadyNodes(): Promise<UnreadyNode[]>;
  /** Pods of every namespace that have not started and are not meant to wait. */
  listPendingPods(): Promise<PendingPod[]>;
  /** ARNs of the roles that the ConfigMap `aws-auth` admits as nodes. */
  nodeRoles(): Promise<string[]>;
  /** The node of that name; undefined when the cluster has none. */
  readNode(name: string): Promise<KubernetesNode | undefined>;
  /**
   * The node of an instance; undefined when the cluster has none. Tries the likely names before it lists all nodes, and
   * accepts only the provider id as proof.
   */
  findNode(instanceId: string, privateDnsName?: string): Promise<KubernetesNode | undefined>;
  /**
   * Cordons, taints and labels a node in one change; other taints and labels stay. Repeating it changes nothing.
   * Returns `gone` when the node does not exist.
   */
  isolateNode(name: string, isolation: Isolation): Promise<Change>;
  /**
   * Reverts {@link isolateNode} in one change; what others have changed since stays. Repeating it changes nothing.
   * Returns `gone` when the node does not exist.
   */
  restoreNode(name: string, restoration: Restoration): Promise<Change>;
  /** Those of the accesses that the caller lacks, such as `create pods/eviction`. */
  lackingAccess(wanted: readonly WantedAccess[]): Promise<string[]>;
  /**
   * What `described` keeps of all objects of a custom kind at cluster scope; undefined where the cluster has no such kind.
   * Nobody has checked what it is given.
   */
  listCustomObjects<Kept>(resource: CustomResource, described: (object: unknown) => Kept): Promise<Kept[] | undefined>;
  /**
   * Applies a JSON merge patch to an object of a custom kind. It names the `metadata.resourceVersion` that it changes.
   */
  patchCustomObject(resource: CustomResource, name: string, patch: object): Promise<void>;
  /** All pods that are bound to a node, of every namespace. */
  listPods(nodeName: string): Promise<KubernetesPod[]>;
  /**
   * Evicts exactly this pod, and no later pod of the same name. The pod may take its grace period. Returns `blocked`
   * when disruption budgets forbid it, and `gone` when the pod no longer exists.
   */
  evict(pod: Pick<KubernetesPod, 'namespace' | 'name' | 'uid'>): Promise<Eviction>;
  /**
   * The answer that {@link evict} would get now; the pod stays. Dry runs do not count each other: of ten pods whose
   * budget allows one eviction, each would be evicted.
   */
  tryEviction(pod: Pick<KubernetesPod, 'namespace' | 'name' | 'uid'>): Promise<Eviction>;
  /**
   * Creates the DaemonSet, or makes it match the manifest, whoever has changed it. Repeating it changes nothing.
   */
  apply(manifest: DaemonSetManifest): Promise<void>;
  /** Undefined when there is no such DaemonSet; zeros until the cluster's controller has observed the latest change. */
  daemonSetStatus(namespace: string, name: string): Promise<DaemonSetStatus | undefined>;
  /** Deletes the DaemonSet at once; its pods follow in the background. One that does not exist is no error. */
  deleteDaemonSet(namespace: string, name: string): Promise<void>;
}

const FIELD_MANAGER = 'eks-host-remediator';

/** Creates a client for one cluster, valid as long as the token of `access`. */
export function createKubernetesClient(access: ClusterAccess): KubernetesClient {
  const configuration = {
    baseServer: new ServerConfiguration(access.endpoint, {}),
    httpApi: kubernetesTransport(access),
    middleware: [],
    authMethods: {},
  };
  const core = new CoreV1Api(configuration);
  const apps = new AppsV1Api(configuration);
  const policy = new PolicyV1Api(configuration);
  const client: KubernetesClient = {
    listEvictablePods: () => listEvictablePods(core),
    listBudgets: () => listBudgets(policy),
    listNodes: () => listNodes(core),
    listOtherNodes: () => listOtherNodes(core),
    listFargatePods: () => listFargatePods(core),
    listUnreadyNodes: () => listUnreadyNodes(core),
    listPendingPods: () => listPendingPods(core),
    nodeRoles: () => readNodeRoles(core),
    readNode: (name) => readNode(core, name),
    findNode: (instanceId, privateDnsName) => findNode(core, instanceId, privateDnsName),
    isolateNode: (name, isolation) => changeNode(core, name, (node) => isolated(node, isolation)),
    restoreNode: (name, restoration) => changeNode(core, name, (node) => restored(node, restoration)),
    listPodSecurity: (nodeName) => listPodSecurity(core, nodeName),
    lackingAccess: (wanted) => lackingAccess(configuration.httpApi, access.endpoint, wanted),
    listCustomObjects: (resource, described) =>
      listCustomObjects(configuration.httpApi, access.endpoint, resource, described),
    patchCustomObject: (resource, name, patch) =>
      patchCustomObject(configuration.httpApi, access.endpoint, resource, name, { patch, fieldManager: FIELD_MANAGER }),
    listPods: (nodeName) => listPods(core, nodeName),
    evict: (pod) => evictPod(core, pod),
    tryEviction: (pod) => evictPod(core, pod, { dryRun: true }),

    async apply(manifest) {
      const { name, namespace } = manifest.metadata;
      await apps.patchNamespacedDaemonSet(
        { name, namespace, body: manifest, fieldManager: FIELD_MANAGER, force: true },
        setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
      );
    },

    async daemonSetStatus(namespace, name) {
      const found = await unlessAbsent(apps.readNamespacedDaemonSet({ namespace, name }));
      if (found === undefined) return undefined;
      const { metadata, status } = found;
      if (status === undefined || status.observedGeneration !== metadata?.generation) {
        return { desired: 0, ready: 0, updated: 0 };
      }
      const { desiredNumberScheduled, numberReady, updatedNumberScheduled = 0 } = status;
      return { desired: desiredNumberScheduled, ready: numberReady, updated: updatedNumberScheduled };
    },

    async deleteDaemonSet(namespace, name) {
      await unlessAbsent(apps.deleteNamespacedDaemonSet({ namespace, name, propagationPolicy: 'Background' }));
    },
  };
  return tellingUnreadable(client, access);
}
