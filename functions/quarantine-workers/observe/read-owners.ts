import pMap from 'p-map';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import { type Identities, identifyEach, telling, unreadAmong } from '../../shared/fleet/identify-each.ts';
import { type Identity, readOwner } from '../../shared/fleet/identity.ts';
import type { IdentityClients } from '../../shared/fleet/identity-facts.ts';
import { QUARANTINE_TAG } from '../../shared/fleet/scope.ts';
import { tagsOf } from '../../shared/fleet/worker.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import type { QuarantineState } from '../model/quarantine-ledger.ts';
import { hasPublicAddress } from '../model/worker-view.ts';
import type { FoundWorker } from './find-workers.ts';

/** The owner of a worker, and what it is proven to be where that is not known since its quarantine began. */
export type Owned = Pick<Identity, 'owner'> & Partial<Identity>;

/**
 * Reads the owners of workers with a public address or a quarantine, by id. No other decision depends on an owner. A
 * worker whose owner cannot be read for now holds up no other. It is told as unreadable, unless AWS only throttles.
 */
export async function readOwners(
  clients: IdentityClients,
  readCluster: ClusterReader,
  workers: readonly FoundWorker[],
  states: ReadonlyMap<string, QuarantineState>,
): Promise<{ readonly owners: ReadonlyMap<string, Owned>; readonly unread: Identities['unread'] }> {
  const known = workers.flatMap(({ instanceId }) => {
    const quarantine = states.get(instanceId)?.quarantine;
    return quarantine === undefined ? [] : [{ instanceId, quarantine }];
  });
  const isKnown = new Set(known.map(({ instanceId }) => instanceId));
  const unproven = workers
    .filter(({ instanceId }) => !isKnown.has(instanceId))
    .map(({ instance }) => instance)
    .filter((instance) => hasPublicAddress(instance) || isTagged(instance));
  const readTelling = telling(readCluster);
  const [{ identities }, ofKnown] = await Promise.all([
    identifyEach(clients, readTelling, unproven),
    pMap(
      known,
      async ({ instanceId, quarantine }): Promise<[string, Owned]> => [
        instanceId,
        { owner: await readOwner(clients.eks, readTelling, quarantine, 'tell') },
      ],
      { concurrency: READ_CONCURRENCY },
    ),
  ]);
  const owners = new Map<string, Owned>([...identities, ...ofKnown]);
  return { owners, unread: unreadAmong(owners) };
}

/** Whether an instance bears the tag of a quarantine, which the ledger may have lost. */
export const isTagged = (instance: DescribedInstance): boolean => QUARANTINE_TAG in tagsOf(instance);
