import type { SQSRecord } from 'aws-lambda';
import * as agentReconcileRequest from '../../events/agent-reconcile-request.ts';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { unreadTrouble } from '../shared/fleet/identify-each.ts';
import type { QueueDeps } from '../shared/handler/queue-function.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { comeBack, lookAgain, untilShown, type WorkerAgain } from '../shared/intake/look-again.ts';
import { type OperatorRequest, refuse } from '../shared/intake/operator-request.ts';
import type { Wake } from '../shared/intake/wake.ts';
import { type ActDeps, carryOut } from './act.ts';
import { answer } from './answer.ts';
import { readBatch, type Scope } from './batch.ts';
import { decide } from './decide.ts';
import { neededReadsOf } from './needed-reads.ts';
import type { Observation } from './observation.ts';
import { type ObserveClients, observeWorkers } from './observe.ts';
import type { manageSsmAgent } from './remediation.ts';
import type { Decided } from './remedies/remedy.ts';

export interface ReconcileDeps extends QueueDeps<typeof manageSsmAgent>, ActDeps, ObserveClients {
  readonly wake: Wake;
}

/**
 * One reconcile of all messages of a batch: observe, decide, act and record, then schedule the next reconcile of
 * workers that wait.
 *
 * @throws when AWS could not be read or written: SQS delivers the batch again, and completed steps are not repeated
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  // Read the requests and the policy.
  const { scope, malformed } = readBatch(messages);
  const policy = await deps.readPolicy();
  const now = deps.clock.now();
  const readCluster = createClusterReader(deps.eks, 'tell');
  const { installerRegistries } = deps;
  const circumstances = { policy, now, account: deps.account, installerRegistries };
  // Observe the workers. Findings about silent agents are read only where they matter.
  const { partition, region, account } = deps;
  const { observations, unread } = await observeWorkers(
    deps,
    readCluster,
    scope,
    (view, state) => neededReadsOf(view, state, circumstances),
    { partition, region, account, now },
  );
  countWorkers(deps, scope, observations);
  // Decide about each worker, or answer an operator's request.
  const decided = observations.map((observation): Decided => {
    const { request } = observation;
    const decision =
      request === undefined ? decide(observation, circumstances) : answer(observation, request, circumstances);
    return { observation, decision };
  });
  const seen = new Set([...observations.map(({ instanceId }) => instanceId), ...unread.keys()]);
  refuseNonWorkers(deps, scope, seen);
  // Begin remedies with one call for many workers, then save and record. Errors are thrown after all other work.
  const unreadable = unreadTrouble({ unread }, observations);
  const troubles: unknown[] = unreadable === undefined ? [] : [unreadable];
  const note = (error: unknown): undefined => void troubles.push(error);
  let settled: readonly Decided[] = decided;
  let comesAgain = false;
  try {
    settled = await carryOut(deps, readCluster, scope, decided, circumstances);
  } catch (error) {
    note(error);
    comesAgain = !observations.some(({ trigger }) => trigger.isLastTry === true);
  }
  // Schedule workers that wait or were answered; return requests that could not be answered to the queue.
  // Messages whose remedies did not begin come again by themselves: requests beside them, each time, would multiply them.
  const again = comesAgain
    ? []
    : [...settled.flatMap((each) => againOf(each, now)), ...untilShown(scope.instances, seen, now)];
  await lookAgain(deps, agentReconcileRequest.detailType, again, now).catch(note);
  await comeBack(deps.queue, [...scope.deferred, ...unanswered(decided, settled)], BUSY_SECONDS).catch(note);
  for (const message of malformed) await putAside(deps, message).catch(note);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be looked at or done.');
}

/** Counts the workers of whole clusters, which the sweep requests. A batch of a few workers is not counted. */
function countWorkers({ recorder }: ReconcileDeps, { clusters }: Scope, observations: readonly Observation[]): void {
  const swept = observations.filter(
    ({ view }) => clusters.has(view.cluster) && view.ownership !== 'auto-mode' && view.instanceState === 'running',
  );
  if (clusters.size === 0) return;
  recorder.note('figures', { workers: swept.length });
  recorder.count('WorkersUnanswered', swept.filter(({ view }) => view.agent?.online !== true).length);
}

/** Refuses requests for instances that are not workers, and saves nothing about them. */
function refuseNonWorkers({ recorder }: ReconcileDeps, { requests }: Scope, workers: ReadonlySet<string>): void {
  for (const [instance, request] of requests) {
    if (workers.has(instance)) continue;
    const { variant, ...words } = refuse(request, `${instance} is no worker of a cluster, or is gone.`);
    const { trigger } = request;
    recorder.record({
      ...words,
      subject: { instance },
      trigger,
      fingerprint: `${words.reason} ${variant}`,
      correlationId: trigger.id,
    });
  }
}

/** The requests about workers whose state another reconcile saved first. */
const unanswered = (decided: readonly Decided[], settled: readonly Decided[]): OperatorRequest[] => {
  const saved = new Set(settled.map(({ observation }) => observation.instanceId));
  return decided.flatMap(({ observation: { instanceId, request } }) =>
    request === undefined || saved.has(instanceId) ? [] : [request],
  );
};

/** Reconciles a waiting worker when it is due, and a worker whose operator was answered at once. */
const againOf = (
  { observation: { instanceId }, decision: { answers, lookAt } }: Decided,
  now: number,
): WorkerAgain[] => [
  ...(answers === undefined ? [] : [{ instanceId, at: now, answers }]),
  ...(lookAt === undefined ? [] : [{ instanceId, at: Math.max(now + RECONCILE_NO_SOONER, lookAt) }]),
];

const RECONCILE_NO_SOONER = 30_000;
/** How soon an unanswered request returns to the queue, seconds. */
const BUSY_SECONDS = 5;
