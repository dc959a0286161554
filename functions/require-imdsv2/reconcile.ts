import type { SQSRecord } from 'aws-lambda';
import pMap from 'p-map';
import * as instanceRunning from '../../events/ec2-instance-running.ts';
import * as request from '../../events/remediation-request.ts';
import { unreadTrouble } from '../shared/fleet/identify-each.ts';
import type { WorkerClients } from '../shared/fleet/observed-worker.ts';
import { isProven } from '../shared/fleet/owners.ts';
import type { QueueDeps } from '../shared/handler/queue-function.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { comeBack, lookAgain, untilShown } from '../shared/intake/look-again.ts';
import { messageReader } from '../shared/intake/messages.ts';
import { readWorkerBatch, targetOfRequest, type WorkerScope } from '../shared/intake/worker-batch.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { type ActDeps, carryOut } from './act.ts';
import { answer } from './answer.ts';
import { type Decision, decide } from './decide.ts';
import { type Observation, observeWorkers } from './observe.ts';
import * as reconcileRequest from './reconcile-request.ts';
import { requireImdsv2 } from './remediation.ts';

export interface ReconcileDeps extends QueueDeps<typeof requireImdsv2>, ActDeps, WorkerClients {}

const READERS = {
  [instanceRunning.detailType]: messageReader(instanceRunning.schema, ({ detail }) => ({
    instanceIds: [detail['instance-id']],
  })),
  [reconcileRequest.detailType]: messageReader(reconcileRequest.schema, ({ detail }) => detail),
  [request.detailType]: messageReader(request.schemaFor(requireImdsv2), targetOfRequest),
};

/**
 * One reconcile of all messages of a batch.
 * @throws AggregateError when something failed for some workers, after all others are completed
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  // Read the requests and the policy.
  const { scope, malformed } = readWorkerBatch(messages, READERS);
  const policy = await deps.readPolicy();
  const circumstances = { policy, now: deps.clock.now(), account: deps.account };
  // Observe the workers.
  const { observations, unread } = await observeWorkers(deps, scope);
  countSwept(deps, scope, observations);
  // Decide and act on each worker. One worker's error does not stop the others.
  const unreadable = unreadTrouble({ unread }, observations);
  const troubles: unknown[] = unreadable === undefined ? [] : [unreadable];
  const note = (error: unknown): undefined => void troubles.push(error);
  const comesAgain = new Set<string>();
  const act = async (observation: Observation): Promise<Decision | undefined> => {
    const { request: asked } = observation;
    const decision =
      asked === undefined ? decide(observation, circumstances) : answer(observation, asked, circumstances);
    return carryOut(deps, observation, decision, circumstances).catch((error: unknown) => {
      // Its messages come again by themselves: a request beside them, at each delivery, would multiply them.
      comesAgain.add(observation.instanceId);
      return note(error);
    });
  };
  const settled = await pMap(observations, act, { concurrency: READ_CONCURRENCY });
  // Reconcile workers again that were changed, answered, or taken by another reconcile. The queue delays the request:
  // by then AWS shows the change, and a fresh read must confirm "done".
  const { now } = circumstances;
  const again = observations.flatMap(({ instanceId }, index) =>
    needsAnother(settled[index]) && !comesAgain.has(instanceId) ? [{ instanceId, at: now }] : [],
  );
  const seen = new Set([...observations.map(({ instanceId }) => instanceId), ...unread.keys()]);
  const hidden = untilShown(scope.instances, seen, now);
  await lookAgain(deps, reconcileRequest.detailType, [...again, ...hidden], now).catch(note);
  await comeBack(deps.queue, scope.deferred, 0).catch(note);
  for (const message of malformed) await putAside(deps, message).catch(note);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be done.');
}

const needsAnother = (decision: Decision | undefined): boolean =>
  decision === undefined ||
  decision.set !== undefined ||
  decision.answers !== undefined ||
  decision.isUnconfirmed === true;

/** Counts every worker once per sweep. */
function countSwept(
  { recorder }: ReconcileDeps,
  { clusters }: WorkerScope,
  observations: readonly Observation[],
): void {
  if (clusters.size === 0) return;
  // Instances that only claim to be workers are not counted.
  const swept = observations.filter(({ worker, owner }) => clusters.has(worker.cluster) && isProven(owner));
  recorder.count('ImdsV1Allowed', swept.filter(({ takesV1 }) => takesV1).length);
}
