import type { EKSClient } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { subjectOf } from '../ledger/node-group-ledger.ts';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { type ClusterReader, describeNodeGroup } from './fleet.ts';
import type { Worker } from './worker.ts';

/** Whose a worker is: its cluster, and its managed node group where it has one. */
export interface Owner {
  /** Tags of both: an opt-out counts there too. */
  readonly tags: Readonly<Record<string, string>>;
  /** The subnets that a managed node group launches its workers into. */
  readonly subnets?: readonly string[];
  /** ARN of the role that EKS names for a managed node group. */
  readonly nodeRole?: string;
  /** Why AWS would not tell, so that nobody knows whether they opted out. */
  readonly unreadable?: string;
  /** Why it is no EKS worker after all: its tags name what EKS does not have. */
  readonly notAWorker?: string;
}

/**
 * The owner of each worker; each cluster and node group is read once. What no longer exists opts nobody out, unless only
 * tags that anybody can set tell of it.
 */
export async function readOwners<Owned extends Worker>(
  eks: EKSClient,
  readCluster: ClusterReader,
  workers: readonly Owned[],
): Promise<Map<Owned, Owner>> {
  const distinct = new Map(workers.map((worker): [string, Worker] => [subjectFor(worker), worker]));
  const read = async ([subject, worker]: [string, Worker]) =>
    [subject, await readOwner(eks, readCluster, worker)] as const;
  const owners = new Map(await pMap(distinct, read, { concurrency: READ_CONCURRENCY }));
  return new Map(workers.map((worker) => [worker, owners.get(subjectFor(worker)) ?? { tags: {} }]));
}

async function readOwner(
  eks: EKSClient,
  readCluster: ClusterReader,
  { cluster, nodegroup, ownership, certain }: Worker,
): Promise<Owner> {
  const isManaged = ownership === 'managed' && nodegroup !== undefined;
  const ofCluster = await readCluster(cluster);
  const ofGroup = isManaged ? await describeNodeGroup(eks, { cluster, nodegroup }) : undefined;
  const unreadable = [ofCluster, ofGroup].find((reading) => reading?.kind === 'unreadable');
  const missing = ofCluster.kind === 'gone' ? `cluster ${cluster}` : `node group ${nodegroup} in cluster ${cluster}`;
  const isMissing = ofCluster.kind === 'gone' || ofGroup?.kind === 'gone';
  const group = ofGroup?.kind === 'found' ? ofGroup.found : undefined;
  return {
    tags: { ...(ofCluster.kind === 'found' ? ofCluster.found.tags : {}), ...group?.tags },
    ...(group?.subnets !== undefined && { subnets: group.subnets }),
    ...(group?.nodeRole !== undefined && { nodeRole: group.nodeRole }),
    ...(unreadable?.kind === 'unreadable' && { unreadable: unreadable.error }),
    ...(isMissing && !certain && { notAWorker: `EKS has no ${missing}: only tags that anybody can set name it.` }),
  };
}

const subjectFor = ({ cluster, nodegroup = '', certain }: Worker): string =>
  `${subjectOf({ cluster, nodegroup })} ${certain}`;
