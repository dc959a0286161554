import type { SQSRecord } from 'aws-lambda';
import { makeNodeClassReconcileRequest } from '../../events/node-class-reconcile-request.ts';
import type { ClusterReader } from '../shared/fleet/fleet.ts';
import { putAside } from '../shared/intake/dead-letter.ts';
import { comeBack } from '../shared/intake/look-again.ts';
import { sendRequests } from '../shared/intake/reconcile-queue.ts';
import { iso } from '../shared/runtime/clock.ts';
import { once } from '../shared/runtime/once.ts';
import type { QueueDeps } from '../shared/runtime/queue-function.ts';
import { carryOut } from './act.ts';
import { answer } from './answer.ts';
import { type ClusterAsked, readBatch } from './batch.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import { readStates } from './node-class-ledger.ts';
import {
  clusterReaderOf,
  type Looking,
  type ObserveClients,
  type OpenCluster,
  observeCluster,
  policyHere,
} from './observe.ts';
import type { steerNodeClasses } from './remediation.ts';

export interface ReconcileDeps extends QueueDeps<typeof steerNodeClasses>, ObserveClients {
  readonly openClusterBy: (readCluster: ClusterReader) => OpenCluster;
}

/**
 * One reconcile of all messages of a batch, cluster by cluster.
 *
 * @throws AggregateError when something failed for some clusters, after all others are completed
 */
export async function reconcile(deps: ReconcileDeps, messages: readonly SQSRecord[]): Promise<void> {
  const { clusters, deferred, malformed } = readBatch(messages);
  const policy = await deps.readPolicy();
  const readCluster = clusterReaderOf(deps);
  const looking: Looking = {
    clients: deps,
    readCluster,
    openCluster: once(deps.openClusterBy(readCluster)),
    policy,
    states: await readStates(deps.ledger),
    now: deps.clock.now(),
  };
  const troubles: unknown[] = [];
  for (const asked of clusters) {
    await steer(deps, looking, asked, troubles).catch((error: unknown) => troubles.push(error));
  }
  await comeBack(deps.queue, deferred, 0);
  for (const message of malformed) await putAside(deps, message).catch((error: unknown) => troubles.push(error));
  if (troubles.length > 0) throw new AggregateError(troubles, 'Not everything could be done.');
}

/** Looks at one cluster. The error of one class stops no other. */
async function steer(deps: ReconcileDeps, looking: Looking, asked: ClusterAsked, troubles: unknown[]): Promise<void> {
  const { now, openCluster } = looking;
  const settled: Array<Decision | undefined> = [];
  for (const observation of await observeCluster(looking, asked)) {
    const policy = policyHere(looking.policy, asked.cluster, observation.owner);
    const circumstances = { policy, now, account: deps.account };
    const { request } = observation;
    const decision =
      request === undefined ? decide(observation, circumstances) : answer(observation, request, circumstances);
    await carryOut({ ...deps, openCluster }, observation, decision, circumstances).then(
      (final) => settled.push(final),
      (error: unknown) => troubles.push(error),
    );
  }
  // The queue delays the request: by then a fresh read confirms what was written, or acts on an answer.
  if (settled.some((each) => each === undefined || each.write !== undefined || each.answers !== undefined)) {
    const origin = { account: deps.account, region: deps.region, time: iso(now) };
    const detail = { trigger: 'wake-up' as const, clusterName: asked.cluster };
    const id = `look-again ${deps.caller} ${asked.cluster}`;
    await sendRequests(deps.queue, [{ request: makeNodeClassReconcileRequest(origin, id, detail) }]);
  }
}
