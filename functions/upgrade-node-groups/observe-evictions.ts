import pMap from 'p-map';
import type { ClusterReader } from '../shared/fleet/fleet.ts';
import { isKubernetesAccessError } from '../shared/kubernetes/access-error.ts';
import { type OpenOptions, openClusterBy } from '../shared/kubernetes/open-cluster.ts';
import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import type { Observation } from './observation.ts';
import type { Preflight } from './preflight.ts';
import { evictionsFrom } from './preflight-pods.ts';

/** The label that EKS sets on the nodes of a managed node group (EKS user guide, "Managed node groups"). */
const NODE_GROUP = 'eks.amazonaws.com/nodegroup';

/**
 * Reads what keeps pods from being evicted, by subject: nodes, pods and budgets of each cluster once. A cluster that cannot be
 * read is a warning, and keeps nobody from being upgraded.
 */
export async function observeEvictions(
  options: OpenOptions,
  readCluster: ClusterReader,
  observations: readonly Observation[],
): Promise<Map<string, Preflight>> {
  const open = openClusterBy(options)(readCluster);
  const groups = [...Map.groupBy(observations, ({ key }) => key.cluster)];
  const looks = await pMap(
    groups,
    async ([cluster, of]): Promise<Array<[string, Preflight]>> => {
      const all = (preflight: Preflight) => of.map(({ key }): [string, Preflight] => [subjectOf(key), preflight]);
      const kubernetes = await open(cluster);
      if ('refused' in kubernetes) return all(unread(kubernetes.refused));
      try {
        const [nodes, pods, budgets] = await Promise.all([
          kubernetes.listNodes(),
          kubernetes.listEvictablePods(),
          kubernetes.listBudgets(),
        ]);
        return of.map(({ key }) => {
          const own = nodes.filter(({ labels }) => labels[NODE_GROUP] === key.nodegroup).map(({ name }) => name);
          return [subjectOf(key), evictionsFrom(new Set(own), pods, budgets)];
        });
      } catch (error) {
        if (!isKubernetesAccessError(error)) throw error;
        return all(unread(error.message));
      }
    },
    { concurrency: READ_CONCURRENCY },
  );
  return new Map(looks.flat());
}

const unread = (why: string): Preflight => ({ blockers: [], warnings: [`its pods could not be read (${why})`] });
