import {
  type Address,
  DescribeAddressesCommand,
  type EC2Client,
  type Filter,
  type Instance,
  paginateDescribeInstances,
} from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../shared/aws-client.ts';
import type { BlastBudget } from '../shared/blast-budget.ts';
import { chunks } from '../shared/chunks.ts';
import type { ClusterReader } from '../shared/fleet.ts';
import type { HintTrigger } from '../shared/hints.ts';
import type { Ledger } from '../shared/ledger.ts';
import { readOwnerTags } from '../shared/owner-tags.ts';
import { NEVER_SEEN, type QuarantineState, readQuarantines } from '../shared/quarantine-ledger.ts';
import { type Worker, workerOf } from '../shared/worker.ts';
import type { Networks } from './exposure.ts';
import type { Scope } from './hints.ts';
import type { GroupObservation, Observation, WorkerView } from './observation.ts';
import { observeGroups } from './observe-groups.ts';
import { observeNetworks } from './observe-networks.ts';
import { elasticIpsOf, interfacesOf, viewOf } from './worker-view.ts';

export interface ObserveClients {
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly ledger: Ledger;
}

/** What one look sees. */
export interface Sight {
  readonly observations: readonly Observation[];
  readonly groups: readonly GroupObservation[];
}

/** A filter takes at most 200 values. */
const VALUES_PER_FILTER = 200;

/**
 * Reads what decisions about the workers of the scope rest on. Whatever is not a worker is left out here and never
 * looked at again, whoever says what of it. Groups are looked at as a whole where one of their workers is exposed.
 *
 * @param slots of the blast budget: who is in quarantine, also where EC2 shows the instance no more
 */
export async function observe(
  clients: ObserveClients,
  readCluster: ClusterReader,
  scope: Scope,
  slots: BlastBudget['slots'],
): Promise<Sight> {
  const workers = workersIn(await findInstances(clients.ec2, scope), scope);
  const held = Object.entries(slots).flatMap(([id, { cluster }]) => (scope.clusters.has(cluster) ? id : []));
  const found = workers.map(({ instanceId }) => instanceId);
  const states = await readQuarantines(clients.ledger, [
    ...found,
    ...held,
    ...scope.instances.keys(),
    ...scope.requests.keys(),
  ]);

  const { views } = await viewWorkers(clients.ec2, workers);
  const seen = workers.flatMap(({ instanceId, trigger }): Observation[] => {
    const view = views.get(instanceId);
    return view === undefined ? [] : [observationOf(instanceId, trigger, states, scope, view)];
  });
  const gone = [...states].flatMap(([instanceId, state]): Observation[] => {
    const trigger = triggerFor(instanceId, state, scope);
    const isOpen = state.quarantine !== undefined || scope.requests.has(instanceId);
    return views.has(instanceId) || !isOpen || trigger === undefined
      ? []
      : [observationOf(instanceId, trigger, states, scope)];
  });
  const unknown = [...scope.requests].flatMap(([instanceId, { trigger }]): Observation[] =>
    views.has(instanceId) || states.has(instanceId) ? [] : [observationOf(instanceId, trigger, states, scope)],
  );

  const exposed = seen.filter(({ view }) => (view?.exposures.length ?? 0) > 0);
  const ownerTags = await readOwnerTags(
    clients.eks,
    readCluster,
    exposed.flatMap(({ view }) => view ?? []),
  );
  const describe = (clusters: readonly string[]) => describeClusters(clients.ec2, clusters);
  const groups = await observeGroups({ ...clients, readCluster, describe }, exposed, scope, slots);
  const withOwners = seen.map((observation) => {
    const tags = observation.view === undefined ? undefined : ownerTags.get(observation.view);
    return tags === undefined ? observation : { ...observation, ownerTags: tags };
  });
  return { observations: [...withOwners, ...gone, ...unknown], groups };
}

const observationOf = (
  instanceId: string,
  trigger: HintTrigger,
  states: ReadonlyMap<string, QuarantineState>,
  { requests }: Scope,
  view?: WorkerView,
): Observation => {
  const request = requests.get(instanceId);
  return {
    instanceId,
    trigger: request?.trigger ?? trigger,
    state: states.get(instanceId) ?? NEVER_SEEN,
    ...(view !== undefined && { view }),
    ...(request !== undefined && { request }),
  };
};

const triggerFor = (instanceId: string, { quarantine }: QuarantineState, scope: Scope): HintTrigger | undefined =>
  scope.requests.get(instanceId)?.trigger ??
  scope.instances.get(instanceId) ??
  (quarantine && scope.clusters.get(quarantine.cluster));

/** A worker that was found, and what asked for the look at it. */
export interface FoundWorker {
  readonly instanceId: string;
  readonly instance: Instance;
  readonly worker: Worker;
  readonly trigger: HintTrigger;
}

async function findInstances(ec2: EC2Client, scope: Scope): Promise<Instance[]> {
  const { instances, interfaces, securityGroups, clusters, requests } = scope;
  const filters = [
    ...filtersOf('instance-id', [...new Set([...instances.keys(), ...requests.keys()])]),
    ...filtersOf('network-interface.network-interface-id', [...interfaces.keys()]),
    ...filtersOf('network-interface.group-id', [...securityGroups.keys()]),
  ];
  const [found, ofClusters] = await Promise.all([
    pMap(filters, (filter) => describeInstances(ec2, [filter]), { concurrency: READ_CONCURRENCY }),
    describeClusters(ec2, [...clusters.keys()]),
  ]);
  return [...found.flat(), ...ofClusters];
}

/** All workers of the given clusters that are there; two tags say whose a worker is, and not every kind has both. */
async function describeClusters(ec2: EC2Client, clusters: readonly string[]): Promise<Instance[]> {
  const present = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };
  const owned = clusters.map((name) => `kubernetes.io/cluster/${name}`);
  const filters = [...filtersOf('tag:aws:eks:cluster-name', clusters), ...filtersOf('tag-key', owned)];
  const read = (filter: Filter) => describeInstances(ec2, [present, filter]);
  return (await pMap(filters, read, { concurrency: READ_CONCURRENCY })).flat();
}

const filtersOf = (Name: string, values: readonly string[]): Filter[] =>
  chunks(values, VALUES_PER_FILTER).map((Values) => ({ Name, Values }));

async function describeInstances(ec2: EC2Client, Filters: Filter[]): Promise<Instance[]> {
  const instances: Instance[] = [];
  const input = { Filters, IncludeManagedResources: true };
  for await (const page of paginateDescribeInstances({ client: ec2, pageSize: 1000 }, input)) {
    instances.push(...(page.Reservations ?? []).flatMap(({ Instances }) => Instances ?? []));
  }
  return instances;
}

function workersIn(instances: readonly Instance[], scope: Scope): FoundWorker[] {
  const byId = new Map(instances.map((instance): [string, Instance] => [instance.InstanceId ?? '', instance]));
  return [...byId].flatMap(([instanceId, instance]) => {
    const worker = workerOf(instance);
    const trigger = worker && triggerOf(instanceId, instance, worker, scope);
    return worker === undefined || trigger === undefined ? [] : [{ instanceId, instance, worker, trigger }];
  });
}

function triggerOf(instanceId: string, instance: Instance, worker: Worker, scope: Scope): HintTrigger | undefined {
  const interfaces = instance.NetworkInterfaces ?? [];
  const byInterface = interfaces.map(({ NetworkInterfaceId = '' }) => scope.interfaces.get(NetworkInterfaceId));
  const groups = interfaces.flatMap(({ Groups = [] }) => Groups);
  const byGroup = groups.map(({ GroupId = '' }) => scope.securityGroups.get(GroupId));
  return [
    scope.requests.get(instanceId)?.trigger,
    scope.instances.get(instanceId),
    ...byInterface,
    ...byGroup,
    scope.clusters.get(worker.cluster),
  ].find((trigger) => trigger !== undefined);
}

/** The workers as they stand, by instance id, and the network around them. */
export async function viewWorkers(
  ec2: EC2Client,
  workers: ReadonlyArray<Pick<FoundWorker, 'instanceId' | 'instance' | 'worker'>>,
): Promise<{ views: Map<string, WorkerView>; networks: Networks }> {
  const elastic = await readElasticAddresses(
    ec2,
    workers.flatMap(({ instance }) => elasticIpsOf(instance)),
  );
  const places = workers.map(({ instance }) => ({
    vpcId: instance.VpcId ?? '',
    interfaces: interfacesOf(instance, elastic),
  }));
  const networks = await observeNetworks(ec2, places);
  const views = workers.map(({ instanceId, instance, worker }, index): [string, WorkerView] => [
    instanceId,
    viewOf(instance, worker, places[index]?.interfaces ?? [], networks),
  ]);
  return { views: new Map(views), networks };
}

/** One worker as it stands now; undefined when EC2 shows it no more. */
export async function viewAgain(ec2: EC2Client, instanceId: string): Promise<WorkerView | undefined> {
  const [instance] = await describeInstances(ec2, filtersOf('instance-id', [instanceId]));
  const worker = instance && workerOf(instance);
  if (instance === undefined || worker === undefined) return undefined;
  return (await viewWorkers(ec2, [{ instanceId, instance, worker }])).views.get(instanceId);
}

async function readElasticAddresses(ec2: EC2Client, publicIps: readonly string[]): Promise<Map<string, Address>> {
  const read = async (filter: Filter) =>
    (await ec2.send(new DescribeAddressesCommand({ Filters: [filter] }))).Addresses;
  const pages = await pMap(filtersOf('public-ip', [...new Set(publicIps)]), read, { concurrency: READ_CONCURRENCY });
  return new Map(pages.flatMap((addresses = []) => addresses).map((address) => [address.PublicIp ?? '', address]));
}
