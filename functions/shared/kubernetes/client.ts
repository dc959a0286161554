import {
  AppsV1Api,
  CoreV1Api,
  PatchStrategy,
  ServerConfiguration,
  setHeaderOptions,
  type V1Node,
} from '@kubernetes/client-node';
import { isKubernetesAccessError } from './access-error.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { kubernetesTransport } from './transport.ts';

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

export interface KubernetesNode {
  readonly name: string;
  /** Undefined for nodes that are no EC2 instances: Fargate, hybrid. */
  readonly instanceId: string | undefined;
  /** As the node tells it, for example `Amazon Linux 2023.6.20250303` or `Bottlerocket OS 1.32.0 (aws-k8s-1.31)`. */
  readonly osImage: string;
  /** `amd64` or `arm64`. */
  readonly architecture: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: ReadonlyArray<{ readonly key: string; readonly value: string; readonly effect: string }>;
  readonly ready: boolean;
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
const NODES_PER_PAGE = 500;

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
    async listNodes() {
      const nodes: KubernetesNode[] = [];
      let next: string | undefined;
      do {
        const page = await core.listNode({
          limit: NODES_PER_PAGE,
          ...(next !== undefined && { _continue: next }),
        });
        nodes.push(...page.items.map(describeNode));
        next = page.metadata?._continue;
      } while (next !== undefined && next !== '');
      return nodes.sort((a, b) => (a.name < b.name ? -1 : 1));
    },

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

/** What was asked for, or undefined when it is not there. */
async function unlessAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isKubernetesAccessError(error) && error.status === 404) return undefined;
    throw error;
  }
}

function describeNode({ metadata, spec, status }: V1Node): KubernetesNode {
  return {
    name: metadata?.name ?? '',
    // aws:///eu-central-1a/i-0123456789abcdef0
    instanceId: /^aws:.*\/(i-[0-9a-f]+)$/.exec(spec?.providerID ?? '')?.[1],
    osImage: status?.nodeInfo?.osImage ?? '',
    architecture: status?.nodeInfo?.architecture ?? '',
    labels: metadata?.labels ?? {},
    taints: (spec?.taints ?? []).map(({ key, value = '', effect }) => ({ key, value, effect })),
    ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
  };
}
