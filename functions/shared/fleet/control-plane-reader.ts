import {
  type Cluster,
  DescribeUpdateCommand,
  type EKSClient,
  paginateListUpdates,
  type Update,
} from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { once } from '../runtime/once.ts';
import { type ControlPlane, controlPlaneOf } from './control-plane.ts';
import { type Reading, read, type Unreadable } from './reading.ts';

/** Reads what was done to the control planes of clusters, each once a look. */
export type ControlPlaneReader = (cluster: string) => Promise<ControlPlane | Unreadable>;

/**
 * @param now epoch milliseconds
 * @param clusters as read before; without them, a control plane that was never changed has its version since ever
 */
export const createControlPlaneReader = (
  eks: EKSClient,
  now: number,
  clusters: ReadonlyMap<string, Reading<Cluster>> = new Map(),
): ControlPlaneReader => once((cluster: string) => describeControlPlane(eks, cluster, clusters.get(cluster), now));

/**
 * Describes the updates of a cluster itself. EKS lists only their ids. Updates of node groups and add-ons come in lists
 * of their own.
 */
async function describeControlPlane(
  eks: EKSClient,
  name: string,
  cluster: Reading<Cluster> | undefined,
  now: number,
): Promise<ControlPlane | Unreadable> {
  const reading = await read(async () => {
    const ids: string[] = [];
    for await (const page of paginateListUpdates({ client: eks }, { name })) ids.push(...(page.updateIds ?? []));
    const updates = await pMap(
      ids,
      async (updateId): Promise<Update[]> => {
        const { update } = await eks.send(new DescribeUpdateCommand({ name, updateId }));
        return update === undefined ? [] : [update];
      },
      { concurrency: READ_CONCURRENCY },
    );
    return updates.flat();
  }, 'tell');
  if (reading.kind === 'unreadable') return reading;
  if (reading.kind === 'gone') return GONE;
  const createdAt = cluster?.kind === 'found' ? cluster.found.createdAt : undefined;
  return controlPlaneOf(reading.found, createdAt?.getTime() ?? 0, now);
}

/** What is said of a cluster that EKS does not find, or an update of it. */
export const GONE: Unreadable = {
  kind: 'unreadable',
  error: 'ResourceNotFoundException: an update of the cluster is gone',
  code: 'ResourceNotFoundException',
  isThrottled: false,
};
