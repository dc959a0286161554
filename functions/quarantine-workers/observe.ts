import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import type { EC2Client, Instance } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { ClusterReader } from '../shared/fleet/fleet.ts';
import { describeInstances, filtersOf } from '../shared/fleet/instances.ts';
import { readOwners } from '../shared/fleet/owners.ts';
import { type Worker, workerOf } from '../shared/fleet/worker.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import type { BlastBudget } from '../shared/ledger/blast-budget.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { Scope } from './batch.ts';
import type { Circumstances } from './decision.ts';
import type { GroupObservation, Observation, WorkerView } from './observation.ts';
import { observeGroups } from './observe-groups.ts';
import { withUsers } from './observe-users.ts';
import { NEVER_SEEN, type QuarantineState, readQuarantines } from './quarantine-ledger.ts';
import { describeClusters, viewWorkers, workerIn } from './view-workers.ts';

export interface ObserveClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly ledger: Ledger;
}

/** What one reconcile sees. */
export interface Sight {
  readonly observations: readonly Observation[];
  readonly groups: readonly GroupObservation[];
}

/**
 * Reads what decisions about the workers of the scope rest on. Whatever is not a worker is left out here and never
 * reconciled again, whoever says what of it. Groups are looked at as a whole where one of their workers is exposed.
 *
 * @param slots of the blast budget: who is in quarantine, also where EC2 shows the instance no more
 * @param circumstances what the policy wants closed: only of that it is asked who else uses it
 */
export async function observe(
  clients: ObserveClients,
  readCluster: ClusterReader,
  scope: Scope,
  slots: BlastBudget['slots'],
  circumstances: Pick<Circumstances, 'policy' | 'account'>,
): Promise<Sight> {
  const instances = await findInstances(clients.ec2, scope);
  const known = workersIn(instances, scope);
  const held = new Map(
    Object.entries(slots).flatMap(([id, { cluster }]): Array<[string, MessageTrigger]> => {
      const trigger = scope.instances.get(id) ?? scope.clusters.get(cluster);
      return trigger === undefined ? [] : [[id, trigger]];
    }),
  );
  const found = known.map(({ instanceId }) => instanceId);
  const states = await readQuarantines(clients.ledger, [
    ...found,
    ...held.keys(),
    ...scope.instances.keys(),
    ...scope.requests.keys(),
  ]);

  const gone = new Map([...held, ...waitingIn(states, scope), ...requestedChangesIn(scope)]);
  const workers = [...known, ...(await findIsolated(clients.ec2, gone, states, new Set(found)))];
  const { views } = await viewWorkers(clients.ec2, workers);
  const seen = workers.flatMap(({ instanceId, trigger }): Observation[] => {
    const view = views.get(instanceId);
    return view === undefined ? [] : [observationOf(instanceId, trigger, states, scope, view)];
  });
  const unseen = [...gone].flatMap(([instanceId, trigger]): Observation[] =>
    views.has(instanceId) ? [] : [observationOf(instanceId, trigger, states, scope)],
  );

  const exposed = seen.filter(({ view }) => (view?.exposures.length ?? 0) > 0);
  const owners = await readOwners(
    clients.eks,
    readCluster,
    seen.flatMap(({ view, state }) => (view?.exposures.length || state.quarantine ? (view ?? []) : [])),
  );
  const describe = (clusters: readonly string[]) => describeClusters(clients.ec2, clusters);
  const publicOnes = await observeGroups({ ...clients, describe }, exposed, owners, scope, slots);
  const groups = await withUsers(clients, readCluster, publicOnes, circumstances);
  const withOwners = seen.map((observation) => {
    const owner = observation.view === undefined ? undefined : owners.get(observation.view);
    return owner === undefined ? observation : { ...observation, owner };
  });
  return { observations: [...withOwners, ...unseen], groups };
}

const observationOf = (
  instanceId: string,
  trigger: MessageTrigger,
  states: ReadonlyMap<string, QuarantineState>,
  { requests }: Scope,
  view?: WorkerView,
): Observation => {
  const state = states.get(instanceId) ?? NEVER_SEEN;
  const asked = requests.get(instanceId);
  const request = asked?.trigger.id === state.answered ? undefined : asked;
  return {
    instanceId,
    trigger: request?.trigger ?? trigger,
    state,
    ...(view !== undefined && { view }),
    ...(request !== undefined && { request }),
  };
};

/** Of the workers that a reconcile request names: those whose incident has not ended, by a quarantine or a place on the waitlist. */
const waitingIn = (states: ReadonlyMap<string, QuarantineState>, { instances, clusters }: Scope) =>
  [...states].flatMap(([instanceId, { quarantine, reason }]): Array<[string, MessageTrigger]> => {
    const trigger = instances.get(instanceId) ?? (quarantine && clusters.get(quarantine.cluster));
    const isOpen = quarantine !== undefined || reason === 'quarantine-budget';
    return isOpen && trigger !== undefined ? [[instanceId, trigger]] : [];
  });

const requestedChangesIn = ({ requests }: Scope) =>
  [...requests].map(([instanceId, { trigger }]): [string, MessageTrigger] => [instanceId, trigger]);

/** A worker that was found, and what asked for the reconcile of it. */
interface FoundWorker {
  readonly instanceId: string;
  readonly instance: Instance;
  readonly worker: Worker;
  readonly trigger: MessageTrigger;
}

async function findInstances(ec2: EC2Client, scope: Scope): Promise<Instance[]> {
  const { instances, interfaces, securityGroups, clusters, requests } = scope;
  const filters = [
    ...filtersOf('instance-id', [...new Set([...instances.keys(), ...requests.keys()])]),
    ...filtersOf('network-interface.network-interface-id', [...interfaces.keys()]),
    ...filtersOf('network-interface.group-id', [...securityGroups.keys()]),
  ];
  const [found, ofClusters] = await Promise.all([
    describeInstances(
      ec2,
      filters.map((filter) => [filter]),
    ),
    describeClusters(ec2, [...clusters.keys()]),
  ]);
  return [...found, ...ofClusters];
}

/** Workers in quarantine that no longer look like workers: somebody has taken off their tags, and they are ours to keep. */
async function findIsolated(
  ec2: EC2Client,
  wanted: ReadonlyMap<string, MessageTrigger>,
  states: ReadonlyMap<string, QuarantineState>,
  found: ReadonlySet<string>,
): Promise<FoundWorker[]> {
  const open = [...wanted.keys()].filter((id) => !found.has(id) && states.get(id)?.quarantine !== undefined);
  const queries = filtersOf('instance-id', open).map((filter) => [filter]);
  return (await describeInstances(ec2, queries)).flatMap((instance): FoundWorker[] => {
    const { InstanceId: instanceId = '' } = instance;
    const [trigger, quarantine] = [wanted.get(instanceId), states.get(instanceId)?.quarantine];
    if (trigger === undefined || quarantine === undefined) return [];
    return [{ instanceId, instance, worker: workerIn(instance, quarantine), trigger }];
  });
}

function workersIn(instances: readonly Instance[], scope: Scope): FoundWorker[] {
  const byId = new Map(instances.map((instance): [string, Instance] => [instance.InstanceId ?? '', instance]));
  return [...byId].flatMap(([instanceId, instance]) => {
    const worker = workerOf(instance);
    const trigger = worker && triggerOf(instanceId, instance, worker, scope);
    return worker === undefined || trigger === undefined ? [] : [{ instanceId, instance, worker, trigger }];
  });
}

function triggerOf(instanceId: string, instance: Instance, worker: Worker, scope: Scope): MessageTrigger | undefined {
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
