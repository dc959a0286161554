import pMap from 'p-map';
import { isKubernetesAccessError } from '../kubernetes/access-error.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import type { NotOpened } from '../kubernetes/open-cluster.ts';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { once } from '../runtime/once.ts';
import type { ClosedGate } from './gates.ts';
import { type Since, type Unwell, workloadGate } from './workload-gate.ts';

/** Reads what does not go well in a cluster, each cluster once. */
export type UnwellReader = (cluster: string) => Promise<Unwell>;

/**
 * Makes a reader for one reconcile. The reader reads each cluster once.
 *
 * @param openCluster opens a cluster by name, or says why it cannot
 */
export function createUnwellReader(openCluster: (name: string) => Promise<KubernetesClient | NotOpened>): UnwellReader {
  return once(async (cluster: string): Promise<Unwell> => {
    const kubernetes = await openCluster(cluster);
    if ('refused' in kubernetes) {
      const { refused: error, mayPass } = kubernetes;
      return { kind: 'unreadable', error, code: 'ClusterUnread', isThrottled: mayPass === true };
    }
    try {
      const [nodes, pods] = await Promise.all([kubernetes.listUnreadyNodes(), kubernetes.listPendingPods()]);
      return { kind: 'found', nodes, pods };
    } catch (error) {
      if (!isKubernetesAccessError(error)) throw error;
      const { problem, message } = error;
      return { kind: 'unreadable', error: message, code: problem, isThrottled: problem === 'throttled' };
    }
  });
}

/**
 * Reads whether nodes and pods of clusters let an upgrade or a refresh start.
 *
 * @param clusters by name; a name may come twice
 */
export async function readWorkloadGate(
  read: UnwellReader,
  clusters: readonly string[],
  since: Since,
  now: number,
): Promise<'open' | ClosedGate> {
  const seen = await pMap(new Set(clusters), async (name): Promise<[string, Unwell]> => [name, await read(name)], {
    concurrency: READ_CONCURRENCY,
  });
  return workloadGate(new Map(seen), since, now);
}
