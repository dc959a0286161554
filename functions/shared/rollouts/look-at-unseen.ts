import { makeNodeClassReconcileRequest } from '../../../events/node-class-reconcile-request.ts';
import { makeRefreshReconcileRequest } from '../../../events/refresh-reconcile-request.ts';
import { makeUpgradeReconcileRequest } from '../../../events/upgrade-reconcile-request.ts';
import { isNodeClass } from '../fleet/node-class-name.ts';
import { type ReconcileQueue, sendToEach } from '../intake/reconcile-queue.ts';
import { type NodeGroupKey, subjectOf } from '../ledger/node-group-key.ts';
import { iso } from '../runtime/clock.ts';

/** How many of a kind that nobody has seen are looked at after one reconcile. */
const UNSEEN_AT_ONCE = 10;

/** The queues of those who can tell what became of a group. What a function never waits for needs no queue. */
export interface UnseenQueues {
  /** The queue of `upgrade-node-groups`, for managed node groups. */
  readonly upgradeQueue?: ReconcileQueue;
  /** The queue of `refresh-groups`, for self-managed groups. */
  readonly refreshQueue?: ReconcileQueue;
  /** The queue of `steer-node-classes`, which looks at all node classes of a cluster. */
  readonly nodeClassQueue?: ReconcileQueue;
}

/**
 * Requests a look at groups and node classes that others wait for and that nobody has seen for a day, which may be gone,
 * or since an AMI that may be theirs has been known.
 *
 * @param unseen each may be in it several times
 */
export async function lookAtUnseen(
  { account, region }: { readonly account: string; readonly region: string },
  { upgradeQueue, refreshQueue, nodeClassQueue }: UnseenQueues,
  unseen: readonly NodeGroupKey[],
  now: number,
): Promise<void> {
  const origin = { account, region, time: iso(now) };
  const distinct = [...new Map(unseen.map((key) => [subjectOf(key), key])).values()];
  const byKind = Map.groupBy(distinct, ({ nodegroup }) =>
    isNodeClass(nodegroup) ? 'class' : nodegroup.includes(':') ? 'self-managed' : 'managed',
  );
  const groups = (
    [
      [upgradeQueue, makeUpgradeReconcileRequest, 'managed'],
      [refreshQueue, makeRefreshReconcileRequest, 'self-managed'],
    ] as const
  ).map(([queue, make, kind]) => {
    const requests = (byKind.get(kind) ?? []).slice(0, UNSEEN_AT_ONCE).map((key) => {
      const detail = { trigger: 'wake-up', clusterName: key.cluster, nodegroupName: key.nodegroup } as const;
      return { request: make(origin, `unseen ${subjectOf(key)} ${iso(now)}`, detail) };
    });
    return [queue, requests] as const;
  });
  const clusters = new Set((byKind.get('class') ?? []).map(({ cluster }) => cluster));
  const classes = [...clusters].slice(0, UNSEEN_AT_ONCE).map((clusterName) => {
    const id = `unseen classes ${clusterName} ${iso(now)}`;
    return { request: makeNodeClassReconcileRequest(origin, id, { trigger: 'wake-up', clusterName }) };
  });
  await sendToEach(
    [...groups, [nodeClassQueue, classes] as const].flatMap(([queue, requests]) =>
      queue === undefined ? [] : [[queue, requests] as const],
    ),
  );
}
