import type { EKSClient } from '@aws-sdk/client-eks';
import { makeAgentHint } from '../../events/agent-reconcile-request.ts';
import type { HintOrigin } from '../../events/envelope.ts';
import { makeFindingsHint } from '../../events/findings-reconcile-request.ts';
import { makeQuarantineHint } from '../../events/quarantine-reconcile-request.ts';
import { makeHint, type UpgradeHint } from '../../events/upgrade-reconcile-request.ts';
import { listClusters, listNodeGroups } from '../shared/fleet/fleet.ts';
import { type DelayedHint, type HintQueue, sendDelayedHints, sendHints } from '../shared/intake/reconcile-queue.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-ledger.ts';
import type { Recorder, Trigger } from '../shared/records/recorder.ts';

export interface SweepDeps {
  readonly eks: EKSClient;
  readonly upgradeQueue: HintQueue;
  readonly agentQueue: HintQueue;
  readonly quarantineQueue: HintQueue;
  readonly findingsQueue: HintQueue;
  readonly recorder: Recorder;
  readonly account: string;
  readonly region: string;
}

/** Puts up every cluster and node group to be looked at again, and says when it was through. */
export async function sweep(deps: SweepDeps, trigger: Trigger): Promise<void> {
  const clusters = await listClusters(deps.eks);
  const { nodeGroups, unreadable } = await listNodeGroups(deps.eks, clusters);
  const hints = hintsOf(clusters, nodeGroups, deps, trigger);
  await sendHints(deps.upgradeQueue, hints);
  await sendDelayedHints(deps.agentQueue, perCluster(clusters, deps, trigger, makeAgentHint));
  await sendDelayedHints(deps.quarantineQueue, perCluster(clusters, deps, trigger, makeQuarantineHint));
  await sendDelayedHints(deps.findingsQueue, [findingsHintOf(deps, trigger)]);
  for (const [cluster, error] of unreadable) {
    deps.recorder.record({
      subject: { cluster },
      decision: 'failed',
      reason: 'unreadable',
      message: `Its node groups are not looked at again: ${error}`,
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
    message: `${clusters.length} clusters and ${hints.length - clusters.length} node groups are looked at again.`,
    trigger,
    fingerprint: trigger.id,
    correlationId: trigger.id,
    details: { clusters: clusters.length, nodeGroups: hints.length - clusters.length },
  });
}

/** One hint a cluster and one a node group, cluster by cluster: a batch of ten then reads few clusters. */
function hintsOf(
  clusters: readonly string[],
  nodeGroups: readonly NodeGroupKey[],
  { account, region }: SweepDeps,
  { id, time }: Trigger,
): UpgradeHint[] {
  const origin = { account, region, time: new Date(time).toISOString() };
  return clusters.flatMap((clusterName) => [
    makeHint(origin, `${id} ${clusterName}`, { trigger: 'sweep', clusterName }),
    ...nodeGroups
      .filter(({ cluster }) => cluster === clusterName)
      .map((key) =>
        makeHint(origin, `${id} ${subjectOf(key)}`, { trigger: 'sweep', clusterName, nodegroupName: key.nodegroup }),
      ),
  ]);
}

/** One hint a cluster: a look at all its workers costs as few calls as one at ten. */
function perCluster(
  clusters: readonly string[],
  { account, region }: SweepDeps,
  { id, time }: Trigger,
  make: (origin: HintOrigin, id: string, detail: { trigger: 'sweep'; clusterName: string }) => object,
): DelayedHint[] {
  const origin = { account, region, time: new Date(time).toISOString() };
  return clusters.map((clusterName) => ({
    hint: make(origin, `${id} ${clusterName}`, { trigger: 'sweep', clusterName }),
    delaySeconds: 0,
  }));
}

/** One hint for all: Inspector lists the findings of an account, wherever they are. */
function findingsHintOf({ account, region }: SweepDeps, { id, time }: Trigger): DelayedHint {
  const origin = { account, region, time: new Date(time).toISOString() };
  return { hint: makeFindingsHint(origin, `${id} findings`, { trigger: 'sweep' }), delaySeconds: 0 };
}
