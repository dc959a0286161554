import type { Instance } from '@aws-sdk/client-ec2';
import { isBorneOut, ownerOf, workerOf } from '../functions/shared/fleet/worker.ts';
import type { FleetNow } from './fleet.ts';

/** An instance that its tags assign to a cluster, though it has not joined it, and no group owns it. */
export interface Stray {
  readonly instance: string;
  readonly cluster: string;
}

/**
 * The instances that only tags assign to a cluster, and that no group owns. Anybody may set these tags, so no function
 * counts them or acts on them, and the fleet leaves them out. A node group that they name is not theirs.
 */
export const straysBeside = ({ clusters, workers }: Pick<FleetNow, 'clusters' | 'workers'>): Stray[] => {
  const listed = new Set(
    clusters.flatMap(({ groups }) => groups.flatMap((group) => group.workers.map(({ instance }) => instance))),
  );
  return [...workers].flatMap(([id, instance]) => (listed.has(id) ? [] : strayIn(id, instance)));
};

function strayIn(id: string, instance: Instance): Stray[] {
  const worker = workerOf(instance);
  if (worker === undefined || isBorneOut(worker, instance) || ownerOf(instance) !== 'stray') return [];
  return [{ instance: id, cluster: worker.cluster }];
}
