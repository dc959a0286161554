import * as z from 'zod';
import { clusterName, type EventOrigin, eventSchema, nodegroupName, ownEvent, SOURCE } from './envelope.ts';

/**
 * "Look at this node group (or cluster) again": what the sweep, a wake-up schedule, a freed blast-budget slot and
 * `triage-findings` put into the queue of `upgrade-node-groups`, and what an operator may put on the bus. It says where to
 * look, never what to do nor how urgently: how grave the findings of a node group are stands in the ledger.
 */
export const detailType = 'Upgrade Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = z.object({
  trigger: z.enum(['sweep', 'wake-up', 'slot-free', 'findings', 'operator']),
  clusterName,
  /** Without it the reconcile request is about the workers of the cluster that belong to no managed node group. */
  nodegroupName: nodegroupName.optional(),
});

export const schema = eventSchema(SOURCE, detailType, detail);
export type UpgradeReconcileRequest = z.infer<typeof schema>;

export const sample: UpgradeReconcileRequest = {
  version: '0',
  id: '0e6a5a7c-2f0e-4b43-8f2c-8d3f1a9b7c55',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-15T18:06:00Z',
  resources: [],
  detail: { trigger: 'wake-up', clusterName: 'shop', nodegroupName: 'general' },
};

/** Makes a reconcile request as a queue's message body. `id` names its cause: the same cause gives the same body. */
export const makeReconcileRequest = (
  origin: EventOrigin,
  id: string,
  requestDetail: UpgradeReconcileRequest['detail'],
): UpgradeReconcileRequest => ownEvent(detailType, origin, id, requestDetail);
