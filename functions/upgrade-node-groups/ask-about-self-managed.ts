import { makeDrainReconcileRequest } from '../../events/drain-reconcile-request.ts';
import { makeRefreshReconcileRequest } from '../../events/refresh-reconcile-request.ts';
import { type ReconcileQueue, sendRequests } from '../shared/intake/reconcile-queue.ts';
import type { Scope } from './batch.ts';
import type { Observation } from './observation.ts';

export interface SelfManagedDeps {
  /** The queue of `refresh-groups`, which moves self-managed groups to the wanted AMI. */
  readonly refreshQueue: ReconcileQueue;
  /** The queue of `drain-nodes`, which drains their nodes before these end. */
  readonly drainQueue: ReconcileQueue;
  readonly account: string;
  readonly region: string;
}

/** The clusters among those looked at that have groups which EKS does not manage. */
const withSelfManaged = (unmanaged: readonly Observation[]): Set<string> =>
  new Set(
    unmanaged
      .filter(({ view }) => view.kind === 'unmanaged' && view.reason === 'self-managed')
      .map(({ key }) => key.cluster),
  );

/**
 * Requests looks at the self-managed groups of clusters that have some: they are found here in each sweep anyway, so that
 * no sweep starts further functions at the same time (infra/remediator-stack.test.ts counts those).
 */
export async function askAboutSelfManaged(
  { refreshQueue, drainQueue, account, region }: SelfManagedDeps,
  { clusters }: Pick<Scope, 'clusters'>,
  unmanaged: readonly Observation[],
): Promise<void> {
  const found = withSelfManaged(unmanaged);
  const looks = [...clusters].flatMap(([clusterName, { id, time }]) =>
    found.has(clusterName)
      ? [
          {
            // A repetition after a crash makes the same request.
            origin: { account, region, time: new Date(time).toISOString() },
            id: `${clusterName} ${id}`,
            detail: { trigger: 'sweep' as const, clusterName },
          },
        ]
      : [],
  );
  if (looks.length === 0) return;
  for (const [queue, make] of [
    [refreshQueue, makeRefreshReconcileRequest],
    [drainQueue, makeDrainReconcileRequest],
  ] as const) {
    await sendRequests(
      queue,
      looks.map(({ origin, id, detail }) => ({ request: make(origin, id, detail) })),
    );
  }
}
