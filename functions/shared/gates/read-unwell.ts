import pMap from 'p-map';
import type { ClusterReader } from '../fleet/fleet.ts';
import { isKubernetesAccessError } from '../kubernetes/access-error.ts';
import { type OpenOptions, openClusterBy } from '../kubernetes/open-cluster.ts';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { once } from '../runtime/once.ts';
import type { ClosedGate } from './gates.ts';
import { type Unwell, workloadGate } from './workload-gate.ts';

/** Reads what does not go well in a cluster, each cluster once. */
export type UnwellReader = (cluster: string) => Promise<Unwell>;

/** Makes a reader for one reconcile. The reader reads each cluster once. */
export function createUnwellReader(options: OpenOptions, readCluster: ClusterReader): UnwellReader {
  const open = openClusterBy(options)(readCluster);
  return once(async (cluster: string): Promise<Unwell> => {
    const kubernetes = await open(cluster);
    if ('refused' in kubernetes)
      return { kind: 'unreadable', error: kubernetes.refused, code: 'ClusterUnread', isThrottled: false };
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
 * @param since when the release or AMI was first seen, epoch milliseconds
 */
export async function readWorkloadGate(
  read: UnwellReader,
  clusters: readonly string[],
  since: number,
  now: number,
): Promise<'open' | ClosedGate> {
  const seen = await pMap(new Set(clusters), async (name): Promise<[string, Unwell]> => [name, await read(name)], {
    concurrency: READ_CONCURRENCY,
  });
  return workloadGate(new Map(seen), since, now);
}
