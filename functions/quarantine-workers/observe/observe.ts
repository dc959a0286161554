import type { EC2Client } from '@aws-sdk/client-ec2';
import pMap from 'p-map';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import { type Identity, identifyWorkers, readOwner } from '../../shared/fleet/identity.ts';
import type { IdentityClients } from '../../shared/fleet/identity-facts.ts';
import { describeInstances, filtersOf } from '../../shared/fleet/instances.ts';
import { isProven, type Owner } from '../../shared/fleet/owners.ts';
import { QUARANTINE_TAG } from '../../shared/fleet/scope.ts';
import { tagsOf, type Worker, workerOf } from '../../shared/fleet/worker.ts';
import type { MessageTrigger } from '../../shared/intake/messages.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import type { Scope } from '../batch.ts';
import type { Circumstances } from '../model/decision.ts';
import type { GroupObservation, Observation, WorkerView } from '../model/observation.ts';
import { NEVER_SEEN, type QuarantineState, readQuarantines, type Standing } from '../model/quarantine-ledger.ts';
import { isRepeat } from '../model/repeat.ts';
import { hasPublicAddress } from '../model/worker-view.ts';
import type { GroupFinder } from '../steps/group-finder.ts';
import { type GroupFactsClients, groupFacts } from './group-facts.ts';
import { observeGroups } from './observe-groups.ts';
import { trunksOfPods } from './observe-interfaces.ts';
import { usersOfShared } from './observe-shared.ts';
import { describeClusters, describePresent, viewWorkers, workerIn } from './view-workers.ts';
import { warmedInService } from './warmed-in-service.ts';

export interface ObserveClients extends IdentityClients, GroupFactsClients {
  readonly ledger: Ledger;
  /** Reads the security groups of workers, and those of quarantines with them. */
  readonly groupFinder: Pick<GroupFinder, 'ofInterfaces'>;
}

/** What one reconcile observes. */
export interface Sight {
  readonly observations: readonly Observation[];
  readonly groups: readonly GroupObservation[];
  /** Workers about which the batch only repeats an event that was handled: see repeat.ts. */
  readonly repeated: ReadonlySet<string>;
}

/**
 * Reads what decisions about the workers of the scope depend on. An instance that is not a worker is left out whatever
 * the event says, and is never reconciled again. A group is observed where one of its workers is exposed.
 *
 * @param asked the targets that the batch names
 * @param standing the states of the workers that the batch names, which are read at the same time
 * @param circumstances the policy sets the share of a group above which the finding is about the group
 */
export async function observe(
  clients: ObserveClients,
  readCluster: ClusterReader,
  asked: Scope,
  standing: Promise<Standing>,
  circumstances: Pick<Circumstances, 'policy' | 'now'>,
): Promise<Sight> {
  // A change of a shared resource concerns all users of it; a change of a pod's interface, the worker that carries it.
  const named: Scope = { ...asked, ...(await usersOfShared(clients.ec2, asked)) };
  const scope: Scope = {
    ...named,
    interfaces: new Map([...(await trunksOfPods(clients.ec2, named)), ...named.interfaces]),
  };
  const [instances, { budget, states: ofNamed }] = await Promise.all([findInstances(clients.ec2, scope), standing]);
  const { slots } = budget;
  const held = new Map(
    Object.entries(slots).flatMap(([id, { cluster }]): Array<[string, MessageTrigger]> => {
      const trigger = scope.instances.get(id) ?? scope.clusters.get(cluster);
      return trigger === undefined ? [] : [[id, trigger]];
    }),
  );
  const claimed = workersIn(instances, scope);
  const found = claimed.map(({ instanceId }) => instanceId);
  // The states of workers that are found by other means are read after them.
  const others = [...held.keys(), ...found].filter((id) => !scope.instances.has(id) && !scope.requests.has(id));
  const states = new Map([...ofNamed, ...(await readQuarantines(clients.ledger, others))]);

  const repeated = new Set(
    claimed.filter((each) => isRepeat(each, states.get(each.instanceId), scope, circumstances)).map(idOf),
  );
  // A worker in quarantine keeps the cluster and group that it had at the beginning, whatever becomes of its tags.
  const known = claimed
    .filter(({ instanceId }) => !repeated.has(instanceId))
    .map((each): FoundWorker => {
      const quarantine = states.get(each.instanceId)?.quarantine;
      return quarantine === undefined ? each : { ...each, worker: workerIn(each.instance, quarantine) };
    });
  const open = [...held, ...waitingIn(states, scope), ...requestedChangesIn(scope)];
  const gone = new Map(open.filter(([instanceId]) => !repeated.has(instanceId)));
  const workers = [...known, ...(await findIsolated(clients.ec2, gone, states, new Set(found)))];
  const facts = groupFacts(clients);
  const suspects = workers.map(({ instance }) => instance).filter(hasPublicAddress);
  facts.expect(suspects);
  const [{ views, networks }, whose, inService] = await Promise.all([
    viewWorkers(
      clients.ec2,
      workers.map((each) => ({
        ...each,
        inQuarantine: states.get(each.instanceId)?.quarantine !== undefined || isTagged(each.instance),
      })),
      clients.groupFinder.ofInterfaces,
    ),
    readIdentities(clients, readCluster, workers, states),
    warmedInService(clients.autoScaling, states),
  ]);
  const seen = workers.flatMap(({ instanceId, trigger }): Observation[] => {
    const view = views.get(instanceId);
    const known = whose.get(instanceId);
    if (view === undefined) return [];
    const { nodegroup: _, ...rest } = view;
    const proven = known?.worker === undefined ? view : { ...rest, ...known.worker };
    const observed = observationOf(instanceId, trigger, states, scope, proven);
    return [
      {
        ...observed,
        ...(known !== undefined && { owner: known.owner }),
        ...(inService.has(instanceId) && { putIntoService: true as const }),
      },
    ];
  });
  const unseen = [...gone].flatMap(([instanceId, trigger]): Observation[] =>
    views.has(instanceId) ? [] : [observationOf(instanceId, trigger, states, scope)],
  );

  const exposed = seen.filter(({ view, owner }) => (view?.exposures.length ?? 0) > 0 && isProven(owner));
  const groups = await observeGroups(clients, readCluster, facts, { exposed, networks }, scope, slots, circumstances);
  return { observations: [...seen, ...unseen], groups, repeated };
}

/** Whether an instance bears the tag of a quarantine, which the ledger may have lost. */
const isTagged = (instance: DescribedInstance): boolean => QUARANTINE_TAG in tagsOf(instance);

/** Reads the identities of workers with a public address or a quarantine. No other decision depends on identity. */
async function readIdentities(
  clients: IdentityClients,
  readCluster: ClusterReader,
  workers: readonly FoundWorker[],
  states: ReadonlyMap<string, QuarantineState>,
): Promise<Map<string, Partial<Identity> & Pick<Identity, 'owner'>>> {
  const known = workers.flatMap(({ instanceId }) => {
    const quarantine = states.get(instanceId)?.quarantine;
    return quarantine === undefined ? [] : [[instanceId, quarantine] as const];
  });
  const isKnown = new Set(known.map(([instanceId]) => instanceId));
  const instances = workers.filter(
    ({ instanceId, instance }) => !isKnown.has(instanceId) && (hasPublicAddress(instance) || isTagged(instance)),
  );
  const [identities, owners] = await Promise.all([
    identifyWorkers(
      clients,
      readCluster,
      instances.map(({ instance }) => instance),
    ),
    pMap(
      known,
      async ([instanceId, quarantine]): Promise<[string, { readonly owner: Owner }]> => [
        instanceId,
        { owner: await readOwner(clients.eks, readCluster, quarantine) },
      ],
      { concurrency: READ_CONCURRENCY },
    ),
  ]);
  return new Map<string, Partial<Identity> & Pick<Identity, 'owner'>>([...identities, ...owners]);
}

const observationOf = (
  instanceId: string,
  trigger: MessageTrigger,
  states: ReadonlyMap<string, QuarantineState>,
  { requests, callers }: Scope,
  view?: WorkerView,
): Observation => {
  const state = states.get(instanceId) ?? NEVER_SEEN;
  const asked = requests.get(instanceId);
  const request = asked?.trigger.id === state.answered ? undefined : asked;
  const caller = callers.get(trigger.id);
  return {
    instanceId,
    trigger: request?.trigger ?? trigger,
    state,
    ...(view !== undefined && { view }),
    ...(request !== undefined && { request }),
    ...(caller !== undefined && { caller }),
  };
};

/** Workers of a reconcile request whose incident has not ended: they have a quarantine or a place on the waitlist. */
const waitingIn = (states: ReadonlyMap<string, QuarantineState>, { instances, clusters }: Scope) =>
  [...states].flatMap(([instanceId, { quarantine, reason }]): Array<[string, MessageTrigger]> => {
    const trigger = instances.get(instanceId) ?? (quarantine && clusters.get(quarantine.cluster));
    const isOpen = quarantine !== undefined || reason === 'quarantine-budget';
    return isOpen && trigger !== undefined ? [[instanceId, trigger]] : [];
  });

const requestedChangesIn = ({ requests }: Scope) =>
  [...requests].map(([instanceId, { trigger }]): [string, MessageTrigger] => [instanceId, trigger]);

/** A worker that was found, with the triggers of its reconcile. */
interface FoundWorker {
  readonly instanceId: string;
  readonly instance: DescribedInstance;
  readonly worker: Worker;
  /** The first trigger. */
  readonly trigger: MessageTrigger;
  /** All triggers. */
  readonly triggers: readonly MessageTrigger[];
}

const idOf = ({ instanceId }: FoundWorker): string => instanceId;

async function findInstances(ec2: EC2Client, scope: Scope): Promise<DescribedInstance[]> {
  const { instances, interfaces, securityGroups, vpcs, clusters, requests } = scope;
  const filters = [
    ...filtersOf('instance-id', [...new Set([...instances.keys(), ...requests.keys()])]),
    ...filtersOf('network-interface.network-interface-id', [...interfaces.keys()]),
    ...filtersOf('network-interface.group-id', [...securityGroups.keys()]),
  ];
  const [found, ofClusters, ofVpcs] = await Promise.all([
    describeInstances(
      ec2,
      filters.map((filter) => [filter]),
    ),
    describeClusters(ec2, [...clusters.keys()]),
    describePresent(ec2, filtersOf('vpc-id', [...vpcs.keys()])),
  ]);
  return [...found, ...ofClusters, ...ofVpcs];
}

/** Finds workers in quarantine whose tags of workers somebody has removed. They stay managed. */
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
    return [{ instanceId, instance, worker: workerIn(instance, quarantine), trigger, triggers: [trigger] }];
  });
}

function workersIn(instances: readonly DescribedInstance[], scope: Scope): FoundWorker[] {
  const byId = new Map(instances.map((instance): [string, DescribedInstance] => [instance.InstanceId ?? '', instance]));
  return [...byId].flatMap(([instanceId, instance]) => {
    const worker = workerOf(instance);
    const triggers = worker === undefined ? [] : triggersOf(instanceId, instance, worker, scope);
    const [trigger] = triggers;
    return worker === undefined || trigger === undefined ? [] : [{ instanceId, instance, worker, trigger, triggers }];
  });
}

function triggersOf(instanceId: string, instance: DescribedInstance, worker: Worker, scope: Scope): MessageTrigger[] {
  const interfaces = instance.NetworkInterfaces ?? [];
  const byInterface = interfaces.map(({ NetworkInterfaceId = '' }) => scope.interfaces.get(NetworkInterfaceId));
  const groups = interfaces.flatMap(({ Groups = [] }) => Groups);
  const byGroup = groups.map(({ GroupId = '' }) => scope.securityGroups.get(GroupId));
  return [
    scope.requests.get(instanceId)?.trigger,
    scope.instances.get(instanceId),
    ...byInterface,
    ...byGroup,
    scope.vpcs.get(instance.VpcId ?? ''),
    scope.clusters.get(worker.cluster),
  ].filter((trigger) => trigger !== undefined);
}
