import { type AutoScalingClient, paginateDescribeAutoScalingGroups } from '@aws-sdk/client-auto-scaling';
import type { EC2Client, Instance, IpPermission } from '@aws-sdk/client-ec2';
import type { Owner } from '../shared/fleet/owners.ts';
import { type Worker, workerOf } from '../shared/fleet/worker.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import type { BlastBudget } from '../shared/ledger/blast-budget.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { chunks } from '../shared/runtime/chunks.ts';
import type { Request, Scope } from './batch.ts';
import { NEW_EXPOSED_GROUP, readExposedGroups } from './exposed-group-ledger.ts';
import { admitsWorld, type Networks, worldPart } from './exposure.ts';
import type { GroupObservation, Observation, WorkerView } from './observation.ts';
import { readPublicSubnets } from './observe-networks.ts';
import { viewWorkers } from './view-workers.ts';

export interface GroupClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly ledger: Ledger;
  /** All workers of the given clusters. */
  readonly describe: (clusters: readonly string[]) => Promise<Instance[]>;
}

interface Wanted {
  readonly key: NodeGroupKey;
  readonly trigger: MessageTrigger;
  readonly owner: Owner;
  readonly request?: Request;
}

/** Looks at the groups of exposed workers as a whole, and at those that an operator asked about. */
export async function observeGroups(
  clients: GroupClients,
  exposed: readonly Observation[],
  owners: ReadonlyMap<Worker, Owner>,
  scope: Scope,
  slots: BlastBudget['slots'],
): Promise<GroupObservation[]> {
  const wanted = wantedGroups(exposed, owners, scope);
  if (wanted.size === 0) return [];
  const instances = await clients.describe([...new Set([...wanted.values()].map(({ key }) => key.cluster))]);
  const members = instances.flatMap((instance) => {
    const worker = workerOf(instance);
    const subject = subjectOf({ cluster: worker?.cluster ?? '', nodegroup: worker?.nodegroup ?? '' });
    return worker === undefined || !wanted.has(subject)
      ? []
      : [{ instanceId: instance.InstanceId ?? '', instance, worker, subject }];
  });
  const [{ views, networks }, states, subnetsOf] = await Promise.all([
    viewWorkers(clients.ec2, members),
    readExposedGroups(clients.ledger, [...wanted.keys()]),
    readSubnets(clients.autoScaling, wanted),
  ]);
  const publicSubnets = await readPublicSubnets(clients.ec2, [...new Set([...subnetsOf.values()].flat())]);
  const known = new Set([...publicSubnets, ...networks.publicSubnets]);
  const byGroup = Map.groupBy(members, ({ subject }) => subject);
  return [...wanted].map(([subject, { key, trigger, owner, request }]): GroupObservation => {
    const own = new Map(
      (byGroup.get(subject) ?? []).flatMap(({ instanceId }): Array<[string, WorkerView]> => {
        const view = views.get(instanceId);
        return view === undefined || !['pending', 'running'].includes(view.instanceState) ? [] : [[instanceId, view]];
      }),
    );
    const interfaces = [...own.values()].flatMap((view) => view.interfaces);
    // A group that names no subnets of its own has those of its workers.
    const subnets = subnetsOf.get(subject) ?? interfaces.map(({ subnetId }) => subnetId);
    return {
      key,
      trigger,
      state: states.get(subject) ?? NEW_EXPOSED_GROUP,
      owner,
      size: own.size,
      exposed: [...own].flatMap(([id, { exposures }]) => (exposures.length > 0 || id in slots ? id : [])),
      publicSubnets: [...new Set(subnets)].filter((id) => known.has(id)).sort(),
      worldOpen: worldOpenOf([...new Set(interfaces.flatMap(({ groupIds }) => groupIds))].sort(), networks),
      // Read where there is something to close: see observe-users.ts.
      users: new Map(),
      ...(request !== undefined && { request }),
    };
  });
}

function wantedGroups(
  exposed: readonly Observation[],
  owners: ReadonlyMap<Worker, Owner>,
  { groupRequests }: Scope,
): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const [subject, request] of groupRequests) {
    const { clusterName: cluster = '', nodegroupName: nodegroup = '' } = request.event.detail;
    // What was closed is opened again whoever owns it by now.
    wanted.set(subject, { key: { cluster, nodegroup }, trigger: request.trigger, owner: { tags: {} }, request });
  }
  for (const { view, trigger } of exposed) {
    // AWS looks after the workers of EKS Auto Mode, and one that belongs to no group has none to be looked at.
    if (view?.nodegroup === undefined || view.ownership === 'auto-mode') continue;
    const key = { cluster: view.cluster, nodegroup: view.nodegroup };
    const owner = owners.get(view) ?? { tags: {} };
    if (!wanted.has(subjectOf(key))) wanted.set(subjectOf(key), { key, trigger, owner });
  }
  return wanted;
}

/** Of self-managed groups: the Auto Scaling group's own name follows. */
const SELF_MANAGED = 'self-managed:';
/** DescribeAutoScalingGroups takes at most 100 names. */
const NAMES_PER_CALL = 100;

/** The subnets that each group launches its workers into, where EKS or Auto Scaling tells them. */
async function readSubnets(
  autoScaling: AutoScalingClient,
  wanted: ReadonlyMap<string, Wanted>,
): Promise<Map<string, readonly string[]>> {
  const subnets = new Map<string, readonly string[]>();
  const subjects = new Map<string, string>();
  for (const [subject, { key, owner }] of wanted) {
    if (owner.subnets !== undefined) subnets.set(subject, owner.subnets);
    if (key.nodegroup.startsWith(SELF_MANAGED)) subjects.set(key.nodegroup.slice(SELF_MANAGED.length), subject);
  }
  for (const AutoScalingGroupNames of chunks([...subjects.keys()], NAMES_PER_CALL)) {
    const input = { AutoScalingGroupNames, MaxRecords: NAMES_PER_CALL };
    for await (const page of paginateDescribeAutoScalingGroups({ client: autoScaling }, input)) {
      for (const { AutoScalingGroupName = '', VPCZoneIdentifier = '' } of page.AutoScalingGroups ?? []) {
        const subject = subjects.get(AutoScalingGroupName);
        if (subject !== undefined && VPCZoneIdentifier !== '') subnets.set(subject, VPCZoneIdentifier.split(','));
      }
    }
  }
  return subnets;
}

const worldOpenOf = (groupIds: readonly string[], { ingress }: Networks): GroupObservation['worldOpen'] =>
  groupIds.flatMap((groupId) => {
    const permissions = (ingress.get(groupId) ?? []).filter((rule) => admitsWorld(rule, 'any')).map(worldPart);
    return permissions.length === 0 ? [] : [{ groupId, permissions: permissions satisfies IpPermission[] }];
  });
