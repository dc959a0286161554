import type { EC2Client, Instance, IpPermission } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { BlastBudget } from '../shared/blast-budget.ts';
import { NEW_EXPOSED_GROUP, readExposedGroups } from '../shared/exposed-group-ledger.ts';
import type { ClusterReader } from '../shared/fleet.ts';
import type { HintTrigger } from '../shared/hints.ts';
import type { Ledger } from '../shared/ledger.ts';
import { type NodeGroupKey, subjectOf } from '../shared/node-group-ledger.ts';
import { readOwnerTags } from '../shared/owner-tags.ts';
import { type Worker, workerOf } from '../shared/worker.ts';
import { admitsWorld, type Networks, worldPart } from './exposure.ts';
import type { Request, Scope } from './hints.ts';
import type { GroupObservation, Observation, WorkerView } from './observation.ts';
import { viewWorkers } from './observe.ts';

export interface GroupClients {
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly ledger: Ledger;
  readonly readCluster: ClusterReader;
  /** All workers of the given clusters. */
  readonly describe: (clusters: readonly string[]) => Promise<Instance[]>;
}

interface Wanted {
  readonly key: NodeGroupKey;
  readonly trigger: HintTrigger;
  readonly worker: Worker;
  readonly request?: Request;
}

/** Looks at the groups of exposed workers as a whole, and at those that an operator asked about. */
export async function observeGroups(
  clients: GroupClients,
  exposed: readonly Observation[],
  scope: Scope,
  slots: BlastBudget['slots'],
): Promise<GroupObservation[]> {
  const wanted = wantedGroups(exposed, scope);
  if (wanted.size === 0) return [];
  const instances = await clients.describe([...new Set([...wanted.values()].map(({ key }) => key.cluster))]);
  const members = instances.flatMap((instance) => {
    const worker = workerOf(instance);
    const subject = subjectOf({ cluster: worker?.cluster ?? '', nodegroup: worker?.nodegroup ?? '' });
    return worker === undefined || !wanted.has(subject)
      ? []
      : [{ instanceId: instance.InstanceId ?? '', instance, worker, subject }];
  });
  const [{ views, networks }, states, ownerTags] = await Promise.all([
    viewWorkers(clients.ec2, members),
    readExposedGroups(clients.ledger, [...wanted.keys()]),
    readOwnerTags(
      clients.eks,
      clients.readCluster,
      [...wanted.values()].map(({ worker }) => worker),
    ),
  ]);
  const byGroup = Map.groupBy(members, ({ subject }) => subject);
  return [...wanted].map(([subject, { key, trigger, worker, request }]): GroupObservation => {
    const own = new Map(
      (byGroup.get(subject) ?? []).flatMap(({ instanceId }): Array<[string, WorkerView]> => {
        const view = views.get(instanceId);
        return view === undefined || !['pending', 'running'].includes(view.instanceState) ? [] : [[instanceId, view]];
      }),
    );
    const interfaces = [...own.values()].flatMap((view) => view.interfaces);
    const subnets = new Set(interfaces.map(({ subnetId }) => subnetId));
    return {
      key,
      trigger,
      state: states.get(subject) ?? NEW_EXPOSED_GROUP,
      ownerTags: ownerTags.get(worker) ?? {},
      size: own.size,
      exposed: [...own].flatMap(([id, { exposures }]) => (exposures.length > 0 || id in slots ? id : [])),
      publicSubnets: [...subnets].filter((id) => networks.publicSubnets.has(id)).sort(),
      worldOpen: worldOpenOf([...new Set(interfaces.flatMap(({ groupIds }) => groupIds))].sort(), networks),
      ...(request !== undefined && { request }),
    };
  });
}

function wantedGroups(exposed: readonly Observation[], { groupRequests }: Scope): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const [subject, request] of groupRequests) {
    const { clusterName: cluster = '', nodegroupName: nodegroup = '' } = request.event.detail;
    const ownership = nodegroup.includes(':') ? 'self-managed' : 'managed';
    const worker = { cluster, nodegroup, ownership } as const;
    wanted.set(subject, { key: { cluster, nodegroup }, trigger: request.trigger, worker, request });
  }
  for (const { view, trigger } of exposed) {
    // AWS looks after the workers of EKS Auto Mode, and one that belongs to no group has none to be looked at.
    if (view?.nodegroup === undefined || view.ownership === 'auto-mode') continue;
    const key = { cluster: view.cluster, nodegroup: view.nodegroup };
    if (!wanted.has(subjectOf(key))) wanted.set(subjectOf(key), { key, trigger, worker: view });
  }
  return wanted;
}

const worldOpenOf = (groupIds: readonly string[], { ingress }: Networks): GroupObservation['worldOpen'] =>
  groupIds.flatMap((groupId) => {
    const permissions = (ingress.get(groupId) ?? []).filter((rule) => admitsWorld(rule, 'any')).map(worldPart);
    return permissions.length === 0 ? [] : [{ groupId, permissions: permissions satisfies IpPermission[] }];
  });
