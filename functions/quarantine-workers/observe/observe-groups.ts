import type { IpPermission } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import { telling } from '../../shared/fleet/identify-each.ts';
import { readOwner } from '../../shared/fleet/identity.ts';
import type { Owner } from '../../shared/fleet/owners.ts';
import { unmanagedGroup } from '../../shared/fleet/worker.ts';
import type { MessageTrigger } from '../../shared/intake/messages.ts';
import type { BlastBudget } from '../../shared/ledger/blast-budget.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import { withReadableItems } from '../../shared/ledger/ledger.ts';
import { type NodeGroupKey, subjectOf } from '../../shared/ledger/node-group-key.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import type { Request, Scope } from '../batch.ts';
import { admitsWorld, type Networks, worldPart } from '../exposure/exposure.ts';
import type { Family } from '../exposure/routes.ts';
import type { Circumstances } from '../model/decision.ts';
import {
  EXPOSED_GROUP_PK,
  type ExposedGroupState,
  NEW_EXPOSED_GROUP,
  readExposedGroups,
} from '../model/exposed-group-ledger.ts';
import { circumstancesOfGroup } from '../model/guards.ts';
import type { GroupObservation, LaunchTemplate, Observation, WorkerView } from '../model/observation.ts';
import type { GroupFacts } from './group-facts.ts';
import { type MemberReaders, type Rules, shareOf } from './group-members.ts';
import { readSubnets } from './network-reader.ts';
import { observeNetworks } from './observe-networks.ts';
import { keyOfTemplate, type TemplateAddresses } from './observe-templates.ts';

/** What groups are read with. */
export interface GroupReaders extends MemberReaders {
  readonly clients: MemberReaders['clients'] & { readonly ledger: Ledger };
  readonly facts: GroupFacts;
}

/** What is known once the workers of a reconcile are observed. */
export interface Around {
  /** Workers that are exposed, and proven to be workers. */
  readonly exposed: readonly Observation[];
  readonly networks: Networks;
  readonly slots: BlastBudget['slots'];
}

interface Wanted {
  readonly key: NodeGroupKey;
  readonly trigger: MessageTrigger;
  readonly owner: Owner;
  readonly request?: Request;
}

/**
 * Observes the groups of exposed workers, and the groups that an operator asked about: their configuration, and which
 * of their workers are exposed.
 */
export async function observeGroups(
  readers: GroupReaders,
  { exposed, networks: around, slots }: Around,
  scope: Scope,
  circumstances: Pick<Circumstances, 'policy' | 'account'>,
): Promise<GroupObservation[]> {
  const { clients, facts } = readers;
  const { account } = circumstances;
  const wanted = await wantedGroups(readers, exposed, scope);
  if (wanted.size === 0) return [];
  const seenIn = Map.groupBy(exposed, ({ view }) =>
    subjectOf({ cluster: view?.cluster ?? '', nodegroup: view?.nodegroup ?? '' }),
  );
  const templates = new Map(
    exposed.flatMap(({ view }) => view?.launchTemplate ?? []).map((template) => [keyOfTemplate(template), template]),
  );
  const [states, subnetsOf, ...launched] = await Promise.all([
    // The states of other groups are read once their workers are closed.
    scope.groupRequests.size === 0
      ? new Map<string, ExposedGroupState>()
      : readExposedGroups(clients.ledger, [...scope.groupRequests.keys()]),
    readSubnetsOf(facts, wanted),
    ...[...templates].map(async ([key, template]) => [key, await facts.addressesOf(template)] as const),
  ]);
  const addresses = new Map(launched);
  // A group without subnets of its own has those of its exposed workers.
  const placesOf = (subject: string): readonly string[] =>
    subnetsOf.get(subject) ??
    (seenIn.get(subject) ?? []).flatMap(({ view }) => (view?.interfaces ?? []).map(({ subnetId }) => subnetId));
  const networks = await withSubnets(readers, around, [...wanted.keys()].flatMap(placesOf));
  const look = async ([subject, { key, trigger, owner, request }]: [string, Wanted]): Promise<GroupObservation> => {
    const seen = seenIn.get(subject) ?? [];
    const { policy } = circumstancesOfGroup({ key, owner }, circumstances);
    const exposedShare = isInvalid(policy) ? 100 : policy.quarantine.publicByDesign.exposedShare;
    const launchedFrom = seen.flatMap(({ view }) => view?.launchTemplate ?? []);
    const configured = configurationOf(placesOf(subject), networks, launchedFrom, addresses);
    const isConfigured = Object.values(configured).some((causes) => causes.length > 0);
    const shared = sharedAmong([...configured.publicSubnets, ...configured.ipv6Subnets], networks, account);
    const own = new Map(
      seen.flatMap(
        ({ instanceId, view }): Array<[string, WorkerView]> => (view === undefined ? [] : [[instanceId, view]]),
      ),
    );
    const share = await shareOf(readers, { key, owner }, own, slots, {
      isConfigured,
      exposedShare,
      families: familiesIn(networks),
    });
    const groupIds = share.views.flatMap(({ interfaces }) => interfaces.flatMap((each) => each.groupIds));
    return {
      key,
      trigger,
      state: states.get(subject) ?? NEW_EXPOSED_GROUP,
      owner,
      ...configured,
      ...(shared.size > 0 && { sharedSubnets: shared }),
      size: share.size,
      exposed: share.exposed,
      ...(share.moreExposed && { moreExposed: true }),
      ...(share.moreWorkers && { moreWorkers: true }),
      boundLater: share.boundLater,
      openPorts: [
        ...new Set(share.views.flatMap(({ exposures }) => exposures.flatMap((each) => each.openPorts))),
      ].sort(),
      worldOpen: worldOpenOf([...new Set(groupIds)].sort(), [networks, ...share.rules]),
      // The users are read where there is something to close: see observe-users.ts.
      users: new Map(),
      ...(request !== undefined && { request }),
    };
  };
  const readable = withReadableItems(clients.ledger, EXPOSED_GROUP_PK, [...wanted], ([subject]) => subject);
  return pMap(readable, look, { concurrency: READ_CONCURRENCY });
}

/** What gives the workers of a group public addresses: its subnets, or the templates that it launches from. */
function configurationOf(
  places: readonly string[],
  networks: Networks,
  launchedFrom: readonly LaunchTemplate[],
  addresses: ReadonlyMap<string, TemplateAddresses | undefined>,
): Pick<GroupObservation, 'publicSubnets' | 'ipv6Subnets' | 'publicTemplates'> {
  const ids = [...new Set(places)].sort();
  const handingOut = (family: 'ipv4' | 'ipv6') =>
    ids.filter((id) => networks.subnets.get(id)?.handsOut[family] === true && isOpenSubnet(id, family, networks));
  // A launch template overrides the subnets if every exposed worker was launched from one that does.
  const isPrivate =
    launchedFrom.length > 0 && launchedFrom.every((each) => addresses.get(keyOfTemplate(each))?.isPrivateIpv4 === true);
  return {
    publicSubnets: isPrivate ? [] : handingOut('ipv4'),
    ipv6Subnets: handingOut('ipv6'),
    publicTemplates: templatesInWords(launchedFrom, addresses),
  };
}

/** The subnets of other accounts, with the account. */
const sharedAmong = (ids: readonly string[], { subnets }: Networks, account: string): ReadonlyMap<string, string> =>
  new Map(
    ids.flatMap((id): Array<[string, string]> => {
      const { ownerId = account } = subnets.get(id) ?? {};
      return ownerId === account ? [] : [[id, ownerId]];
    }),
  );

/** The launch templates that give public addresses, in words. */
const templatesInWords = (
  templates: readonly LaunchTemplate[],
  addresses: ReadonlyMap<string, TemplateAddresses | undefined>,
): string[] => {
  const found = templates.filter((template) => addresses.get(keyOfTemplate(template))?.isPublic === true);
  return [...new Set(found.map(({ id, version }) => `version ${version} of ${id}`))].sort();
};

/** Whether the Internet reaches the addresses that a subnet hands out. */
const isOpenSubnet = (id: string, family: 'ipv4' | 'ipv6', { gateways, subnets }: Networks): boolean =>
  gateways.get(id)?.[family] !== undefined && subnets.get(id)?.blocked !== true;

async function wantedGroups(
  { clients: { eks }, readCluster }: GroupReaders,
  exposed: readonly Observation[],
  { groupRequests }: Scope,
): Promise<Map<string, Wanted>> {
  const wanted = new Map<string, Wanted>();
  for (const [subject, request] of groupRequests) {
    const { clusterName: cluster = '', nodegroupName: nodegroup = '' } = request.event.detail;
    const key = { cluster, nodegroup };
    // A request reopens what was closed whoever owns the group by now, also where nobody can read that.
    const { autoScalingGroups, subnets } = await readOwner(eks, telling(readCluster), key, 'tell');
    const owner = {
      tags: {},
      ...(autoScalingGroups !== undefined && { autoScalingGroups }),
      ...(subnets !== undefined && { subnets }),
    };
    wanted.set(subject, { key, trigger: request.trigger, owner, request });
  }
  for (const { view, trigger, owner = { tags: {} } } of exposed) {
    // AWS manages the workers of EKS Auto Mode. A worker that belongs to no group has no group to observe.
    if (view?.nodegroup === undefined || view.ownership === 'auto-mode') continue;
    const key = { cluster: view.cluster, nodegroup: view.nodegroup };
    if (!wanted.has(subjectOf(key))) wanted.set(subjectOf(key), { key, trigger, owner });
  }
  return wanted;
}

/** The subnets in which each group launches its workers, as EKS or Auto Scaling names them. */
async function readSubnetsOf(
  facts: GroupFacts,
  wanted: ReadonlyMap<string, Wanted>,
): Promise<Map<string, readonly string[]>> {
  const read = async ([subject, { key, owner }]: [string, Wanted]): Promise<Array<[string, readonly string[]]>> => {
    const unmanaged = unmanagedGroup(key.nodegroup);
    const subnets = unmanaged?.kind === 'auto-scaling-group' ? await facts.subnetsOf(unmanaged.name) : owner.subnets;
    return subnets === undefined ? [] : [[subject, subnets]];
  };
  return new Map((await pMap(wanted, read, { concurrency: READ_CONCURRENCY })).flat());
}

/** Adds to the networks the given subnets that are missing there: those of a group that an operator asked about. */
async function withSubnets(
  { clients: { ec2 }, network }: GroupReaders,
  around: Networks,
  ids: readonly string[],
): Promise<Networks> {
  const unknown = [...new Set(ids.filter((id) => !around.subnets.has(id)))];
  if (unknown.length === 0) return around;
  const subnets = await readSubnets(ec2, 'subnet-id', unknown);
  const more = await observeNetworks(network, [], [...new Set([...subnets.values()].map(({ vpcId }) => vpcId))]);
  return {
    ...around,
    subnets: new Map([...more.subnets, ...around.subnets]),
    gateways: new Map([...more.gateways, ...around.gateways]),
  };
}

/** The families of which workers may have addresses: an IPv6 address needs a subnet with an IPv6 block. */
const familiesIn = ({ subnets }: Networks): readonly Family[] =>
  subnets.size === 0 || [...subnets.values()].some(({ ipv6 }) => ipv6) ? ['ipv4', 'ipv6'] : ['ipv4'];

const worldOpenOf = (groupIds: readonly string[], read: readonly Rules[]): GroupObservation['worldOpen'] =>
  groupIds.flatMap((groupId) => {
    const { ingress, worldLists } = read.find((rules) => rules.ingress.has(groupId)) ?? {};
    const permissions = (ingress?.get(groupId) ?? [])
      .filter((rule) => admitsWorld(rule, 'any', worldLists ?? new Map()))
      .map((rule) => worldPart(rule, worldLists ?? new Map()));
    return permissions.length === 0 ? [] : [{ groupId, permissions: permissions satisfies IpPermission[] }];
  });
