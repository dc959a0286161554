import { AppsV1Api, CoreV1Api, PatchStrategy, ServerConfiguration, setHeaderOptions } from '@kubernetes/client-node';
import { unlessAbsent } from './access-error.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { type Eviction, evictPod, type KubernetesPod, listPods } from './evictions.ts';
import { type Change, changeNode, type Isolation, isolated, type Restoration, restored } from './node-changes.ts';
import { findNode, type KubernetesNode, listNodes } from './nodes.ts';
import { kubernetesTransport } from './transport.ts';

export type { Change, Eviction, Isolation, KubernetesNode, KubernetesPod, Restoration };

/** A manifest: an object as it is sent to be applied. */
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

/** Counts of nodes: those that shall run a pod of the DaemonSet, those whose pod is ready, those whose pod is current. */
export interface DaemonSetStatus {
  readonly desired: number;
  readonly ready: number;
  readonly updated: number;
}

/** What functions ask of a Kubernetes API. Every call may end in a `KubernetesAccessError`. */
export interface KubernetesClient {
  /** All nodes of the cluster, by name. */
  listNodes(): Promise<KubernetesNode[]>;
  /**
   * The node of an instance; undefined when the cluster has none. Looks under the names that it most likely has before
   * it lists them all, and takes only the provider's id as proof.
   */
  findNode(instanceId: string, privateDnsName?: string): Promise<KubernetesNode | undefined>;
  /**
   * Cordons, taints and labels a node, all in one change; other taints and labels stay. Repeating it changes nothing.
   * `gone` when there is no such node.
   */
  isolateNode(name: string, isolation: Isolation): Promise<Change>;
  /**
   * Takes back what {@link isolateNode} changed, in one change: what others have changed since stays. Repeating it
   * changes nothing. `gone` when there is no such node.
   */
  restoreNode(name: string, restoration: Restoration): Promise<Change>;
  /** All pods that are bound to a node, of every namespace. */
  listPods(nodeName: string): Promise<KubernetesPod[]>;
  /**
   * Asks a pod to leave: just this one, not a later one of its name. It may take its grace period to go. `blocked`
   * means that a disruption budget does not let it go now; `gone` that it is no longer there.
   */
  evict(pod: Pick<KubernetesPod, 'namespace' | 'name' | 'uid'>): Promise<Eviction>;
  /**
   * Creates the object, or makes it what the manifest says, whoever has changed it. Repeating it changes nothing.
   * @throws TypeError for a kind that is not known here: only DaemonSets are
   */
  apply(manifest: KubernetesObject): Promise<void>;
  /** Undefined when there is no such DaemonSet; zeros until the cluster's own controller has seen its latest change. */
  daemonSetStatus(namespace: string, name: string): Promise<DaemonSetStatus | undefined>;
  /** Deletes it at once; its pods follow in the background. One that is not there is fine. */
  deleteDaemonSet(namespace: string, name: string): Promise<void>;
}

const FIELD_MANAGER = 'eks-host-remediator';

/** The client of one cluster, for as long as the access's token is good. */
export function createKubernetesClient(access: ClusterAccess): KubernetesClient {
  const configuration = {
    baseServer: new ServerConfiguration(access.endpoint, {}),
    httpApi: kubernetesTransport(access),
    middleware: [],
    authMethods: {},
  };
  const core = new CoreV1Api(configuration);
  const apps = new AppsV1Api(configuration);
  return {
    listNodes: () => listNodes(core),
    findNode: (instanceId, privateDnsName) => findNode(core, instanceId, privateDnsName),
    isolateNode: (name, isolation) => changeNode(core, name, (node) => isolated(node, isolation)),
    restoreNode: (name, restoration) => changeNode(core, name, (node) => restored(node, restoration)),
    listPods: (nodeName) => listPods(core, nodeName),
    evict: (pod) => evictPod(core, pod),

    async apply(manifest) {
      const { apiVersion, kind, metadata } = manifest;
      const { name, namespace } = metadata;
      if (`${apiVersion} ${kind}` !== 'apps/v1 DaemonSet' || namespace === undefined) {
        throw new TypeError(`Only DaemonSets of a namespace can be applied, not ${apiVersion} ${kind} ${name}.`);
      }
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
}
