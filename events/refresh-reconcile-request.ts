import * as z from 'zod';
import { clusterName, eventSchema, nodegroupName, ownEventMaker, SOURCE } from './envelope.ts';

/**
 * Requests a reconcile of one self-managed Auto Scaling group, or of all those of a cluster. Sweeps, wake-ups,
 * refreshes that end, `triage-findings` and operators send it. It only says where to look.
 */
export const detailType = 'Refresh Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = () =>
  z.object({
    trigger: z.enum(['sweep', 'wake-up', 'slot-free', 'findings', 'operator']),
    clusterName,
    /** The group as records name it: `self-managed:` and its name. */
    nodegroupName: nodegroupName.optional(),
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type RefreshReconcileRequest = z.infer<typeof schema>;

export const sample: RefreshReconcileRequest = {
  version: '0',
  id: '9a4f1c62-3b7d-4e58-8c10-6d2e9f5a7b31',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-15T18:06:00Z',
  resources: [],
  detail: { trigger: 'sweep', clusterName: 'shop' },
};

export const makeRefreshReconcileRequest = ownEventMaker<typeof detailType, RefreshReconcileRequest['detail']>(
  detailType,
);
