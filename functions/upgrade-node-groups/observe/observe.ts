import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { Cluster, EKSClient } from '@aws-sdk/client-eks';
import type { SSMClient } from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { createControlPlaneReader } from '../../shared/fleet/control-plane-reader.ts';
import {
  type ClusterReader,
  describeNodeGroup,
  listClusters,
  listNodeGroups,
  type Reading,
} from '../../shared/fleet/fleet.ts';
import { readBudget } from '../../shared/ledger/blast-budget.ts';
import { readNeeds } from '../../shared/ledger/finding-ledger.ts';
import { type Ledger, withReadableItems } from '../../shared/ledger/ledger.ts';
import { type NodeGroupKey, subjectOf } from '../../shared/ledger/node-group-key.ts';
import {
  NEW_NODE_GROUP,
  NODE_GROUP_PK,
  type NodeGroupState,
  readNodeGroups,
} from '../../shared/ledger/node-group-ledger.ts';
import { readReplacementOrders } from '../../shared/ledger/replacement-orders.ts';
import type { InvalidPolicy } from '../../shared/policy/policy.ts';
import { pairKey } from '../../shared/releases/ami-type.ts';
import { pairOf, readTargets } from '../../shared/releases/target-release.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import type { Scope } from '../batch.ts';
import type { Observation } from '../model/observation.ts';
import type { Policy } from '../policy.ts';
import { observeNextVersions } from './observe-control-plane.ts';
import { customGroupOf, observeCustom } from './observe-custom.ts';
import { observeScaling } from './observe-scaling.ts';
import { observeForeign, observeUpdate } from './observe-update.ts';
import { type Described, type Followed, viewOf } from './view-node-group.ts';

export interface ObserveClients {
  readonly eks: EKSClient;
  readonly ec2: EC2Client;
  readonly autoScaling: AutoScalingClient;
  readonly ssm: SSMClient;
  readonly ledger: Ledger;
}

/**
 * Reads everything that decisions about the managed node groups of the scope depend on. One reconcile of a whole fleet
 * costs one call per cluster, one per node group, and the pages of the lists. A subject that cannot be read is returned
 * as unreadable, and does not affect the others.
 */
export async function observeNodeGroups(
  clients: ObserveClients,
  readCluster: ClusterReader,
  scope: Scope,
  now: number,
  policy: Policy | InvalidPolicy,
): Promise<Observation[]> {
  const described = await describeScope(clients.eks, scope);
  const subjects = described.map(({ key }) => subjectOf(key));
  const [clusters, states, needs, quarantines, orders, targets] = await Promise.all([
    describeClusters(readCluster, described),
    readNodeGroups(clients.ledger, subjects),
    readNeeds(clients.ledger, subjects),
    // A worker in quarantine holds a slot of the budget of quarantines. Nothing else of `quarantine-workers` is read.
    readBudget(clients.ledger, 'quarantines'),
    readReplacementOrders(clients.ledger, now),
    readTargets(
      clients,
      described.flatMap(({ reading }) => (reading.kind === 'found' ? (pairOf(reading.found) ?? []) : [])),
    ),
  ]);
  // Of a group of which nobody can read what was done, nothing is begun anew.
  const readable = withReadableItems(clients.ledger, NODE_GROUP_PK, described, ({ key }) => subjectOf(key));
  const remembered = readable.map((each) => ({ ...each, ...stateOf(each, states.get(subjectOf(each.key))) }));
  const followed = await pMap(remembered, (each) => follow(clients.eks, each, now), { concurrency: READ_CONCURRENCY });
  // Nodes are read after the updates, so that they reflect updates that have ended.
  const found = followed.flatMap(({ reading }) => (reading.kind === 'found' ? [reading.found] : []));
  const readControlPlane = createControlPlaneReader(clients.eks, now, clusters);
  const [scalingOf, nextVersions, customs] = await Promise.all([
    observeScaling(clients, found),
    observeNextVersions(clients, found, clusters, readControlPlane, policy, now),
    observeCustom(
      clients,
      found.flatMap((group) => customGroupOf(group, clusters.get(group.clusterName ?? ''), policy)),
      readControlPlane,
      now,
    ),
  ]);
  const quarantinedIn = Map.groupBy(Object.entries(quarantines.slots), ([, { cluster, nodegroup = '' }]) =>
    subjectOf({ cluster, nodegroup }),
  );
  return followed.map((each): Observation => {
    const { key, trigger, state, isAnother } = each;
    const cluster = clusters.get(key.cluster) ?? { kind: 'gone' };
    const need = isAnother ? undefined : needs.get(subjectOf(key));
    const view = viewOf(each, cluster, { targets, nextVersions, scalingOf, customs });
    const order = isAnother ? undefined : orders.get(subjectOf(key));
    const request = scope.requests.get(subjectOf(key));
    const quarantined = quarantinedIn.get(subjectOf(key))?.map(([instanceId]) => instanceId);
    const seen = {
      key,
      trigger,
      state,
      view,
      ...(order !== undefined && { order }),
      ...(need !== undefined && { need }),
      ...(quarantined !== undefined && { quarantined }),
    };
    const known = [state.answered, state.proposal?.ruling?.id];
    return request === undefined || known.includes(request.trigger.id)
      ? seen
      : { ...seen, trigger: request.trigger, request };
  });
}

/** Describes the named node groups and, when a release concerns a pair, all node groups of that pair in the fleet. */
async function describeScope(eks: EKSClient, { pairs, nodeGroups }: Scope): Promise<Described[]> {
  // sweep-fleet reports clusters that cannot be read.
  const everywhere = pairs.size === 0 ? [] : (await listNodeGroups(eks, await listClusters(eks))).nodeGroups;
  const keys = new Map([
    ...everywhere.map((key): [string, NodeGroupKey] => [subjectOf(key), key]),
    ...[...nodeGroups].map(([subject, { key }]): [string, NodeGroupKey] => [subject, key]),
  ]);
  const described = await pMap(
    keys,
    async ([subject, key]) => {
      const reading = await describeNodeGroup(eks, key, 'tell');
      const pair = reading.kind === 'found' ? pairOf(reading.found) : undefined;
      const trigger = nodeGroups.get(subject)?.trigger ?? (pair && pairs.get(pairKey(pair)));
      return trigger === undefined ? undefined : { key, trigger, reading };
    },
    { concurrency: READ_CONCURRENCY },
  );
  return described.filter((entry) => entry !== undefined);
}

async function describeClusters(readCluster: ClusterReader, described: readonly Described[]) {
  const names = new Set(described.filter(({ reading }) => reading.kind === 'found').map(({ key }) => key.cluster));
  const describe = async (name: string): Promise<[string, Reading<Cluster>]> => [name, await readCluster(name)];
  return new Map(await pMap(names, describe, { concurrency: READ_CONCURRENCY }));
}

/**
 * The remembered state of a node group. Its ARN tells the node group from an earlier one with the same name. Of the
 * earlier one five things are kept. The number of recorded outcomes stays, so that no outcome is mistaken for a
 * repetition, and that of writes, so that nobody else's is undone. The planned wake-up stays. The last answer stays, since a
 * request is answered once. The breakers that operators have lifted through the earlier node group stay, since they hold
 * others, too.
 */
export function stateOf(
  { reading }: Pick<Described, 'reading'>,
  known: NodeGroupState = NEW_NODE_GROUP,
): { readonly state: NodeGroupState; readonly isAnother: boolean } {
  const arn = reading.kind === 'found' ? reading.found.nodegroupArn : undefined;
  if (arn === undefined) return { state: known, isAnother: false };
  if (known.arn === undefined || known.arn === arn) return { state: { ...known, arn }, isAnother: false };
  const { outcomes, wakeAt, lifts, revision } = known;
  const answered = known.answered ?? known.proposal?.ruling?.id;
  const kept = {
    ...(revision !== undefined && { revision }),
    ...(wakeAt !== undefined && { wakeAt }),
    ...(answered !== undefined && { answered }),
    ...(lifts !== undefined && { lifts }),
  };
  return { state: { outcomes, arn, ...kept }, isAnother: true };
}

async function follow(
  eks: EKSClient,
  each: Described & Pick<Followed, 'state' | 'isAnother'>,
  now: number,
): Promise<Followed> {
  const { key, state, reading } = each;
  if (reading.kind !== 'found') return each;
  const update = state.upgrade && (await observeUpdate(eks, key, state.upgrade));
  if (update?.kind === 'successful') {
    // The update may have ended between the two reads, so the node group is read again.
    return { ...each, reading: await describeNodeGroup(eks, key, 'tell'), update };
  }
  if (update !== undefined) return { ...each, update };
  if (reading.found.status !== 'UPDATING') return each;
  return { ...each, foreign: await observeForeign(eks, key, state.foreign, now) };
}

/**
 * The node groups of a cluster that are being updated, except the known ones: somebody else may have started an update
 * since the last sweep. Node groups that cannot be read are left out; they have reconciles of their own.
 *
 * @param known subjects that need not be read
 */
export async function findUpdating(
  eks: EKSClient,
  cluster: string,
  known: ReadonlySet<string>,
): Promise<NodeGroupKey[]> {
  const { nodeGroups } = await listNodeGroups(eks, [cluster]);
  const others = nodeGroups.filter((key) => !known.has(subjectOf(key)));
  const updating = await pMap(
    others,
    async (key) => {
      const reading = await describeNodeGroup(eks, key, 'tell');
      return reading.kind === 'found' && reading.found.status === 'UPDATING' ? [key] : [];
    },
    { concurrency: READ_CONCURRENCY },
  );
  return updating.flat();
}
