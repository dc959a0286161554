import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import { isKubernetesAccessError } from '../../shared/kubernetes/access-error.ts';
import type { KubernetesClient } from '../../shared/kubernetes/client.ts';
import { type OpenOptions, openClusterBy } from '../../shared/kubernetes/open-cluster.ts';
import { once } from '../../shared/runtime/once.ts';
import type { ClusterPods } from '../model/pod-holds.ts';

/**
 * A cluster whose pods were read, and what tries evictions there; `tryEviction` is absent where the cluster cannot be
 * opened.
 */
export interface PodsReading {
  readonly seen: ClusterPods;
  readonly tryEviction?: KubernetesClient['tryEviction'];
}

/** Reads nodes, pods and disruption budgets of a cluster. */
export type PodsReader = (cluster: string) => Promise<PodsReading>;

/** Makes a reader for one reconcile. The reader reads each cluster once. */
export function createPodsReader(options: OpenOptions, readCluster: ClusterReader): PodsReader {
  const open = openClusterBy(options)(readCluster);
  return once(async (cluster: string): Promise<PodsReading> => {
    const kubernetes = await open(cluster);
    if ('refused' in kubernetes) return { seen: { kind: 'unreadable', why: kubernetes.refused } };
    try {
      const [nodes, pods, budgets] = await Promise.all([
        kubernetes.listNodes(),
        kubernetes.listEvictablePods(),
        kubernetes.listBudgets(),
      ]);
      return { seen: { kind: 'found', nodes, pods, budgets }, tryEviction: (pod) => kubernetes.tryEviction(pod) };
    } catch (error) {
      if (!isKubernetesAccessError(error)) throw error;
      return { seen: { kind: 'unreadable', why: error.message } };
    }
  });
}
