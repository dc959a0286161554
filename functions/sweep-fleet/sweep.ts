import type { EKSClient } from '@aws-sdk/client-eks';
import { makeAgentReconcileRequest } from '../../events/agent-reconcile-request.ts';
import type { EventOrigin } from '../../events/envelope.ts';
import { makeFindingsReconcileRequest } from '../../events/findings-reconcile-request.ts';
import { makeQuarantineReconcileRequest } from '../../events/quarantine-reconcile-request.ts';
import { makeReconcileRequest, type UpgradeReconcileRequest } from '../../events/upgrade-reconcile-request.ts';
import { listClusters, listNodeGroups } from '../shared/fleet/fleet.ts';
import {
  type DelayedRequest,
  type ReconcileQueue,
  sendDelayedRequests,
  sendReconcileRequests,
} from '../shared/intake/reconcile-queue.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-ledger.ts';
import type { Recorder, Trigger } from '../shared/records/recorder.ts';

export interface SweepDeps {
  readonly eks: EKSClient;
  readonly upgradeQueue: ReconcileQueue;
  readonly agentQueue: ReconcileQueue;
  readonly quarantineQueue: ReconcileQueue;
  readonly findingsQueue: ReconcileQueue;
  readonly recorder: Recorder;
  readonly account: string;
  readonly region: string;
}

/** Puts up every cluster and node group to be reconciled again, and says when it was through. */
export async function sweep(deps: SweepDeps, trigger: Trigger): Promise<void> {
  const clusters = await listClusters(deps.eks);
  const { nodeGroups, unreadable } = await listNodeGroups(deps.eks, clusters);
  const requests = requestsOf(clusters, nodeGroups, deps, trigger);
  await sendReconcileRequests(deps.upgradeQueue, requests);
  await sendDelayedRequests(deps.agentQueue, perCluster(clusters, deps, trigger, makeAgentReconcileRequest));
  await sendDelayedRequests(deps.quarantineQueue, perCluster(clusters, deps, trigger, makeQuarantineReconcileRequest));
  await sendDelayedRequests(deps.findingsQueue, [findingsReconcileRequestOf(deps, trigger)]);
  for (const [cluster, error] of unreadable) {
    deps.recorder.record({
      subject: { cluster },
      decision: 'failed',
      reason: 'unreadable',
      message: `Its node groups are not reconciled again: ${error}`,
      trigger,
      fingerprint: `unreadable ${trigger.id}`,
      correlationId: trigger.id,
    });
  }
  deps.recorder.count('SweepFinished');
  deps.recorder.record({
    subject: {},
    decision: 'done',
    reason: 'sweep-finished',
    message: `${clusters.length} clusters and ${requests.length - clusters.length} node groups are reconciled again.`,
    trigger,
    fingerprint: trigger.id,
    correlationId: trigger.id,
    details: { clusters: clusters.length, nodeGroups: requests.length - clusters.length },
  });
}

/** One reconcile request a cluster and one a node group, cluster by cluster: a batch of ten then reads few clusters. */
function requestsOf(
  clusters: readonly string[],
  nodeGroups: readonly NodeGroupKey[],
  { account, region }: SweepDeps,
  { id, time }: Trigger,
): UpgradeReconcileRequest[] {
  const origin = { account, region, time: new Date(time).toISOString() };
  return clusters.flatMap((clusterName) => [
    makeReconcileRequest(origin, `${id} ${clusterName}`, { trigger: 'sweep', clusterName }),
    ...nodeGroups
      .filter(({ cluster }) => cluster === clusterName)
      .map((key) =>
        makeReconcileRequest(origin, `${id} ${subjectOf(key)}`, {
          trigger: 'sweep',
          clusterName,
          nodegroupName: key.nodegroup,
        }),
      ),
  ]);
}

/** One reconcile request a cluster: a reconcile of all its workers costs as few calls as one at ten. */
function perCluster(
  clusters: readonly string[],
  { account, region }: SweepDeps,
  { id, time }: Trigger,
  make: (origin: EventOrigin, id: string, detail: { trigger: 'sweep'; clusterName: string }) => object,
): DelayedRequest[] {
  const origin = { account, region, time: new Date(time).toISOString() };
  return clusters.map((clusterName) => ({
    request: make(origin, `${id} ${clusterName}`, { trigger: 'sweep', clusterName }),
    delaySeconds: 0,
  }));
}

/** One reconcile request for all: Inspector lists the findings of an account, wherever they are. */
function findingsReconcileRequestOf({ account, region }: SweepDeps, { id, time }: Trigger): DelayedRequest {
  const origin = { account, region, time: new Date(time).toISOString() };
  return { request: makeFindingsReconcileRequest(origin, `${id} findings`, { trigger: 'sweep' }), delaySeconds: 0 };
}
