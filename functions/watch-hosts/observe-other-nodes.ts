import type { Cluster } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { isKubernetesAccessError } from '../shared/kubernetes/access-error.ts';
import type { WantedAccess } from '../shared/kubernetes/access-reviews.ts';
import type { KubernetesClient } from '../shared/kubernetes/client.ts';
import type { Budget, EvictablePod } from '../shared/kubernetes/disruptions.ts';
import type { OtherNode } from '../shared/kubernetes/other-nodes.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import type { FargateProfiles } from './other-hosts.ts';

export const NO_OTHER_NODES: OtherNodes = { kind: 'found', nodes: [], pods: [], budgets: [] };

export type OpenCluster = (name: string) => Promise<KubernetesClient | { readonly refused: string }>;

/** The nodes of a cluster that are no EC2 instances, with what runs on Fargate, or why they cannot be read. */
export type OtherNodes =
  | {
      readonly kind: 'found';
      readonly nodes: readonly OtherNode[];
      /** The pods on Fargate. */
      readonly pods: readonly EvictablePod[];
      readonly budgets: readonly Budget[];
    }
  | { readonly kind: 'unreadable'; readonly why: string; readonly variant: string };

/** What RBAC must allow (`npm run -s rbac`). */
const NEEDED: readonly WantedAccess[] = [
  { verb: 'list', group: '', resource: 'nodes' },
  { verb: 'list', group: '', resource: 'pods' },
  { verb: 'list', group: 'policy', resource: 'poddisruptionbudgets' },
];

/**
 * Whether a cluster may have nodes that are no EC2 instances; undefined where its Fargate profiles cannot be read. The
 * Kubernetes API of other clusters is not asked.
 */
export function mayHaveOtherNodes(
  { remoteNetworkConfig }: Pick<Cluster, 'remoteNetworkConfig'>,
  profiles: FargateProfiles | undefined,
): boolean | undefined {
  if ((remoteNetworkConfig?.remoteNodeNetworks ?? []).length > 0) return true;
  return profiles?.kind === 'unreadable' ? undefined : profiles?.kind === 'found' && profiles.found.length > 0;
}

/**
 * Reads these nodes of clusters, by cluster. A cluster that cannot be read stops no other. One that is busy is missing.
 *
 * @param onTrouble gets what was not expected of a cluster, such as an answer that is none; such a cluster is missing
 */
export async function observeOtherNodes(
  openCluster: OpenCluster,
  clusters: readonly string[],
  onTrouble: (error: unknown) => void,
): Promise<Map<string, OtherNodes>> {
  const observeOne = async (cluster: string): Promise<Array<[string, OtherNodes]>> => {
    try {
      return [[cluster, await readOtherNodes(openCluster, cluster)]];
    } catch (error) {
      if (isKubernetesAccessError(error)) {
        // What passes by itself is read again by the next run. Until then the nodes count as they were seen last.
        if (error.problem === 'throttled') return [];
        return [[cluster, { kind: 'unreadable', why: error.message, variant: error.problem }]];
      }
      onTrouble(error);
      return [];
    }
  };
  return new Map((await pMap(clusters, observeOne, { concurrency: READ_CONCURRENCY })).flat());
}

async function readOtherNodes(openCluster: OpenCluster, cluster: string): Promise<OtherNodes> {
  const kubernetes = await openCluster(cluster);
  if ('refused' in kubernetes) return { kind: 'unreadable', why: kubernetes.refused, variant: 'refused' };
  const lacking = await kubernetes.lackingAccess(NEEDED);
  if (lacking.length > 0) {
    const why = `The cluster does not allow this: ${lacking.join(', ')}. Apply the rights: npm run -s rbac | kubectl apply -f -`;
    return { kind: 'unreadable', why, variant: 'access' };
  }
  const nodes = await kubernetes.listOtherNodes();
  const hasFargate = nodes.some(({ kind }) => kind === 'fargate');
  const [pods, budgets] = hasFargate
    ? await Promise.all([kubernetes.listFargatePods(), kubernetes.listBudgets()])
    : [[], []];
  return { kind: 'found', nodes, pods, budgets };
}
