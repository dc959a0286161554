import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { SQSRecord } from 'aws-lambda';
import { makeRefreshReconcileRequest } from '../../events/refresh-reconcile-request.ts';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { createGatesReader } from '../shared/gates/observe-gates.ts';
import { createUnwellReader } from '../shared/gates/read-unwell.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { comeBack } from '../shared/intake/look-again.ts';
import { sendRequests } from '../shared/intake/reconcile-queue.ts';
import { type Wake, wakeTime } from '../shared/intake/wake.ts';
import { openClusterBy } from '../shared/kubernetes/open-cluster.ts';
import { keyOf, type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import { readAllNodeGroups } from '../shared/ledger/node-group-ledger.ts';
import { type RefreshState, readRemembered, underWayIn } from '../shared/ledger/refresh-ledger.ts';
import { endOrder } from '../shared/ledger/replacement-orders.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import { failingBy, failuresOf, ownRollouts } from '../shared/rollouts/all-groups.ts';
import { withStateOf } from '../shared/rollouts/breaker.ts';
import { lookAtUnseen } from '../shared/rollouts/look-at-unseen.ts';
import { inWaves, type ReplacementState, readOrderedStates } from '../shared/rollouts/ordered-groups.ts';
import { placeOfWave, waveOf } from '../shared/rollouts/wave-place.ts';
import { iso } from '../shared/runtime/clock.ts';
import type { QueueDeps } from '../shared/runtime/queue-function.ts';
import { type ActDeps, carryOut } from './act.ts';
import { readBatch } from './batch.ts';
import { decideRefresh } from './decide-refresh.ts';
import { type Decision, isActive } from './decision.ts';
import { nextInLine } from './line.ts';
import type { Observation } from './observation.ts';
import { type ObserveClients, observeGroups } from './observe.ts';
import type { Policy } from './policy.ts';
import { policyHere } from './policy-here.ts';
import { memberAfter } from './progress.ts';
import type { Reason } from './reasons.ts';
import type { refreshGroups } from './remediation.ts';
import { isCarriedOut, isOrdered } from './replacement.ts';

export interface ReconcileDeps extends QueueDeps<typeof refreshGroups>, ActDeps, ObserveClients {
  readonly cloudWatch: CloudWatchClient;
  readonly wake: Wake;
}

/**
 * One reconcile of all messages of a batch. The queue delivers one batch at a time, so one reconcile alone counts
 * against the limits.
 *
 * @throws AggregateError when something failed for some groups, after all others are completed
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  const { scope, malformed } = readBatch(messages);
  const policy = await deps.readPolicy();
  const now = deps.clock.now();
  const remembered = await readRemembered(deps.ledger);
  const known = [...remembered].filter(([, state]) => isLookedFor(state)).map(([subject]) => keyOf(subject));
  const observations = await observeGroups(deps, scope, policy, known, now);
  const begun = [...underWayIn(remembered, now), ...observations.filter(isRefreshed).map(({ key }) => key)];
  const before: ReadonlySet<string> = new Set(begun.map(subjectOf));
  const underWay = new Set(before);
  // How other groups stand matters only where an AMI may come to a group.
  const groups =
    isInvalid(policy) || observations.every(({ wanted }) => wanted === undefined)
      ? undefined
      : { managed: await readAllNodeGroups(deps.ledger), selfManaged: remembered, policy };
  let rollouts = groups && groups.policy.upgrades.waves.length > 0 ? ownRollouts(groups, groups.policy) : undefined;
  let fleetFailures = groups && failuresOf(groups, groups.policy);
  const reads = {
    readGates: createGatesReader(deps, policy),
    readUnwell: createUnwellReader(openClusterBy(deps)(createClusterReader(deps.eks, 'tell'))),
  };
  const hasWaves = !isInvalid(policy) && policy.upgrades.waves.length > 0;
  const ordered = hasWaves && observations.some(isOrdered) ? await readOrderedStates(deps.ledger, now) : undefined;
  const states = new Map(remembered);
  const troubles: unknown[] = [];
  const unseen = new Map<string, NodeGroupKey>();
  let halted = 0;
  const note = (error: unknown): undefined => void troubles.push(error);
  // Groups are decided one after the other, so that each decision counts the refreshes begun before it. The error of
  // one group stops no other.
  for (const observation of inOrderOfWaves(observations, policy)) {
    const here = policyHere(policy, observation);
    const circumstances = {
      policy: here,
      now,
      account: deps.account,
      underWay,
      ...(rollouts && { rollouts }),
      ...(ordered && !isInvalid(policy) && { replacements: inWaves(ordered, policy) }),
      ...(fleetFailures && { fleetFailures }),
    };
    const { key } = observation;
    const alone = await decideRefresh(deps, observation, circumstances, reads).catch(note);
    if (alone === undefined) continue;
    const { decision } = alone;
    rollouts = alone.rollouts;
    const settled = await carryOut(deps, observation, decision, { ...circumstances, policy }).catch(note);
    const subject = subjectOf(key);
    if (holdsSlot(observation, decision, settled)) underWay.add(subject);
    else underWay.delete(subject);
    if (settled === undefined) continue;
    if (STOPPED.has(settled.reason)) halted += 1;
    states.set(subject, stateAfter(observation, settled));
    if (ordered?.has(subject)) ordered.set(subject, replacementAfter(observation, settled));
    if (observation.order !== undefined && settled.memory.refresh === undefined && isCarriedOut(observation)) {
      await endOrder(deps.ledger, subject, observation.order, now).catch(note);
      ordered?.delete(subject);
    }
    if (!isInvalid(policy)) {
      rollouts = rollouts?.with([[subject, memberAfter(observation, settled, { anywhere: policy, here }, now)]]);
    }
    const wave = isInvalid(here) ? undefined : waveOf(here)?.place;
    fleetFailures &&= withStateOf(fleetFailures, key, failingBy(stateAfter(observation, settled)), wave);
    for (const each of settled.lookAt ?? []) unseen.set(subjectOf(each), each);
    await lookAgain(deps, observation, settled, now).catch(note);
  }
  deps.recorder.gauge('Halted', halted);
  // Managed groups are looked at by their own function.
  await lookAtUnseen(deps, { refreshQueue: deps.queue }, [...unseen.values()], now).catch(note);
  const ended = [...before].filter((subject) => !underWay.has(subject));
  const next = nextInLine({ states, ended, underWay }, policy);
  await callNext(deps, next, now).catch(note);
  await comeBack(deps.queue, scope.deferred, 0);
  for (const message of malformed) await putAside(deps, message).catch(note);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be done.');
}

/** The reasons after which nothing more is tried until somebody acts. */
const STOPPED: ReadonlySet<string> = new Set<Reason>(['refresh-halted', 'breaker-tripped', 'held-by-breaker']);

/** Earlier waves come first, so that later ones are decided by what was just read of them. */
const inOrderOfWaves = (observations: readonly Observation[], policy: Policy | InvalidPolicy): Observation[] =>
  observations.toSorted((a, b) => placeIn(a, policy) - placeIn(b, policy));

function placeIn(observation: Observation, policy: Policy | InvalidPolicy): number {
  const here = policyHere(policy, observation);
  return isInvalid(here) ? 0 : placeOfWave(here);
}

/** Whether a group is looked for even where no worker names it any more. */
const isLookedFor = ({ refresh, progress, setbacks }: RefreshState): boolean =>
  refresh !== undefined || progress !== undefined || setbacks !== undefined;

/** What others go by in the state of a group once a decision holds. */
const stateAfter = ({ state }: Observation, { memory, reason, silent }: Decision): RefreshState => ({
  ...state,
  refresh: memory.refresh,
  setbacks: memory.setbacks,
  lifts: memory.lifts,
  reason: silent ? state.reason : reason,
});

function replacementAfter(observation: Observation, settled: Decision): ReplacementState {
  const { refresh, reason, progress } = stateAfter(observation, settled);
  return { isUnderWay: refresh !== undefined, reason, progress };
}

/** Has the next of the line looked at once a refresh has ended, well or not: its place is free. */
async function callNext(
  { account, region, queue, caller }: ReconcileDeps,
  next: readonly NodeGroupKey[],
  now: number,
): Promise<void> {
  const origin = { account, region, time: iso(now) };
  const requests = next.map((key) => {
    const about = { trigger: 'slot-free' as const, clusterName: key.cluster, nodegroupName: key.nodegroup };
    return { request: makeRefreshReconcileRequest(origin, `slot-free ${subjectOf(key)} ${caller}`, about) };
  });
  if (requests.length > 0) await sendRequests(queue, requests);
}

/** Whether Auto Scaling refreshes the group, whoever began that. */
const isRefreshed = ({ refreshes }: Pick<Observation, 'refreshes'>): boolean =>
  refreshes.some(({ status }) => isActive(status));

/**
 * Whether the group counts against the limits for those that come after it.
 *
 * @param settled the final decision; undefined where it could not be saved, and then doubt keeps the slot
 */
export function holdsSlot(
  observation: Pick<Observation, 'refreshes' | 'state'>,
  decision: Decision,
  settled: Decision | undefined,
): boolean {
  if (isRefreshed(observation) || decision.act !== undefined) return true;
  return (settled?.memory ?? observation.state).refresh !== undefined;
}

/** Schedules the next reconcile of the group: at once after an answer, and otherwise when the decision says so. */
async function lookAgain(
  deps: ReconcileDeps,
  { key }: Observation,
  { answers, wakeAt }: Decision,
  now: number,
): Promise<void> {
  const { account, region, queue, wake } = deps;
  const about = { clusterName: key.cluster, nodegroupName: key.nodegroup };
  if (answers !== undefined) {
    const origin = { account, region, time: iso(now) };
    const request = makeRefreshReconcileRequest(origin, `${answers} answered`, { trigger: 'operator', ...about });
    await sendRequests(queue, [{ request }]);
  }
  if (wakeAt === undefined) return;
  const subject = `refresh ${subjectOf(key)}`;
  const at = wakeTime(wakeAt, now);
  const origin = { account, region, time: iso(at) };
  await wake(
    subject,
    at,
    makeRefreshReconcileRequest(origin, `wake-up ${subject} ${iso(at)}`, { trigger: 'wake-up', ...about }),
  );
}
