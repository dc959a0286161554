import type { CoreV1Api, V1Node } from '@kubernetes/client-node';
import { shortLine } from '../text/short-line.ts';
import { pagesOf } from './all-pages.ts';
import { describePod, type EvictablePod } from './disruptions.ts';

/** The kinds of nodes that are no EC2 instances of the account. */
const KINDS = ['fargate', 'hybrid'] as const;
export type OtherNodeKind = (typeof KINDS)[number];

/** A node of Fargate, which runs one pod, or a hybrid node. */
export interface OtherNode {
  readonly name: string;
  readonly kind: OtherNodeKind;
  /** Such as `v1.33.4-eks-1a2b3c4`. */
  readonly kubeletVersion: string;
  /** Such as `Amazon Linux 2` or `Ubuntu 24.04.1 LTS`. */
  readonly osImage: string;
  readonly ready: boolean;
  /** When the node joined, epoch milliseconds; absent where the API does not say. */
  readonly createdAt?: number;
}

/**
 * The label by which nodes are told apart. EKS sets it on those of Fargate, and `nodeadm` on hybrid ones. Sources: EKS
 * user guide, "Fargate pod configuration"; aws/eks-hybrid, internal/kubelet (`hybridNodeLabel`).
 */
const COMPUTE_TYPE = 'eks.amazonaws.com/compute-type';
/** EKS's admission webhook labels each pod on Fargate with its profile. Source: EKS user guide, "Fargate profiles". */
const FARGATE_PROFILE = 'eks.amazonaws.com/fargate-profile';

/** How much is kept of what a kubelet writes of its host, in characters. Whoever has the host writes what they like. */
const LONGEST = 200;

/** Lists the nodes of Fargate and the hybrid ones, by name. The API server selects them by their label. */
export async function listOtherNodes(core: CoreV1Api): Promise<OtherNode[]> {
  const labelSelector = `${COMPUTE_TYPE} in (${KINDS.join(',')})`;
  const nodes: OtherNode[] = [];
  for await (const page of pagesOf((asked) => core.listNode({ labelSelector, ...asked }))) {
    nodes.push(...page.flatMap(describeOtherNode));
  }
  return nodes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Lists the pods on Fargate that are bound to a node, of every namespace. */
export async function listFargatePods(core: CoreV1Api): Promise<EvictablePod[]> {
  const pods: EvictablePod[] = [];
  const labelSelector = FARGATE_PROFILE;
  for await (const page of pagesOf((asked) => core.listPodForAllNamespaces({ labelSelector, ...asked }))) {
    pods.push(...page.filter(({ spec }) => spec?.nodeName !== undefined).map(describePod));
  }
  return pods;
}

function describeOtherNode({ metadata, status }: V1Node): OtherNode[] {
  const kind = KINDS.find((each) => each === metadata?.labels?.[COMPUTE_TYPE]);
  if (kind === undefined) return [];
  const createdAt = metadata?.creationTimestamp?.getTime();
  return [
    {
      name: metadata?.name ?? '',
      kind,
      kubeletVersion: shortLine(status?.nodeInfo?.kubeletVersion ?? '', LONGEST),
      osImage: shortLine(status?.nodeInfo?.osImage ?? '', LONGEST),
      ready: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
      ...(createdAt !== undefined && { createdAt }),
    },
  ];
}
