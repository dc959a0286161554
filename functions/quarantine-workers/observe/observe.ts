import type { ClusterReader } from '../../shared/fleet/fleet.ts';
import type { IdentityClients } from '../../shared/fleet/identity-facts.ts';
import { isProven } from '../../shared/fleet/owners.ts';
import type { MessageTrigger } from '../../shared/intake/messages.ts';
import type { BlastBudget } from '../../shared/ledger/blast-budget.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import { withReadableItems } from '../../shared/ledger/ledger.ts';
import { codeIn, isThrottlingCode } from '../../shared/runtime/aws-error.ts';
import type { Scope } from '../batch.ts';
import type { Circumstances } from '../model/decision.ts';
import type { GroupObservation, Observation, WorkerView } from '../model/observation.ts';
import { NEVER_SEEN, PK, type QuarantineState, readQuarantines, type Standing } from '../model/quarantine-ledger.ts';
import { isRepeat } from '../model/repeat.ts';
import { hasPublicAddress } from '../model/worker-view.ts';
import type { GroupFinder } from '../steps/group-finder.ts';
import { type FoundWorker, findIsolated, findWorkers, widen } from './find-workers.ts';
import { type GroupFactsClients, groupFacts } from './group-facts.ts';
import { inServiceSince } from './in-service-since.ts';
import { networkReader } from './network-reader.ts';
import { observeGroups } from './observe-groups.ts';
import { isTagged, readOwners } from './read-owners.ts';
import { viewWorkers, workerIn } from './view-workers.ts';

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
  /** Why the owners of some workers cannot be read for now, by instance id: nothing is done to these. */
  readonly unread: ReadonlyMap<string, string>;
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
  circumstances: Pick<Circumstances, 'policy' | 'now' | 'account'>,
): Promise<Sight> {
  const scope = await widen(clients.ec2, asked);
  const [all, { budget, states: ofNamed }] = await Promise.all([findWorkers(clients.ec2, scope), standing]);
  const { slots } = budget;
  const held = holdersIn(slots, scope);
  // The states of workers that are found by other means are read after them.
  const others = [...held.keys(), ...all.map(idOf)].filter((id) => !scope.instances.has(id) && !scope.requests.has(id));
  const states = new Map([...ofNamed, ...(await readQuarantines(clients.ledger, others))]);
  // Of a worker of which nobody can read whether it is in quarantine, nothing is changed.
  const found = withReadableItems(clients.ledger, PK, all, idOf);

  const repeated = new Set(
    found.filter((each) => isRepeat(each, states.get(each.instanceId), scope, circumstances)).map(idOf),
  );
  const isNews = (instanceId: string): boolean => !repeated.has(instanceId);
  // An incident that is open is looked at even where no worker was found: the worker may have lost its tags, or be gone.
  const concerned = [...held, ...waitingIn(states, scope), ...requestedIn(scope)];
  const open = new Map(withReadableItems(clients.ledger, PK, concerned, ([id]) => id).filter(([id]) => isNews(id)));
  const missing = new Map(open);
  for (const { instanceId } of found) missing.delete(instanceId);
  const workers = [
    ...found.filter(({ instanceId }) => isNews(instanceId)).map((each) => asItBegan(each, states)),
    ...(await findIsolated(clients.ec2, missing, states)),
  ];

  const facts = groupFacts(clients);
  const network = networkReader(clients.ec2, clients.groupFinder.ofInterfaces);
  facts.expect(workers.map(({ instance }) => instance).filter(hasPublicAddress));
  const [{ views, networks }, { owners, unread }, inService] = await Promise.all([
    viewWorkers(
      clients.ec2,
      workers.map((each) => ({
        ...each,
        inQuarantine: states.get(each.instanceId)?.quarantine !== undefined || isTagged(each.instance),
      })),
      network,
    ),
    readOwners(clients, readCluster, workers, states),
    inServiceSince(clients.autoScaling, states),
  ]);
  const seen = workers.flatMap(({ instanceId, trigger }): Observation[] => {
    const view = views.get(instanceId);
    // Of a call that AWS throttles nothing is told, as it is tried again.
    const isThrottled = isThrottlingCode(codeIn(unread.get(instanceId) ?? ''));
    if (view === undefined || isThrottled) return [];
    const owned = owners.get(instanceId);
    const { nodegroup: _, ...rest } = view;
    const proven = owned?.worker === undefined ? view : { ...rest, ...owned.worker };
    return [
      {
        ...observationOf(instanceId, trigger, states, scope, proven),
        ...(owned !== undefined && { owner: owned.owner }),
        ...(inService.has(instanceId) && { putIntoService: true }),
      },
    ];
  });
  const unseen = [...open]
    .filter(([instanceId]) => !views.has(instanceId))
    .map(([instanceId, trigger]) => observationOf(instanceId, trigger, states, scope));

  const exposed = seen.filter(({ view, owner }) => (view?.exposures.length ?? 0) > 0 && isProven(owner));
  const readers = { clients, readCluster, facts, network };
  const groups = await observeGroups(readers, { exposed, networks, slots }, scope, circumstances);
  return { observations: [...seen, ...unseen], groups, repeated, unread };
}

const idOf = ({ instanceId }: FoundWorker): string => instanceId;

/** A worker in quarantine keeps the cluster and group that it had at the beginning, whatever becomes of its tags. */
function asItBegan(found: FoundWorker, states: ReadonlyMap<string, QuarantineState>): FoundWorker {
  const quarantine = states.get(found.instanceId)?.quarantine;
  return quarantine === undefined ? found : { ...found, worker: workerIn(found.instance, quarantine) };
}

/** The workers of a scope that hold a slot of the blast budget. */
const holdersIn = (slots: BlastBudget['slots'], { instances, clusters }: Scope): Map<string, MessageTrigger> =>
  new Map(
    Object.entries(slots).flatMap(([instanceId, { cluster }]): Array<[string, MessageTrigger]> => {
      const trigger = instances.get(instanceId) ?? clusters.get(cluster);
      return trigger === undefined ? [] : [[instanceId, trigger]];
    }),
  );

/** Workers of a reconcile request whose incident has not ended: they have a quarantine or a place on the waitlist. */
const waitingIn = (states: ReadonlyMap<string, QuarantineState>, { instances, clusters }: Scope) =>
  [...states].flatMap(([instanceId, { quarantine, reason }]): Array<[string, MessageTrigger]> => {
    const trigger = instances.get(instanceId) ?? (quarantine && clusters.get(quarantine.cluster));
    const isOpen = quarantine !== undefined || reason === 'quarantine-budget';
    return isOpen && trigger !== undefined ? [[instanceId, trigger]] : [];
  });

const requestedIn = ({ requests }: Scope) =>
  [...requests].map(([instanceId, { trigger }]): [string, MessageTrigger] => [instanceId, trigger]);

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
