import * as z from 'zod';
import { clusterName, eventSchema, nodegroupName, ownEventMaker, SOURCE } from './envelope.ts';

/**
 * Requests a check of the posture of a cluster's hosts. The sweep puts it into the queue of `check-posture`, where it
 * takes effect once a check is due. `upgrade-node-groups` sends it after an update, and operators may put it on the
 * bus; these take effect at once.
 */
export const detailType = 'Posture Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = () =>
  z.object({
    /**
     * `upgrade`: an update of the node group has ended. `collect`: sent by the function itself, when its commands may
     * have ended.
     */
    trigger: z.enum(['sweep', 'operator', 'upgrade', 'collect']),
    clusterName,
    /** Limits the check to this node group; absent: the whole cluster. */
    nodegroupName: nodegroupName.optional(),
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type PostureReconcileRequest = z.infer<typeof schema>;

export const sample: PostureReconcileRequest = {
  version: '0',
  id: '7b1d4e9c-2f60-4a85-b3c7-9e0d5a6f8124',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:06:00Z',
  resources: [],
  detail: { trigger: 'operator', clusterName: 'shop' },
};

export const makePostureReconcileRequest = ownEventMaker<typeof detailType, PostureReconcileRequest['detail']>(
  detailType,
);
