import type { SQSRecord } from 'aws-lambda';
import pMap from 'p-map';
import * as request from '../../events/remediation-request.ts';
import * as reconcileRequest from '../../events/shells-reconcile-request.ts';
import type { QueueDeps } from '../shared/handler/queue-function.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { comeBack, lookAgain } from '../shared/intake/look-again.ts';
import { messageReader } from '../shared/intake/messages.ts';
import type { Wake } from '../shared/intake/wake.ts';
import { readWorkerBatch, targetOfRequest, type WorkerTarget } from '../shared/intake/worker-batch.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { nextLook } from '../shared/runtime/next-look.ts';
import { type ActDeps, carryOut, type Decided, intend, sendCommands } from './act.ts';
import { answer } from './answer.ts';
import { type Decision, decide } from './decide.ts';
import { type ObserveClients, observeWorkers } from './observe.ts';
import { closeShells } from './remediation.ts';
import { reconcileSessions } from './sessions/reconcile.ts';

export interface ReconcileDeps extends QueueDeps<typeof closeShells>, ActDeps, ObserveClients {
  readonly partition: string;
  readonly wake: Wake;
}

const READERS = {
  [reconcileRequest.detailType]: messageReader(
    reconcileRequest.schema,
    ({ detail }): WorkerTarget => ('sessions' in detail ? { isOfRegion: true } : detail),
  ),
  [request.detailType]: messageReader(request.schemaFor(closeShells), targetOfRequest),
};

/** How soon a command that still runs after the queue's delay is read again, ms. */
const RUNS_ON = 60_000;

/**
 * Reconciles all subjects that the messages of a batch name.
 * @throws AggregateError when something about some workers could not be done; all others are finished by then
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  // Read the requests and the policy.
  const { scope, malformed } = readWorkerBatch(messages, READERS);
  const policy = await deps.readPolicy();
  const now = deps.clock.now();
  const circumstances = { policy, now, account: deps.account };
  // Observe the workers, and decide about each.
  const observations = await observeWorkers(deps, deps, scope, now);
  const decided = observations.map((observation): Decided => {
    const { request: asked } = observation;
    const decision =
      asked === undefined ? decide(observation, circumstances) : answer(observation, asked, circumstances);
    return { observation, decision };
  });
  // Save what is about to be closed, send the commands together, then save and record each decision.
  const troubles: unknown[] = [];
  const note = (error: unknown): undefined => void troubles.push(error);
  // Its messages come again by themselves: a request beside them, at each delivery, would multiply them.
  const comesAgain = new Set<string>();
  const failed =
    ({ observation }: Decided) =>
    (error: unknown): undefined => {
      comesAgain.add(observation.instanceId);
      note(error);
    };
  const concurrency = READ_CONCURRENCY;
  const intended = await pMap(decided, (each) => intend(deps, each, now).catch(failed(each)), { concurrency });
  const sendings = await sendCommands(
    deps,
    intended.flatMap((each) => each ?? []),
  );
  const act = async (each: Decided | undefined): Promise<Decision | undefined> =>
    each && carryOut(deps, each, sendings.get(each.observation.instanceId) ?? {}, circumstances).catch(failed(each));
  const settled = await pMap(intended, act, { concurrency });
  // Reconcile workers again that got a command or an answer. The queue delays each message, and a command has mostly
  // ended by then.
  const again = observations.flatMap(({ instanceId }, index) => {
    const decision = settled[index];
    if (comesAgain.has(instanceId)) return [];
    const isUnderWay = decision?.memory.command !== undefined;
    if (decision?.every !== undefined) return [{ instanceId, at: nextLook(now, decision.every) }];
    if (decision !== undefined && !isUnderWay && decision.answers === undefined) return [];
    return [{ instanceId, at: decision?.waits ? now + RUNS_ON : now }];
  });
  await lookAgain(deps, reconcileRequest.detailType, again, now).catch(note);
  await comeBack(deps.queue, scope.deferred, 0).catch(note);
  // The region's preferences come last, and do not depend on the workers.
  if (scope.region !== undefined) await reconcileSessions(deps, scope.region, circumstances).catch(note);
  for (const message of malformed) await putAside(deps, message).catch(note);
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be done.');
}
