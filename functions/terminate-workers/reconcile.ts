import type { SQSRecord } from 'aws-lambda';
import * as terminationRequest from '../../events/termination-request.ts';
import type { QueueDeps } from '../shared/handler/queue-function.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { messageReader } from '../shared/intake/messages.ts';
import { readWorkerBatch } from '../shared/intake/worker-batch.ts';
import { type ActDeps, carryOut, recordPending } from './act.ts';
import { decide } from './decide.ts';
import { type ObserveClients, observe } from './observe.ts';
import type { terminateWorkers } from './remediation.ts';

export interface ReconcileDeps extends QueueDeps<typeof terminateWorkers>, ActDeps, ObserveClients {}

const READERS = {
  [terminationRequest.detailType]: messageReader(terminationRequest.schema, ({ detail }) => detail),
};

/**
 * Reconciles all workers that the messages of a batch name. The messages only say where to look.
 * @throws AggregateError after all workers were tried, with the errors of those that failed
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  const { scope, malformed } = readWorkerBatch(messages, READERS);
  const policy = await deps.readPolicy();
  const circumstances = { policy, now: deps.clock.now(), account: deps.account };
  const troubles: unknown[] = [];
  for (const observation of await observe(deps, scope.instances)) {
    const decision = decide(observation, circumstances);
    const settled =
      decision === undefined
        ? recordPending(deps, observation, circumstances)
        : carryOut(deps, observation, decision, circumstances);
    await settled.catch((error: unknown) => troubles.push(error));
  }
  for (const message of malformed) await putAside(deps, message).catch((error: unknown) => troubles.push(error));
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be done.');
}
