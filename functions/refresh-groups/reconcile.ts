import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { SQSRecord } from 'aws-lambda';
import { makeRefreshReconcileRequest } from '../../events/refresh-reconcile-request.ts';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { createGatesReader } from '../shared/gates/observe-gates.ts';
import { createUnwellReader } from '../shared/gates/read-unwell.ts';
import type { QueueDeps } from '../shared/handler/queue-function.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { comeBack } from '../shared/intake/look-again.ts';
import { sendRequests } from '../shared/intake/reconcile-queue.ts';
import { type Wake, wakeTime } from '../shared/intake/wake.ts';
import { openClusterBy } from '../shared/kubernetes/open-cluster.ts';
import { readNeeds } from '../shared/ledger/finding-ledger.ts';
import { keyOf, type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import { type RefreshState, readRemembered } from '../shared/ledger/refresh-ledger.ts';
import { endOrder } from '../shared/ledger/replacement-orders.ts';
import type { InvalidPolicy } from '../shared/policy/policy.ts';
import { lookAtUnseen } from '../shared/rollouts/look-at-unseen.ts';
import { unsureAboutNew } from '../shared/rollouts/new-images.ts';
import { iso } from '../shared/runtime/clock.ts';
import { type ActDeps, carryOut } from './act/act.ts';
import { readBatch } from './batch.ts';
import type { Decision } from './model/decision.ts';
import type { Observation } from './model/observation.ts';
import { policyHere } from './model/policy-here.ts';
import { isCarriedOut } from './move/replacement.ts';
import { type ObserveClients, observeGroups } from './observe/observe.ts';
import { decideRefresh } from './plan/decide-refresh.ts';
import { type After, inOrder, nextInLine } from './plan/line.ts';
import { readStandings } from './plan/standings.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import type { refreshGroups } from './remediation.ts';

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
  const troubles: unknown[] = [];
  const observations = await observeGroups(deps, scope, policy, known, now, troubles);
  const standings = await readStandings(deps.ledger, observations, remembered, policy, now);
  const reads = {
    readGates: createGatesReader(deps, policy),
    readUnwell: createUnwellReader(openClusterBy(deps)(createClusterReader(deps.eks, 'tell'))),
  };
  const unseen = new Map<string, NodeGroupKey>();
  let halted = 0;
  const note = (error: unknown): undefined => void troubles.push(error);
  // Groups are decided one after the other, so that each decision counts the refreshes begun before it. The error of
  // one group stops no other.
  for (const observation of inOrder(observations, policy, now)) {
    const here = policyHere(policy, observation);
    const circumstances = { policy: here, now, account: deps.account, ...standings.known() };
    const alone = await decideRefresh(deps, observation, circumstances, reads).catch(note);
    if (alone === undefined) continue;
    const { decision, rollouts } = alone;
    standings.decidedBy(rollouts);
    const settled = await carryOut(deps, observation, decision, { ...circumstances, policy }).catch(note);
    standings.holdSlot(observation, decision, settled);
    if (settled === undefined) continue;
    if (STOPPED.has(settled.reason)) halted += 1;
    standings.settle(observation, settled);
    const { key, order } = observation;
    if (order !== undefined && settled.memory.refresh === undefined && isCarriedOut(observation)) {
      await endOrder(deps.ledger, subjectOf(key), order, now).catch(note);
      standings.endOrder(subjectOf(key));
    }
    const unsure = unsureAboutNew(key, standings.known().rollouts, now);
    for (const each of [...(settled.lookAt ?? []), ...unsure]) unseen.set(subjectOf(each), each);
    await lookAgain(deps, observation, settled, now).catch(note);
  }
  deps.recorder.gauge('Halted', halted);
  // Managed groups are looked at by their own function.
  await lookAtUnseen(deps, { refreshQueue: deps.queue }, [...unseen.values()], now).catch(note);
  const { states, underWay } = standings;
  await callNext(deps, { states, ended: standings.ended(), underWay }, policy, now).catch(note);
  await comeBack(deps.queue, scope.deferred, 0).catch(note);
  for (const message of malformed) await putAside(deps, message).catch(note);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be done.');
}

/** The reasons after which nothing more is tried until somebody acts. */
const STOPPED: ReadonlySet<string> = new Set<Reason>([
  'refresh-halted',
  'refresh-nodes-absent',
  'breaker-tripped',
  'held-by-breaker',
]);

/** Whether a group is looked for even where no worker names it any more. */
const isLookedFor = ({ refresh, progress, setbacks }: RefreshState): boolean =>
  refresh !== undefined || progress !== undefined || setbacks !== undefined;

/** Has the next of the line looked at once a refresh has ended, well or not: its place is free. */
async function callNext(
  { account, region, ledger, queue, caller }: ReconcileDeps,
  after: Omit<After, 'needs'>,
  policy: Policy | InvalidPolicy,
  now: number,
): Promise<void> {
  if (after.ended.length === 0) return;
  const needs = await readNeeds(ledger, [...after.states.keys()]);
  const next = nextInLine({ ...after, needs }, policy, now);
  const origin = { account, region, time: iso(now) };
  const requests = next.map((key) => {
    const about = { trigger: 'slot-free' as const, clusterName: key.cluster, nodegroupName: key.nodegroup };
    return { request: makeRefreshReconcileRequest(origin, `slot-free ${subjectOf(key)} ${caller}`, about) };
  });
  if (requests.length > 0) await sendRequests(queue, requests);
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
