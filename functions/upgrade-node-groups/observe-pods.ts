import type { ClusterReader } from '../shared/fleet/fleet.ts';
import { isKubernetesAccessError } from '../shared/kubernetes/access-error.ts';
import { type OpenOptions, openClusterBy } from '../shared/kubernetes/open-cluster.ts';
import type { ClusterPods } from './preflight-pods.ts';

/** Reads nodes, pods and disruption budgets of a cluster. */
export type PodsReader = (cluster: string) => Promise<ClusterPods>;

/** A reader for one reconcile: what it has read once, it does not read again. */
export function createPodsReader(options: OpenOptions, readCluster: ClusterReader): PodsReader {
  const open = openClusterBy(options)(readCluster);
  const known = new Map<string, Promise<ClusterPods>>();
  const readNow = async (cluster: string): Promise<ClusterPods> => {
    const kubernetes = await open(cluster);
    if ('refused' in kubernetes) return { kind: 'unreadable', why: kubernetes.refused };
    try {
      const [nodes, pods, budgets] = await Promise.all([
        kubernetes.listNodes(),
        kubernetes.listEvictablePods(),
        kubernetes.listBudgets(),
      ]);
      return { kind: 'found', nodes, pods, budgets };
    } catch (error) {
      if (!isKubernetesAccessError(error)) throw error;
      return { kind: 'unreadable', why: error.message };
    }
  };
  return (cluster) => {
    const reading = known.get(cluster) ?? readNow(cluster);
    known.set(cluster, reading);
    return reading;
  };
}
