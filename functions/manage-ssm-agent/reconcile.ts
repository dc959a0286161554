import type { SQSRecord } from 'aws-lambda';
import { makeAgentReconcileRequest } from '../../events/agent-reconcile-request.ts';
import { createClusterReader } from '../shared/fleet/fleet.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { type OperatorRequest, refuse } from '../shared/intake/operator-request.ts';
import { type DelayedRequest, sendDelayedRequests } from '../shared/intake/reconcile-queue.ts';
import type { Wake } from '../shared/intake/wake.ts';
import { chunks } from '../shared/runtime/chunks.ts';
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

/** An SQS message can be delayed by at most 15 minutes; what is to be looked at later is woken by a schedule. */
const LONGEST_DELAY = 15 * 60_000;
/** How many workers one delayed reconcile request names. */
const WORKERS_PER_REQUEST = 100;

/**
 * One reconcile: all messages of a batch together. Observe, decide, act, record; then ask for the next reconcile of those that are
 * waited for.
 *
 * @throws when AWS could not be read or written: the batch comes again, and the steps done are not done twice
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  const { scope, malformed } = readBatch(messages);
  const policy = await deps.readPolicy();
  const now = deps.clock.now();
  const readCluster = createClusterReader(deps.eks);
  const circumstances = { policy, now, account: deps.account };
  const { partition, region, account } = deps;
  const observations = await observeWorkers(
    deps,
    readCluster,
    scope,
    (view, state) => neededReadsOf(view, state, circumstances),
    { partition, region, account, now },
  );
  countWorkers(deps, scope, observations);
  const decided = observations.map((observation): Decided => {
    const { request } = observation;
    const decision =
      request === undefined ? decide(observation, circumstances) : answer(observation, request, circumstances);
    return { observation, decision };
  });
  refuseNonWorkers(deps, scope, observations);
  let troubles: unknown;
  let settled: readonly Decided[] = decided;
  try {
    settled = await carryOut(deps, readCluster, scope, decided, circumstances);
  } catch (error) {
    troubles = error;
  }
  await requestReconciles(deps, settled, now);
  await comeBack(deps, [...scope.deferred, ...unanswered(decided, settled)]);
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

/** Has requests delivered again, as they are. */
const comeBack = ({ queue }: ReconcileDeps, requests: readonly OperatorRequest[]): Promise<void> =>
  sendDelayedRequests(
    queue,
    requests.map(({ event }) => ({ request: event, delaySeconds: BUSY_SECONDS })),
  );

/** Soon by delayed messages, a hundred workers each; later by a schedule of the worker's own. */
async function requestReconciles(deps: ReconcileDeps, decided: readonly Decided[], now: number): Promise<void> {
  const { account, region, caller } = deps;
  const soon = new Map<number, string[]>();
  const requests: DelayedRequest[] = [];
  for (const { observation, decision } of decided) {
    const { instanceId } = observation;
    if (decision.answers !== undefined) {
      // What an operator was granted, or refused, is followed by a reconcile that goes by it, and tells how the worker stands.
      const origin = { account, region, time: new Date(now).toISOString() };
      const id = `${decision.answers} answered`;
      const request = makeAgentReconcileRequest(origin, id, { trigger: 'operator', instanceIds: [instanceId] });
      requests.push({ request, delaySeconds: 0 });
    }
    if (decision.lookAt === undefined) continue;
    const delay = Math.max(RECONCILE_NO_SOONER, decision.lookAt - now);
    if (delay <= LONGEST_DELAY) {
      const seconds = Math.ceil(delay / 1000);
      soon.set(seconds, [...(soon.get(seconds) ?? []), instanceId]);
    } else {
      const at = Math.ceil(decision.lookAt / 1000) * 1000;
      const origin = { account, region, time: new Date(at).toISOString() };
      const request = makeAgentReconcileRequest(origin, `wake-up ${instanceId} ${origin.time}`, {
        trigger: 'wake-up',
        instanceIds: [instanceId],
      });
      await deps.wake(instanceId, at, request);
    }
  }
  for (const [delaySeconds, ids] of soon) {
    const origin = { account, region, time: new Date(now + delaySeconds * 1000).toISOString() };
    for (const [index, instanceIds] of chunks(ids, WORKERS_PER_REQUEST).entries()) {
      const id = `look-again ${caller} ${delaySeconds} ${index}`;
      requests.push({
        request: makeAgentReconcileRequest(origin, id, { trigger: 'wake-up', instanceIds }),
        delaySeconds,
      });
    }
  }
  await sendDelayedRequests(deps.queue, requests);
}

const RECONCILE_NO_SOONER = 30_000;
/** How soon a request comes back that could not be answered. */
const BUSY_SECONDS = 5;
