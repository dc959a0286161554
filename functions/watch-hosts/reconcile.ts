import pMap from 'p-map';
import { readOwner } from '../shared/fleet/identity.ts';
import { isOptedOut } from '../shared/fleet/scope.ts';
import { fingerprintOf } from '../shared/ledger/fingerprint.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { NOTHING_TOLD, recordLeft, tellOnce } from '../shared/ledger/tell-once.ts';
import { UnreadableItemError } from '../shared/ledger/unreadable-items.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import type { Clock } from '../shared/runtime/clock.ts';
import { decideFirstSight, decideGone, decideGroup, isProblem, rememberedOf } from './decide.ts';
import { type HostGroup, keyOf } from './group-hosts.ts';
import { type GroupTold, readGroupsTold, saveGroupTold } from './hosts-ledger.ts';
import { type Observation, type ObserveClients, observe } from './observe.ts';
import type { Policy } from './policy.ts';
import type { Recorder } from './remediation.ts';
import { rememberOtherNodes, tellOtherHosts } from './tell-other-hosts.ts';

export interface ReconcileDeps extends ObserveClients {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly readPolicy: () => Promise<Policy | InvalidPolicy>;
  readonly clock: Clock;
  readonly account: string;
  /** Unique name of this run. */
  readonly caller: string;
}

/**
 * One run, which records each change of what the hosts of a group run once. Under an invalid policy it records nothing,
 * because the policy may leave clusters out, and other functions report the policy.
 *
 * @throws AggregateError when something about some groups could not be recorded. All others are recorded by then.
 */
export async function reconcile(deps: ReconcileDeps, trigger: Trigger): Promise<void> {
  const policy = await deps.readPolicy();
  if (isInvalid(policy)) return;
  const troubles: unknown[] = [];
  const onTrouble = (error: unknown): void => {
    // It is told of the item itself.
    if (!(error instanceof UnreadableItemError)) troubles.push(error);
  };
  const observation = await observe(deps, { policy, account: deps.account, now: deps.clock.now() }, onTrouble);
  const known = await readGroupsTold(deps.ledger);
  // Tell of the groups with hosts, end what was told of those without any, then count the hosts of new clusters.
  const each = { concurrency: READ_CONCURRENCY };
  const told = [...observation.groups.values()];
  const troubled = new Set<string>();
  const tellOf = (group: HostGroup) =>
    tellGroup(deps, trigger, observation, group, known).catch((error: unknown) => {
      troubled.add(group.cluster);
      onTrouble(error);
    });
  await pMap(told, tellOf, each);
  await pMap(known, ([key, before]) => endGroup(deps, trigger, observation, key, before).catch(onTrouble), each);
  for (const [cluster, groups] of Map.groupBy(told, (group) => group.cluster)) {
    // Until all its groups are remembered, a cluster is new.
    if (known.has(cluster) || troubled.has(cluster)) continue;
    await tellFirstSight(deps, trigger, cluster, groups).catch(onTrouble);
  }
  await tellOtherHosts(deps, trigger, observation, onTrouble).catch(onTrouble);
  await rememberOtherNodes(deps, observation, onTrouble).catch(onTrouble);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be told.');
}

async function tellGroup(
  deps: ReconcileDeps,
  trigger: Trigger,
  { readCluster }: Observation,
  group: HostGroup,
  known: ReadonlyMap<string, GroupTold>,
): Promise<void> {
  const { cluster, kind, nodegroup } = group;
  const key = keyOf(group);
  const before = known.get(key);
  const decision = decideGroup(group, before?.runs);
  const state: GroupTold = { ...(before ?? NOTHING_TOLD), runs: [...rememberedOf(group, before?.runs)] };
  const fingerprint = fingerprintOf(decision);
  const save = saving(deps, key);
  // What the first look at a cluster finds is counted in one record, and only problems are told by group.
  if (before === undefined && !known.has(cluster) && decision.decision === 'skipped') {
    await save({ ...state, fingerprint }, `${deps.caller} ${key}`);
    return;
  }
  const about = aboutGroup(key, trigger);
  const isOpen = isProblem(before?.fingerprint);
  if (kind === 'managed' && nodegroup !== undefined && (isOpen || fingerprint !== before?.fingerprint)) {
    const { tags, unreadable } = await readOwner(deps.eks, readCluster, { cluster, nodegroup });
    if (unreadable !== undefined) return;
    if (isOptedOut(tags)) {
      if (isOpen) await tellOnce(deps, state, about, decideGone('opted-out'), save);
      return;
    }
  }
  await tellOnce(deps, state, about, decision, save);
}

/**
 * Ends the problem of a group that has no hosts any more. Of any other such group, and of a cluster, only what a run that
 * died could not record is told.
 */
async function endGroup(
  deps: ReconcileDeps,
  trigger: Trigger,
  { watched, unread, groups }: Observation,
  key: string,
  before: GroupTold,
): Promise<void> {
  const about = aboutGroup(key, trigger);
  const { cluster } = about.subject;
  if (groups.has(key)) return;
  if (unread.has(cluster) || !isProblem(before.fingerprint)) {
    await recordLeft(deps, before, key, saving(deps, key));
    return;
  }
  const isWatched = watched.some(({ name }) => name === cluster);
  await tellOnce(deps, before, about, decideGone(isWatched ? 'no-hosts' : 'cluster-left'), saving(deps, key));
}

async function tellFirstSight(
  deps: ReconcileDeps,
  trigger: Trigger,
  cluster: string,
  groups: readonly HostGroup[],
): Promise<void> {
  const about = { subject: { cluster }, trigger, incident: `hosts ${cluster}`, check: 'hosts' };
  const before: GroupTold = NOTHING_TOLD;
  await tellOnce(deps, before, about, decideFirstSight(groups), saving(deps, cluster));
}

/** What a record is about. A group that a cluster has only one of, such as its Fargate nodes, is named by the check. */
function aboutGroup(key: string, trigger: Trigger) {
  const [cluster = '', ...rest] = key.split('/');
  const name = rest.join('/');
  const isOfCluster = name.startsWith('*');
  return {
    subject: { cluster, ...(!isOfCluster && { nodegroup: name }) },
    trigger,
    incident: `hosts ${key}`,
    check: isOfCluster ? `hosts ${name.slice(1)}` : 'hosts',
  };
}

const saving =
  ({ ledger, clock }: ReconcileDeps, key: string) =>
  (state: GroupTold, writer: string) =>
    saveGroupTold(ledger, key, state, clock.now(), writer);
