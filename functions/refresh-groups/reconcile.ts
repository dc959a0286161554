import type { SQSRecord } from 'aws-lambda';
import { makeRefreshReconcileRequest } from '../../events/refresh-reconcile-request.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { comeBack } from '../shared/intake/look-again.ts';
import { sendRequests } from '../shared/intake/reconcile-queue.ts';
import { type Wake, wakeTime } from '../shared/intake/wake.ts';
import { subjectOf } from '../shared/ledger/node-group-ledger.ts';
import { iso } from '../shared/runtime/clock.ts';
import type { QueueDeps } from '../shared/runtime/queue-function.ts';
import { type ActDeps, carryOut, policyHere } from './act.ts';
import { answer } from './answer.ts';
import { readBatch } from './batch.ts';
import { decide } from './decide.ts';
import { type Decision, isActive } from './decision.ts';
import type { Observation } from './observation.ts';
import { type ObserveClients, observeGroups } from './observe.ts';
import { readUnderWay } from './refresh-ledger.ts';
import type { refreshGroups } from './remediation.ts';

export interface ReconcileDeps extends QueueDeps<typeof refreshGroups>, ActDeps, ObserveClients {
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
  const begun = await readUnderWay(deps.ledger, now);
  const observations = await observeGroups(deps, scope, policy, begun);
  const underWay = new Set([...begun, ...observations.filter(isRefreshed).map(({ key }) => key)].map(subjectOf));
  const troubles: unknown[] = [];
  const note = (error: unknown): undefined => void troubles.push(error);
  // Groups are decided one after the other, so that each decision counts the refreshes begun before it. The error of one
  // group stops no other.
  for (const observation of observations) {
    const circumstances = { policy: policyHere(policy, observation), now, account: deps.account, underWay };
    const { request: asked, key } = observation;
    const decision =
      asked === undefined ? decide(observation, circumstances) : answer(observation, asked, circumstances);
    const settled = await carryOut(deps, observation, decision, { ...circumstances, policy }).catch(note);
    const subject = subjectOf(key);
    if (holdsSlot(observation, decision, settled)) underWay.add(subject);
    else underWay.delete(subject);
    if (settled !== undefined) await lookAgain(deps, observation, settled, now).catch(note);
  }
  await comeBack(deps.queue, scope.deferred, 0);
  for (const message of malformed) await putAside(deps, message).catch(note);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be done.');
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
