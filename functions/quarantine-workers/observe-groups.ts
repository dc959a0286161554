import { type AutoScalingClient, paginateDescribeAutoScalingGroups } from '@aws-sdk/client-auto-scaling';
import type { EC2Client, IpPermission } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import type { ClusterReader } from '../shared/fleet/fleet.ts';
import { type IdentityClients, readOwner } from '../shared/fleet/identity.ts';
import type { Owner } from '../shared/fleet/owners.ts';
import { unmanagedGroup } from '../shared/fleet/worker.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import type { BlastBudget } from '../shared/ledger/blast-budget.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { chunks } from '../shared/runtime/chunks.ts';
import type { Request, Scope } from './batch.ts';
import type { Circumstances } from './decision.ts';
import { NEW_EXPOSED_GROUP, readExposedGroups } from './exposed-group-ledger.ts';
import { admitsWorld, type Networks, worldPart } from './exposure.ts';
import { type Rules, shareOf } from './group-members.ts';
import type { GroupObservation, LaunchTemplate, Observation, WorkerView } from './observation.ts';
import { observeNetworks, readSubnets } from './observe-networks.ts';
import { keyOfTemplate, readTemplateAddresses, type TemplateAddresses } from './observe-templates.ts';

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

/**
 * Looks at the groups of exposed workers as a whole, and at those that an operator asked about: at their configuration, and
 * at who of them is exposed.
 */
export async function observeGroups(
  clients: GroupClients,
  readCluster: ClusterReader,
  exposed: readonly Observation[],
  scope: Scope,
  slots: BlastBudget['slots'],
  { policy }: Pick<Circumstances, 'policy'>,
): Promise<GroupObservation[]> {
  const wanted = await wantedGroups(clients, readCluster, exposed, scope);
  if (wanted.size === 0) return [];
  const seenIn = Map.groupBy(exposed, ({ view }) =>
    subjectOf({ cluster: view?.cluster ?? '', nodegroup: view?.nodegroup ?? '' }),
  );
  const [states, subnetsOf, addresses] = await Promise.all([
    readExposedGroups(clients.ledger, [...wanted.keys()]),
    readSubnetsOf(clients.autoScaling, wanted),
    readTemplateAddresses(
      clients.ec2,
      exposed.flatMap(({ view }) => view?.launchTemplate ?? []),
    ),
  ]);
  // A group that names no subnets of its own has those of its exposed workers.
  const placesOf = (subject: string): readonly string[] =>
    subnetsOf.get(subject) ??
    (seenIn.get(subject) ?? []).flatMap(({ view }) => (view?.interfaces ?? []).map(({ subnetId }) => subnetId));
  const subnets = await readSubnets(clients.ec2, [...new Set([...wanted.keys()].flatMap(placesOf))]);
  const vpcOf = new Map([...subnets].map(([id, { vpcId }]) => [id, vpcId]));
  const views = [...seenIn.values()].flat().flatMap(({ view }) => view ?? []);
  const networks = await observeNetworks(clients.ec2, views, vpcOf);
  const exposedShare = isInvalid(policy) ? 100 : policy.quarantine.publicByDesign.exposedShare;
  const look = async ([subject, { key, trigger, owner, request }]: [string, Wanted]): Promise<GroupObservation> => {
    const seen = seenIn.get(subject) ?? [];
    const ids = [...new Set(placesOf(subject))].sort();
    const handingOut = (family: 'ipv4' | 'ipv6') =>
      ids.filter((id) => networks.subnets.get(id)?.handsOut[family] === true && isOpenSubnet(id, family, networks));
    const templates = seen.flatMap(({ view }) => view?.launchTemplate ?? []);
    // A launch template overrides the subnets, where every exposed worker was launched from one that does.
    const isPrivate =
      templates.length > 0 && templates.every((each) => addresses.get(keyOfTemplate(each))?.isPrivateIpv4 === true);
    const configured = {
      publicSubnets: isPrivate ? [] : handingOut('ipv4'),
      ipv6Subnets: handingOut('ipv6'),
      publicTemplates: templatesInWords(templates, addresses),
    };
    const isConfigured = Object.values(configured).some((causes) => causes.length > 0);
    const own = new Map(
      seen.flatMap(
        ({ instanceId, view }): Array<[string, WorkerView]> => (view === undefined ? [] : [[instanceId, view]]),
      ),
    );
    const share = await shareOf(clients, readCluster, { key, owner }, own, slots, { isConfigured, exposedShare });
    const groupIds = share.views.flatMap(({ interfaces }) => interfaces.flatMap((each) => each.groupIds));
    return {
      key,
      trigger,
      state: states.get(subject) ?? NEW_EXPOSED_GROUP,
      owner,
      ...configured,
      size: share.size,
      exposed: share.exposed,
      ...(share.moreExposed && { moreExposed: true }),
      ...(share.moreWorkers && { moreWorkers: true }),
      boundLater: share.boundLater,
      openPorts: [
        ...new Set(share.views.flatMap(({ exposures }) => exposures.flatMap((each) => each.openPorts))),
      ].sort(),
      worldOpen: worldOpenOf([...new Set(groupIds)].sort(), [networks, ...share.rules]),
      // Read where there is something to close: see observe-users.ts.
      users: new Map(),
      ...(request !== undefined && { request }),
    };
  };
  return pMap(wanted, look, { concurrency: READ_CONCURRENCY });
}

/** Those of the launch templates that give public addresses, in words. */
const templatesInWords = (
  templates: readonly LaunchTemplate[],
  addresses: ReadonlyMap<string, TemplateAddresses>,
): string[] => {
  const found = templates.filter((template) => addresses.get(keyOfTemplate(template))?.isPublic === true);
  return [...new Set(found.map(({ id, version }) => `version ${version} of ${id}`))].sort();
};

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
    const input = { AutoScalingGroupNames, IncludeInstances: false, MaxRecords: NAMES_PER_CALL };
    for await (const page of paginateDescribeAutoScalingGroups({ client: autoScaling }, input)) {
      for (const { AutoScalingGroupName = '', VPCZoneIdentifier = '' } of page.AutoScalingGroups ?? []) {
        const subject = subjects.get(AutoScalingGroupName);
        if (subject !== undefined && VPCZoneIdentifier !== '') subnets.set(subject, VPCZoneIdentifier.split(','));
      }
    }
  }
  return subnets;
}

const worldOpenOf = (groupIds: readonly string[], read: readonly Rules[]): GroupObservation['worldOpen'] =>
  groupIds.flatMap((groupId) => {
    const { ingress, worldLists } = read.find((rules) => rules.ingress.has(groupId)) ?? {};
    const permissions = (ingress?.get(groupId) ?? [])
      .filter((rule) => admitsWorld(rule, 'any', worldLists ?? new Map()))
      .map((rule) => worldPart(rule, worldLists ?? new Map()));
    return permissions.length === 0 ? [] : [{ groupId, permissions: permissions satisfies IpPermission[] }];
  });
