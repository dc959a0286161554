import type { SQSRecord } from 'aws-lambda';
import * as agentReconcileRequest from '../../events/agent-reconcile-request.ts';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { comeBack, lookAgain, untilShown, type WorkerAgain } from '../shared/intake/look-again.ts';
import { type OperatorRequest, refuse } from '../shared/intake/operator-request.ts';
import type { Wake } from '../shared/intake/wake.ts';
import type { QueueDeps } from '../shared/runtime/queue-function.ts';
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
 * One reconcile: all messages of a batch together. Observe, decide, act, record; then ask for the next reconcile of those that are
 * waited for.
 *
 * @throws when AWS could not be read or written: the batch comes again, and the steps done are not done twice
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  // What is asked for, and by which policy.
  const { scope, malformed } = readBatch(messages);
  const policy = await deps.readPolicy();
  const now = deps.clock.now();
  const readCluster = createClusterReader(deps.eks);
  const { installerRegistries } = deps;
  const circumstances = { policy, now, account: deps.account, installerRegistries };
  // How the workers stand; why an agent does not answer is looked into only where it matters.
  const { partition, region, account } = deps;
  const observations = await observeWorkers(
    deps,
    readCluster,
    scope,
    (view, state) => neededReadsOf(view, state, circumstances),
    { partition, region, account, now },
  );
  countWorkers(deps, scope, observations);
  // What is to become of each, or what an operator is answered.
  const decided = observations.map((observation): Decided => {
    const { request } = observation;
    const decision =
      request === undefined ? decide(observation, circumstances) : answer(observation, request, circumstances);
    return { observation, decision };
  });
  refuseNonWorkers(deps, scope, observations);
  // Remedies begin, many workers a call; what was decided is remembered and recorded. Trouble waits until all are through.
  let troubles: unknown;
  let settled: readonly Decided[] = decided;
  try {
    settled = await carryOut(deps, readCluster, scope, decided, circumstances);
  } catch (error) {
    troubles = error;
  }
  // Whoever waits, or was answered, is reconciled again; requests that could not be answered come back.
  const seen = new Set(observations.map(({ instanceId }) => instanceId));
  const again = [...settled.flatMap((each) => againOf(each, now)), ...untilShown(scope.instances, seen, now)];
  await lookAgain(deps, agentReconcileRequest.detailType, again, now);
  await comeBack(deps.queue, [...scope.deferred, ...unanswered(decided, settled)], BUSY_SECONDS);
  for (const message of malformed) await putAside(deps, message);
  if (troubles !== undefined) throw troubles;
}

/** Counts the workers of whole clusters, as the sweep has them looked at: a few workers tell nothing of all. */
function countWorkers({ recorder }: ReconcileDeps, { clusters }: Scope, observations: readonly Observation[]): void {
  const swept = observations.filter(
    ({ view }) => clusters.has(view.cluster) && view.ownership !== 'auto-mode' && view.instanceState === 'running',
  );
  if (clusters.size === 0) return;
  recorder.count('WorkersSeen', swept.length);
  recorder.count('WorkersUnanswered', swept.filter(({ view }) => view.agent?.online !== true).length);
}

/** Whatever is asked of an instance that is no worker is refused, and nothing is remembered of it. */
function refuseNonWorkers(
  { recorder }: ReconcileDeps,
  { requests }: Scope,
  observations: readonly Observation[],
): void {
  const workers = new Set(observations.map(({ instanceId }) => instanceId));
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

/** Requests about workers that another reconcile was quicker to save. */
const unanswered = (decided: readonly Decided[], settled: readonly Decided[]): OperatorRequest[] => {
  const saved = new Set(settled.map(({ observation }) => observation.instanceId));
  return decided.flatMap(({ observation: { instanceId, request } }) =>
    request === undefined || saved.has(instanceId) ? [] : [request],
  );
};

/** Whoever waits is looked at when it is due; whoever an operator was answered about, at once. */
const againOf = (
  { observation: { instanceId }, decision: { answers, lookAt } }: Decided,
  now: number,
): WorkerAgain[] => [
  ...(answers === undefined ? [] : [{ instanceId, at: now, answers }]),
  ...(lookAt === undefined ? [] : [{ instanceId, at: Math.max(now + RECONCILE_NO_SOONER, lookAt) }]),
];

const RECONCILE_NO_SOONER = 30_000;
/** How soon a request comes back that could not be answered. */
const BUSY_SECONDS = 5;
