import { makeDrainReconcileRequest } from '../../../events/drain-reconcile-request.ts';
import { makeNodeClassReconcileRequest } from '../../../events/node-class-reconcile-request.ts';
import { makeRefreshReconcileRequest } from '../../../events/refresh-reconcile-request.ts';
import { type ReconcileQueue, sendToEach } from '../../shared/intake/reconcile-queue.ts';
import type { Scope } from '../batch.ts';
import type { Observation, UnmanagedView } from '../model/observation.ts';

export interface UnmanagedDeps {
  /** The queue of `refresh-groups`, which moves self-managed groups to the wanted AMI. */
  readonly refreshQueue: ReconcileQueue;
  /** The queue of `drain-nodes`, which drains their nodes before these end. */
  readonly drainQueue: ReconcileQueue;
  /** The queue of `steer-node-classes`, which pins the AMI aliases of Karpenter's node classes. */
  readonly nodeClassQueue: ReconcileQueue;
  readonly account: string;
  readonly region: string;
}

/** The clusters among those looked at that have groups of this kind. */
const withGroups = (unmanaged: readonly Observation[], reason: UnmanagedView['reason']): Set<string> =>
  new Set(
    unmanaged.filter(({ view }) => view.kind === 'unmanaged' && view.reason === reason).map(({ key }) => key.cluster),
  );

/**
 * Requests looks at the self-managed groups of clusters that have some, and at Karpenter's node classes: they are found
 * here in each sweep anyway, so that no sweep starts further functions at the same time (infra/remediator-stack.test.ts
 * counts those).
 */
export async function askAboutUnmanaged(
  { refreshQueue, drainQueue, nodeClassQueue, account, region }: UnmanagedDeps,
  { clusters }: Pick<Scope, 'clusters'>,
  unmanaged: readonly Observation[],
): Promise<void> {
  const sendings = (
    [
      [refreshQueue, makeRefreshReconcileRequest, 'self-managed'],
      [drainQueue, makeDrainReconcileRequest, 'self-managed'],
      [nodeClassQueue, makeNodeClassReconcileRequest, 'karpenter'],
    ] as const
  ).map(([queue, make, reason]) => {
    const found = withGroups(unmanaged, reason);
    const looks = [...clusters].flatMap(([clusterName, { id, time }]) => {
      if (!found.has(clusterName)) return [];
      // A repetition after a crash makes the same request.
      const origin = { account, region, time: new Date(time).toISOString() };
      return [{ request: make(origin, `${clusterName} ${id}`, { trigger: 'sweep', clusterName }) }];
    });
    return [queue, looks] as const;
  });
  await sendToEach(sendings);
}
