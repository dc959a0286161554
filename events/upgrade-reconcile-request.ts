import * as z from 'zod';
import { clusterName, eventSchema, nodegroupName, ownEventMaker, SOURCE } from './envelope.ts';

/**
 * Requests a reconcile of one node group, or of a cluster. The sweep, wake-ups, freed slots of the blast budget and
 * `triage-findings` put it into the queue of `upgrade-node-groups`; operators may put it on the bus. It only says where
 * to look, not what to do nor how urgently: the ledger says how grave a node group's findings are.
 */
export const detailType = 'Upgrade Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = () =>
  z.object({
    trigger: z.enum(['sweep', 'wake-up', 'slot-free', 'findings', 'operator']),
    clusterName,
    /** Without it, the request concerns the cluster's workers outside of managed node groups. */
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

export const makeUpgradeReconcileRequest = ownEventMaker<typeof detailType, UpgradeReconcileRequest['detail']>(
  detailType,
);
