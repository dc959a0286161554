import { makeNodeClassReconcileRequest } from '../../events/node-class-reconcile-request.ts';
import { makeRefreshReconcileRequest } from '../../events/refresh-reconcile-request.ts';
import { makeUpgradeReconcileRequest } from '../../events/upgrade-reconcile-request.ts';
import { type ReconcileQueue, sendRequests } from '../shared/intake/reconcile-queue.ts';
import { type NodeGroupKey, subjectOf } from '../shared/ledger/node-group-key.ts';
import { iso } from '../shared/runtime/clock.ts';
import type { Decision } from './decision.ts';

export interface HintDeps {
  readonly upgradeQueue: ReconcileQueue;
  /** The queue of `refresh-groups`, which moves self-managed groups to another AMI. */
  readonly refreshQueue: ReconcileQueue;
  /** The queue of `steer-node-classes`, which pins the AMI aliases of Karpenter's node classes. */
  readonly nodeClassQueue: ReconcileQueue;
  readonly account: string;
  readonly region: string;
  /** Unique name of the reconcile. */
  readonly caller: string;
}

type Act = NonNullable<Decision['act']>;

/**
 * Has the functions look at their groups that replace workers. What they are told is only where to look.
 *
 * @param subjectsOf the groups for which that function is asked
 * @param now epoch milliseconds
 * @returns why requests could not be sent. One queue stops no other.
 */
export async function sendHints(
  { account, region, caller, upgradeQueue, refreshQueue, nodeClassQueue }: HintDeps,
  subjectsOf: (act: Act) => readonly NodeGroupKey[],
  now: number,
): Promise<ReadonlyMap<Act, unknown>> {
  const origin = { account, region, time: iso(now) };
  const troubles = new Map<Act, unknown>();
  const send = async (act: Act, queue: ReconcileQueue, requests: readonly object[]): Promise<void> => {
    if (requests.length === 0) return;
    await sendRequests(
      queue,
      requests.map((request) => ({ request })),
    ).catch((error: unknown) => troubles.set(act, error));
  };
  for (const [act, queue, make] of [
    ['request-upgrade', upgradeQueue, makeUpgradeReconcileRequest],
    ['request-refresh', refreshQueue, makeRefreshReconcileRequest],
  ] as const) {
    const requests = subjectsOf(act).map((key) => {
      const detail = { trigger: 'findings', clusterName: key.cluster, nodegroupName: key.nodegroup } as const;
      return make(origin, `findings ${subjectOf(key)} ${caller}`, detail);
    });
    await send(act, queue, requests);
  }
  // Node classes are looked at by cluster.
  const clusters = new Set(subjectsOf('request-pin').map(({ cluster }) => cluster));
  const requests = [...clusters].map((clusterName) =>
    makeNodeClassReconcileRequest(origin, `findings ${clusterName} ${caller}`, { trigger: 'findings', clusterName }),
  );
  await send('request-pin', nodeClassQueue, requests);
  return troubles;
}
