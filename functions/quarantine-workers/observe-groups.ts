import { type AutoScalingClient, paginateDescribeAutoScalingGroups } from '@aws-sdk/client-auto-scaling';
import type { EC2Client, Filter, Instance, IpPermission } from '@aws-sdk/client-ec2';
import type { ClusterReader } from '../shared/fleet/fleet.ts';
import { type IdentityClients, identifyWorkers, readOwner } from '../shared/fleet/identity.ts';
import { describeInstances, filtersOf } from '../shared/fleet/instances.ts';
import { isProven, type Owner } from '../shared/fleet/owners.ts';
import { AUTO_SCALING_GROUP_TAG, unmanagedGroup } from '../shared/fleet/worker.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import type { BlastBudget } from '../shared/ledger/blast-budget.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { chunks } from '../shared/runtime/chunks.ts';
import type { Request, Scope } from './batch.ts';
import { NEW_EXPOSED_GROUP, readExposedGroups } from './exposed-group-ledger.ts';
import { admitsWorld, type Exposure, type Networks, worldPart } from './exposure.ts';
import type { GroupObservation, Observation, WorkerView } from './observation.ts';
import { readSubnets } from './observe-networks.ts';
import { keyOfTemplate, readTemplateAddresses } from './observe-templates.ts';
import { viewWorkers } from './view-workers.ts';

export interface GroupClients extends IdentityClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly ledger: Ledger;
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
  readCluster: ClusterReader,
  exposed: readonly Observation[],
  scope: Scope,
  slots: BlastBudget['slots'],
): Promise<GroupObservation[]> {
  const wanted = await wantedGroups(clients, readCluster, exposed, scope);
  if (wanted.size === 0) return [];
  const [members, states, subnetsOf] = await Promise.all([
    readMembers(clients, readCluster, wanted),
    readExposedGroups(clients.ledger, [...wanted.keys()]),
    readSubnetsOf(clients.autoScaling, wanted),
  ]);
  const subnets = await readSubnets(clients.ec2, [...new Set([...subnetsOf.values()].flat())]);
  const more = new Map([...subnets].map(([id, { vpcId }]) => [id, vpcId]));
  const [{ views, networks }, addresses] = await Promise.all([
    viewWorkers(clients.ec2, members, more),
    readTemplateAddresses(
      clients.ec2,
      exposed.flatMap(({ view }) => view?.launchTemplate ?? []),
    ),
  ]);
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
    const ids = [...new Set(subnetsOf.get(subject) ?? interfaces.map(({ subnetId }) => subnetId))].sort();
    const handingOut = (family: 'ipv4' | 'ipv6') =>
      ids.filter((id) => networks.subnets.get(id)?.handsOut[family] === true && isOpenSubnet(id, family, networks));
    const templates = exposed
      .filter(({ view }) => subjectOf({ cluster: view?.cluster ?? '', nodegroup: view?.nodegroup ?? '' }) === subject)
      .flatMap(({ view }) => view?.launchTemplate ?? []);
    return {
      key,
      trigger,
      state: states.get(subject) ?? NEW_EXPOSED_GROUP,
      owner,
      size: own.size,
      exposed: [...own].flatMap(([id, { exposures }]) => (exposures.length > 0 || id in slots ? id : [])),
      // What workers are launched from overrides the subnets, where every one of those that are exposed was launched like that.
      publicSubnets:
        templates.length > 0 && templates.every((template) => addresses.get(keyOfTemplate(template))?.isPrivateIpv4)
          ? []
          : handingOut('ipv4'),
      ipv6Subnets: handingOut('ipv6'),
      publicTemplates: [
        ...new Set(
          templates
            .filter((template) => addresses.get(keyOfTemplate(template))?.isPublic)
            .map(({ id, version }) => `version ${version} of ${id}`),
        ),
      ].sort(),
      boundLater: [...own].filter(([id, { exposures }]) => !(id in slots) && isBoundLater(exposures)).length,
      openPorts: [
        ...new Set([...own.values()].flatMap((view) => view.exposures.flatMap((each) => each.openPorts))),
      ].sort(),
      worldOpen: worldOpenOf([...new Set(interfaces.flatMap(({ groupIds }) => groupIds))].sort(), networks),
      // Read where there is something to close: see observe-users.ts.
      users: new Map(),
      ...(request !== undefined && { request }),
    };
  });
}

/** An Elastic IP is put to what runs, by a controller or by an attacker: it proves no design. */
const isBoundLater = (exposures: readonly Exposure[]): boolean =>
  exposures.length > 0 && exposures.every(({ kind }) => kind === 'elastic');

/** Whether what a subnet hands out is reached from the Internet. */
const isOpenSubnet = (id: string, family: 'ipv4' | 'ipv6', { gateways, subnets }: Networks): boolean =>
  gateways.get(id)?.[family] !== undefined && subnets.get(id)?.blocked !== true;

async function wantedGroups(
  { eks }: GroupClients,
  readCluster: ClusterReader,
  exposed: readonly Observation[],
  { groupRequests }: Scope,
): Promise<Map<string, Wanted>> {
  const wanted = new Map<string, Wanted>();
  for (const [subject, request] of groupRequests) {
    const { clusterName: cluster = '', nodegroupName: nodegroup = '' } = request.event.detail;
    const key = { cluster, nodegroup };
    // What was closed is opened again whoever owns it by now.
    const { autoScalingGroups, subnets } = await readOwner(eks, readCluster, key);
    const owner = {
      tags: {},
      ...(autoScalingGroups !== undefined && { autoScalingGroups }),
      ...(subnets !== undefined && { subnets }),
    };
    wanted.set(subject, { key, trigger: request.trigger, owner, request });
  }
  for (const { view, trigger, owner = { tags: {} } } of exposed) {
    // AWS looks after the workers of EKS Auto Mode, and one that belongs to no group has none to be looked at.
    if (view?.nodegroup === undefined || view.ownership === 'auto-mode') continue;
    const key = { cluster: view.cluster, nodegroup: view.nodegroup };
    if (!wanted.has(subjectOf(key))) wanted.set(subjectOf(key), { key, trigger, owner });
  }
  return wanted;
}

interface Member {
  readonly subject: string;
  readonly instanceId: string;
  readonly instance: Instance;
  readonly worker: {
    readonly cluster: string;
    readonly nodegroup: string;
    readonly ownership: 'self-managed';
    certain: true;
  };
}

const PRESENT: Filter = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };

/**
 * The workers of the groups, and of no others: by the tag that Auto Scaling alone sets; those of node pools by their tags,
 * each proven by itself, since whoever sets a tag must not make a group larger.
 */
async function readMembers(
  clients: GroupClients,
  readCluster: ClusterReader,
  wanted: ReadonlyMap<string, Wanted>,
): Promise<Member[]> {
  const subjectsByGroup = new Map<string, string>();
  const pools = new Map<string, string>();
  for (const [subject, { key, owner }] of wanted) {
    const unmanaged = unmanagedGroup(key.nodegroup);
    if (unmanaged?.kind === 'node-pool') pools.set(subject, unmanaged.name);
    else if (unmanaged !== undefined) subjectsByGroup.set(unmanaged.name, subject);
    else for (const name of owner.autoScalingGroups ?? []) subjectsByGroup.set(name, subject);
  }
  const [inGroups, inPools] = await Promise.all([
    describeInstances(
      clients.ec2,
      filtersOf(`tag:${AUTO_SCALING_GROUP_TAG}`, [...subjectsByGroup.keys()]).map((filter) => [PRESENT, filter]),
    ),
    describeInstances(
      clients.ec2,
      filtersOf('tag:karpenter.sh/nodepool', [...new Set(pools.values())]).map((filter) => [PRESENT, filter]),
    ),
  ]);
  const identities = await identifyWorkers(clients, readCluster, inPools);
  const memberOf = (instance: Instance, subject: string | undefined): Member[] => {
    const key = wanted.get(subject ?? '')?.key;
    if (subject === undefined || key === undefined) return [];
    const worker = { ...key, ownership: 'self-managed', certain: true } as const;
    return [{ subject, instanceId: instance.InstanceId ?? '', instance, worker }];
  };
  return [
    ...inGroups.flatMap((instance) => memberOf(instance, subjectsByGroup.get(groupTagOf(instance)))),
    ...inPools.flatMap((instance) => {
      const identity = identities.get(instance.InstanceId ?? '');
      if (identity === undefined || !isProven(identity.owner)) return [];
      const { cluster, nodegroup = '' } = identity.worker;
      const subject = subjectOf({ cluster, nodegroup });
      return memberOf(instance, pools.has(subject) ? subject : undefined);
    }),
  ];
}

const groupTagOf = ({ Tags = [] }: Instance): string =>
  Tags.find(({ Key }) => Key === AUTO_SCALING_GROUP_TAG)?.Value ?? '';

/** DescribeAutoScalingGroups takes at most 100 names. */
const NAMES_PER_CALL = 100;

/** The subnets that each group launches its workers into, where EKS or Auto Scaling tells them. */
async function readSubnetsOf(
  autoScaling: AutoScalingClient,
  wanted: ReadonlyMap<string, Wanted>,
): Promise<Map<string, readonly string[]>> {
  const subnets = new Map<string, readonly string[]>();
  const subjects = new Map<string, string>();
  for (const [subject, { key, owner }] of wanted) {
    if (owner.subnets !== undefined) subnets.set(subject, owner.subnets);
    const unmanaged = unmanagedGroup(key.nodegroup);
    if (unmanaged?.kind === 'auto-scaling-group') subjects.set(unmanaged.name, subject);
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

const worldOpenOf = (groupIds: readonly string[], { ingress, worldLists }: Networks): GroupObservation['worldOpen'] =>
  groupIds.flatMap((groupId) => {
    const permissions = (ingress.get(groupId) ?? [])
      .filter((rule) => admitsWorld(rule, 'any', worldLists))
      .map((rule) => worldPart(rule, worldLists));
    return permissions.length === 0 ? [] : [{ groupId, permissions: permissions satisfies IpPermission[] }];
  });
