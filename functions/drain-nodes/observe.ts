import { type AutoScalingGroup, DescribeLifecycleHooksCommand, type LifecycleHook } from '@aws-sdk/client-auto-scaling';
import type { EKSClient } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { type ClusterReader, createClusterReader } from '../shared/fleet/fleet.ts';
import { readOwner } from '../shared/fleet/identity.ts';
import { isOptedOut } from '../shared/fleet/scope.ts';
import {
  type GroupClients,
  type GroupReading,
  groupNameOf,
  readSelfManagedGroups,
  type SelfManagedGroup,
  whyNotOurs,
} from '../shared/fleet/self-managed-groups.ts';
import { tagsOf } from '../shared/fleet/worker.ts';
import { type GroupScope, groupTriggerOf } from '../shared/intake/group-batch.ts';
import type { MessageTrigger } from '../shared/intake/messages.ts';
import { unreadSubject } from '../shared/intake/unread-subject.ts';
import { DRAIN_HOOK_PK } from '../shared/ledger/drained-groups.ts';
import { type Ledger, withReadableItems } from '../shared/ledger/ledger.ts';
import { keyOf, type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import { placeOfGroup, policyAt } from '../shared/policy/policy-at.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { type ClusterViews, createClusterViews, type OpenCluster, type OpenClusterBy } from './cluster-view.ts';
import { shownOf } from './decide-hook.ts';
import { readOpenDrains } from './drain-ledger.ts';
import { HOOK, TERMINATING } from './hook.ts';
import { EVENTS, type HookState, NO_HOOK, readHookStates, readMadeHooks } from './hook-ledger.ts';
import type { DrainObservation, GroupObservation, Member } from './observation.ts';
import { observeDrains } from './observe-drains.ts';
import { type Policy, READS } from './policy.ts';
import { NO_EVENTS, readScheduledEvents } from './scheduled-events.ts';
import { type EventsSight, sightOfEvents } from './tell-events.ts';

export interface ObserveClients extends GroupClients {
  readonly ledger: Ledger;
  readonly openClusterBy: OpenClusterBy;
}

export interface Observations {
  readonly hooks: readonly GroupObservation[];
  readonly drains: readonly DrainObservation[];
  readonly openCluster: OpenCluster;
  /** What is told of events that EC2 has scheduled; absent: nothing. */
  readonly events?: EventsSight;
  /** What could not be read, and is not told of a group: all else is done before it is thrown. */
  readonly troubles: readonly unknown[];
}

/** The policy that holds for a group. */
export const policyHere = (
  policy: Policy | InvalidPolicy,
  {
    key,
    owner,
    group,
  }: Pick<GroupObservation, 'key' | 'owner'> & { readonly group: Pick<GroupObservation['group'], 'tags'> },
) => policyAt(policy, placeOfGroup(key, owner, group.tags), READS);

/** Reads the groups of the scope, their hooks, and the nodes that wait for ours. */
export async function observe(
  clients: ObserveClients,
  scope: GroupScope,
  policy: Policy | InvalidPolicy,
  now: number,
): Promise<Observations> {
  const readCluster = createClusterReader(clients.eks, 'tell');
  const openCluster = clients.openClusterBy(readCluster);
  const views = createClusterViews(openCluster, isPrivate(readCluster), now);
  const all = await readOpenDrains(clients.ledger);
  const open = new Map([...all].filter(([, state]) => groupTriggerOf(scope, state) !== undefined));
  const made = (await readMadeHooks(clients.ledger)).filter((key) => groupTriggerOf(scope, key) !== undefined);
  const reading = await readSelfManagedGroups(
    clients,
    readCluster,
    { clusters: [...scope.clusters.keys()], groups: [...scope.groups.keys()] },
    [...open.values(), ...made].map(groupNameOf),
  );
  const groups = [...reading.found, ...(await withoutWorkers(clients.eks, readCluster, reading, made))];
  const keys = new Set(groups.map(({ key }) => subjectOf(key)));
  const unseen = [...scope.requests.keys()].filter((subject) => !keys.has(subject)).map(keyOf);
  const states = await readHookStates(clients.ledger, [...keys, ...unseen.map(subjectOf), EVENTS]);
  const troubles: unknown[] = [];
  const context = { clients, scope, policy, views, reading, now, troubles };
  const observeFound = async (found: SelfManagedGroup): Promise<GroupObservation[]> => {
    const trigger = groupTriggerOf(scope, found.key);
    return trigger === undefined ? [] : [await observeGroup(context, found, trigger, stateOf(states, found.key))];
  };
  const readable = withReadableItems(clients.ledger, DRAIN_HOOK_PK, groups, ({ key }) => subjectOf(key));
  const hooks = (await pMap(readable, observeFound, { concurrency: READ_CONCURRENCY })).flat();
  const absent = await observeAbsent({ clients, scope, readCluster }, unseen, states);
  const events = hooks.length === 0 ? NO_EVENTS : await readScheduledEvents(clients.ec2);
  const drains = await observeDrains(clients.ledger, views, reading, { hooks, open, scope, now, events });
  const told = sightOfEvents(events, hooks, states.get(EVENTS), troubles);
  return { hooks: [...hooks, ...absent], drains, openCluster, troubles, ...(told && { events: told }) };
}

/** The groups that an operator asks about, and that Auto Scaling does not show. */
async function observeAbsent(
  { clients, scope, readCluster }: Pick<Context, 'clients' | 'scope'> & { readonly readCluster: ClusterReader },
  unseen: readonly NodeGroupKey[],
  states: ReadonlyMap<string, HookState>,
): Promise<GroupObservation[]> {
  const observeOne = async (key: NodeGroupKey): Promise<GroupObservation[]> => {
    const request = scope.requests.get(subjectOf(key));
    const state = stateOf(states, key);
    if (request === undefined || request.trigger.id === state.answered) return [];
    const owner = await readOwner(clients.eks, readCluster, key);
    const noAccess = { why: 'Auto Scaling shows no such group with workers of the cluster.', mayPass: false };
    return [{ key, trigger: request.trigger, owner, group: emptyGroup(key), noAccess, state, request, isAbsent: true }];
  };
  const readable = withReadableItems(clients.ledger, DRAIN_HOOK_PK, unseen, subjectOf);
  return (await pMap(readable, observeOne, { concurrency: READ_CONCURRENCY })).flat();
}

const isPrivate =
  (readCluster: ClusterReader) =>
  async (name: string): Promise<boolean> => {
    const reading = await readCluster(name);
    return reading.kind === 'found' && reading.found.resourcesVpcConfig?.endpointPublicAccess === false;
  };

/** The groups whose hook was made here and to which no worker leads any more, such as one that is scaled to zero. */
async function withoutWorkers(
  eks: EKSClient,
  readCluster: ClusterReader,
  { described, found }: GroupReading,
  made: readonly NodeGroupKey[],
): Promise<SelfManagedGroup[]> {
  const names = new Set(found.map(({ group }) => group.AutoScalingGroupName));
  const read = async (key: NodeGroupKey): Promise<SelfManagedGroup[]> => {
    const name = groupNameOf(key);
    const group = described.find(({ AutoScalingGroupName }) => AutoScalingGroupName === name);
    if (group === undefined || names.has(name)) return [];
    return [{ key, group, owner: await readOwner(eks, readCluster, key) }];
  };
  return (await pMap(made, read, { concurrency: READ_CONCURRENCY })).flat();
}

const stateOf = (states: ReadonlyMap<string, HookState>, key: NodeGroupKey): HookState =>
  states.get(subjectOf(key)) ?? NO_HOOK;

const emptyGroup = (key: NodeGroupKey): GroupObservation['group'] => ({
  name: groupNameOf(key),
  tags: {},
  members: [],
  retains: false,
  hook: 'absent',
  otherHooks: [],
  desired: 0,
  suspended: [],
});

interface Context {
  readonly clients: ObserveClients;
  readonly scope: GroupScope;
  readonly policy: Policy | InvalidPolicy;
  readonly views: ClusterViews;
  readonly reading: GroupReading;
  readonly now: number;
  /** Gets what could not be read, and is not told of its group. */
  readonly troubles: unknown[];
}

async function observeGroup(
  { clients, scope, policy, views, reading: { instances, identities, unreadPools }, now, troubles }: Context,
  { group, key, owner }: SelfManagedGroup,
  trigger: MessageTrigger,
  state: HookState,
): Promise<GroupObservation> {
  const request = scope.requests.get(subjectOf(key));
  const members = (group.Instances ?? []).map(({ InstanceId: id = '', LifecycleState = '' }): Member => {
    const instance = instances.get(id);
    const isNotOurs = whyNotOurs(instance, identities.get(id), key.cluster);
    return {
      id,
      lifecycleState: LifecycleState,
      isOptedOut: isOptedOut(tagsOf(instance ?? {})),
      ...(isNotOurs !== undefined && { isNotOurs }),
    };
  });
  const common = {
    key,
    trigger,
    owner,
    state,
    ...(request !== undefined && request.trigger.id !== state.answered && { request }),
  };
  const view = {
    ...emptyGroup(key),
    tags: Object.fromEntries((group.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value])),
    members,
    retains: retainsAbandoned(group),
    desired: group.DesiredCapacity ?? 0,
    suspended: (group.SuspendedProcesses ?? []).flatMap(({ ProcessName }) => ProcessName ?? []),
    ...(group.CreatedTime !== undefined && { createdAt: group.CreatedTime.getTime() }),
    ...(group.Operator?.Principal !== undefined && { operator: group.Operator.Principal }),
  };
  // One group that cannot be read stops no other, and its own nodes that wait are drained all the same.
  const unread = (error: unknown): GroupObservation => {
    const unreadable = unreadSubject(error, trigger);
    if (unreadable === undefined) troubles.push(error);
    return {
      ...common,
      group: view,
      noAccess: undefined,
      ...(unreadable === undefined ? { isUnseen: true } : { unreadable }),
    };
  };
  if (unreadPools.has(view.name)) return unread(unreadPools.get(view.name));
  try {
    const asked = new DescribeLifecycleHooksCommand({ AutoScalingGroupName: view.name });
    const { LifecycleHooks = [] } = await clients.autoScaling.send(asked);
    const here = policyHere(policy, { key, owner, group: view });
    const isOff = isInvalid(here) || here.killSwitch || here.drains.mode === 'off';
    // Where nothing may be done, the cluster is not asked.
    const noAccess = isOff ? undefined : await views.whyNoAccess(key.cluster);
    const seen = { ...view, ...hooksIn(LifecycleHooks) };
    return { ...common, group: seen, noAccess, state: { ...state, made: shownOf(state.made, seen, now) } };
  } catch (error) {
    return unread(error);
  }
}

const retainsAbandoned = ({ InstanceLifecyclePolicy }: AutoScalingGroup): boolean =>
  InstanceLifecyclePolicy?.RetentionTriggers?.TerminateHookAbandon === 'retain';

/** Our hook on terminations, and those of others. */
function hooksIn(all: readonly LifecycleHook[]): Pick<GroupObservation['group'], 'hook' | 'otherHooks'> {
  const onTermination = all.filter(({ LifecycleTransition }) => LifecycleTransition === TERMINATING);
  const own = onTermination.find(({ LifecycleHookName }) => LifecycleHookName === HOOK.name);
  const isAsMade = own?.HeartbeatTimeout === HOOK.heartbeatTimeout && own.DefaultResult === HOOK.defaultResult;
  return {
    hook: own === undefined ? 'absent' : isAsMade ? 'stands' : 'differs',
    otherHooks: onTermination.flatMap(({ LifecycleHookName = '' }) =>
      LifecycleHookName === HOOK.name ? [] : LifecycleHookName,
    ),
  };
}
