import { makeRefreshReconcileRequest } from '../../events/refresh-reconcile-request.ts';
import { type ReconcileQueue, sendRequests } from '../shared/intake/reconcile-queue.ts';
import type { Scope } from './batch.ts';
import type { Observation } from './observation.ts';

export interface RefreshDeps {
  /** The queue of `refresh-groups`, which moves self-managed groups to the wanted AMI. */
  readonly refreshQueue: ReconcileQueue;
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
 * Requests a look at the self-managed groups of clusters that have some: they are found here in each sweep anyway, so that
 * no sweep starts one more function at the same time (infra/remediator-stack.test.ts counts those).
 */
export async function askForRefreshes(
  { refreshQueue, account, region }: RefreshDeps,
  { clusters }: Pick<Scope, 'clusters'>,
  unmanaged: readonly Observation[],
): Promise<void> {
  const found = withSelfManaged(unmanaged);
  const requests = [...clusters].flatMap(([clusterName, { id, time }]) => {
    if (!found.has(clusterName)) return [];
    // A repetition after a crash makes the same request.
    const origin = { account, region, time: new Date(time).toISOString() };
    return [
      { request: makeRefreshReconcileRequest(origin, `${clusterName} ${id}`, { trigger: 'sweep', clusterName }) },
    ];
  });
  if (requests.length > 0) await sendRequests(refreshQueue, requests);
}
