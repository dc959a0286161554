import type { CoreV1Api, V1Node } from '@kubernetes/client-node';
import { shortLine } from '../text/short-line.ts';
import { KubernetesAccessError, unlessAbsent } from './access-error.ts';
import { allPages, pagesOf } from './all-pages.ts';

export interface KubernetesNode {
  readonly name: string;
  /** Undefined for nodes that are not EC2 instances: Fargate, hybrid. */
  readonly instanceId: string | undefined;
  /**
   * The OS image that the node reports, such as `Amazon Linux 2023.6.20250303` or `Bottlerocket OS 1.32.0
   * (aws-k8s-1.31)`.
   */
  readonly osImage: string;
  /** `amd64` or `arm64`. */
  readonly architecture: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly taints: ReadonlyArray<{ readonly key: string; readonly value: string; readonly effect: string }>;
  readonly ready: boolean;
  /** Whether the node is cordoned, so that no new pod is scheduled onto it. */
  readonly unschedulable: boolean;
}

/** A node among all of its cluster: memory has room for little of each, and annotations may have 256 KiB. */
export type ListedNode = Pick<KubernetesNode, 'name' | 'instanceId' | 'osImage' | 'architecture'> & {
  /** The managed node group of the node, by its label; absent for other nodes. */
  readonly nodegroup?: string;
};

/** The label that EKS sets on the nodes of a managed node group (EKS user guide, "Managed node groups"). */
const NODE_GROUP = 'eks.amazonaws.com/nodegroup';

/** How much is kept of what a kubelet writes of its host, in characters. Whoever has the host writes what they like. */
const LONGEST = 200;

/** All nodes of the cluster, by name. */
export async function listNodes(core: CoreV1Api): Promise<ListedNode[]> {
  const nodes = await allPages((asked) => core.listNode(asked), listedNode);
  return nodes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function listedNode(node: V1Node): ListedNode {
  const { name, instanceId, osImage, architecture, labels } = describeNode(node);
  const nodegroup = labels[NODE_GROUP];
  return { name, instanceId, osImage, architecture, ...(nodegroup !== undefined && { nodegroup }) };
}

/** The node of that name; undefined when the cluster has none. */
export async function readNode(core: CoreV1Api, name: string): Promise<KubernetesNode | undefined> {
  const found = await nodeNamed(core, name);
  return found && describeNode(found);
}

/**
 * The node of that name, as the API server has it.
 *
 * @throws KubernetesAccessError also for an answer that is something else: it says nothing about the node
 */
export async function nodeNamed(core: CoreV1Api, name: string): Promise<V1Node | undefined> {
  const found = await unlessAbsent(core.readNode({ name }));
  if (found === undefined || found.metadata?.name === name) return found;
  throw new KubernetesAccessError('failed', `The Kubernetes API answers with something else than the node ${name}.`);
}

/**
 * The node of an instance. Tries the likely names before it lists all nodes. A kubelet without a cloud provider, as on AMIs
 * of one's own, writes no provider id (kubernetes/cloud-provider-aws#72). Its name tells then whose it is: a kubelet cannot
 * choose that, see `joined-node.ts`.
 */
export async function findNode(
  core: CoreV1Api,
  instanceId: string,
  privateDnsName?: string,
): Promise<KubernetesNode | undefined> {
  // Nodes are named by the private DNS name; in EKS Auto Mode, and with resource-based host names, by the instance id.
  for (const name of [privateDnsName, instanceId]) {
    const found = name === undefined || name === '' ? undefined : await nodeNamed(core, name);
    if (found === undefined) continue;
    const node = describeNode(found);
    if (node.instanceId === instanceId || (found.spec?.providerID ?? '') === '') return node;
  }
  // The list is read page by page, so that memory does not hold thousands of nodes for one of them.
  for await (const page of pagesOf((asked) => core.listNode(asked))) {
    const found = page.map(describeNode).find((node) => node.instanceId === instanceId);
    if (found !== undefined) return found;
  }
  return undefined;
}

function describeNode({ metadata, spec, status }: V1Node): KubernetesNode {
  return {
    name: metadata?.name ?? '',
    // For example aws:///eu-central-1a/i-0123456789abcdef0.
    instanceId: /^aws:.*\/(i-[0-9a-f]+)$/.exec(spec?.providerID ?? '')?.[1],
    osImage: shortLine(status?.nodeInfo?.osImage ?? '', LONGEST),
    architecture: shortLine(status?.nodeInfo?.architecture ?? '', LONGEST),
    labels: metadata?.labels ?? {},
    annotations: metadata?.annotations ?? {},
    taints: (spec?.taints ?? []).map(({ key, value = '', effect }) => ({ key, value, effect })),
    ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    unschedulable: spec?.unschedulable ?? false,
  };
}
