import type { EKSClient } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { READ_CONCURRENCY } from './aws-client.ts';
import { type ClusterReader, describeNodeGroup } from './fleet.ts';
import { subjectOf } from './node-group-ledger.ts';
import type { Worker } from './worker.ts';

/** The tags of each worker's cluster, and of its managed node group where it has one: an opt-out counts there too. */
export async function readOwnerTags<Owned extends Worker>(
  eks: EKSClient,
  readCluster: ClusterReader,
  workers: readonly Owned[],
): Promise<Map<Owned, Record<string, string>>> {
  const owners = new Map(workers.map((worker): [string, Worker] => [ownerOf(worker), worker]));
  const read = async ([owner, { cluster, nodegroup, ownership }]: [string, Worker]) => {
    const ofCluster = await readCluster(cluster);
    const ofGroup =
      ownership === 'managed' && nodegroup !== undefined
        ? await describeNodeGroup(eks, { cluster, nodegroup })
        : undefined;
    const tags = {
      ...(ofCluster.kind === 'found' ? ofCluster.found.tags : {}),
      ...(ofGroup?.kind === 'found' ? ofGroup.found.tags : {}),
    };
    return [owner, tags] as const;
  };
  const tags = new Map(await pMap(owners, read, { concurrency: READ_CONCURRENCY }));
  return new Map(workers.map((worker) => [worker, tags.get(ownerOf(worker)) ?? {}]));
}

const ownerOf = ({ cluster, nodegroup = '' }: Worker): string => subjectOf({ cluster, nodegroup });
