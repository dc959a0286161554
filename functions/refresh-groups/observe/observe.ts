import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { type ClusterReader, createClusterReader } from '../../shared/fleet/fleet.ts';
import { readOwner } from '../../shared/fleet/identity.ts';
import { groupNameOf, readSelfManagedGroups } from '../../shared/fleet/self-managed-groups.ts';
import { readFollowers } from '../../shared/fleet/template-followers.ts';
import { type GroupScope, groupTriggerOf } from '../../shared/intake/group-batch.ts';
import { readDrainedGroups } from '../../shared/ledger/drained-groups.ts';
import { readNeeds } from '../../shared/ledger/finding-ledger.ts';
import { type Ledger, withReadableItems } from '../../shared/ledger/ledger.ts';
import { keyOf, type NodeGroupKey, subjectOf } from '../../shared/ledger/node-group-key.ts';
import { REFRESH_PK, readStates } from '../../shared/ledger/refresh-ledger.ts';
import { readReplacementOrders } from '../../shared/ledger/replacement-orders.ts';
import type { InvalidPolicy } from '../../shared/policy/policy.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { once } from '../../shared/runtime/once.ts';
import type { Observation } from '../model/observation.ts';
import type { Policy } from '../policy.ts';
import { type Context, type Found, observeGroup } from './observe-group.ts';
import { createWantedHereReader } from './read-wanted-here.ts';

export interface ObserveClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly iam: IAMClient;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/**
 * Reads the self-managed Auto Scaling groups of the scope. The groups of managed node groups are left out: EKS operates
 * them, and reports `AutoScalingGroupInstanceRefreshActive` when somebody else refreshes them.
 *
 * @param known the groups of which the ledger remembers something. They are read even when no worker names them any
 *   more.
 * @param now epoch ms
 * @param troubles gets what could not be read, and is not told of its group: all else is done before it is thrown
 */
export async function observeGroups(
  clients: ObserveClients,
  scope: GroupScope,
  policy: Policy | InvalidPolicy,
  known: readonly NodeGroupKey[],
  now: number,
  troubles: unknown[],
): Promise<Observation[]> {
  const readCluster = createClusterReader(clients.eks, 'tell');
  const knownHere = known.filter((key) => groupTriggerOf(scope, key) !== undefined);
  const {
    described,
    found,
    instances: byId,
    identities,
    unreadPools,
  } = await readSelfManagedGroups(
    clients,
    readCluster,
    { clusters: [...scope.clusters.keys()], groups: [...scope.groups.keys()] },
    knownHere.map(groupNameOf),
  );
  const unseen = await ownersOf(
    clients,
    readCluster,
    [
      ...knownHere.map((key) => ({
        key,
        group: described.find(({ AutoScalingGroupName }) => AutoScalingGroupName === groupNameOf(key)),
      })),
      // Nothing proves that such a group belongs to the cluster, so the request is refused whether the group exists or
      // not.
      ...[...scope.requests.keys()].map((subject) => ({ key: keyOf(subject) })),
    ],
    found,
  );
  const all = [...found, ...unseen];
  const subjects = all.map(({ key }) => subjectOf(key));
  const [states, drained, orders, needs] = await Promise.all([
    readStates(clients.ledger, subjects),
    readDrainedGroups(clients.ledger, subjects, now),
    readReplacementOrders(clients.ledger, now),
    readNeeds(clients.ledger, subjects),
  ]);
  const context: Context = {
    clients,
    readFollowers: once(() => readFollowers(clients.autoScaling)),
    scope,
    policy,
    readCluster,
    readWanted: createWantedHereReader(clients, now),
    byId,
    identities,
    unreadPools,
    troubles,
    states,
    drained,
    orders,
    needs,
  };
  const readable = withReadableItems(clients.ledger, REFRESH_PK, all, ({ key }) => subjectOf(key));
  const observed = await pMap(readable, (each) => observeGroup(context, each), { concurrency: READ_CONCURRENCY });
  return observed.flatMap((each) => each ?? []);
}

/** The groups that no worker led to, each once, with their cluster as the owner. */
async function ownersOf(
  { eks }: ObserveClients,
  readCluster: ClusterReader,
  groups: ReadonlyArray<Omit<Found, 'owner'>>,
  found: readonly Found[],
): Promise<Found[]> {
  const known = new Set(found.map(({ key }) => subjectOf(key)));
  const unseen = groups.filter(({ key }) => {
    const isFirst = !known.has(subjectOf(key));
    known.add(subjectOf(key));
    return isFirst;
  });
  const own = async (each: Omit<Found, 'owner'>) => ({ ...each, owner: await readOwner(eks, readCluster, each.key) });
  return pMap(unseen, own, { concurrency: READ_CONCURRENCY });
}
