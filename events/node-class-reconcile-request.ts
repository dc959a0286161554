import * as z from 'zod';
import { clusterName, eventSchema, ownEventMaker, SOURCE } from './envelope.ts';

/**
 * Requests a reconcile of the node classes of a cluster that Karpenter runs in. Sweeps, the function itself,
 * `triage-findings` and operators send it. It only says where to look.
 */
export const detailType = 'Node Class Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = () => z.object({ trigger: z.enum(['sweep', 'wake-up', 'findings', 'operator']), clusterName });

export const schema = eventSchema(SOURCE, detailType, detail);
export type NodeClassReconcileRequest = z.infer<typeof schema>;

export const sample: NodeClassReconcileRequest = {
  version: '0',
  id: '0d7e4c1b-9a52-4f36-8b0e-2c6f5d3a7e91',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-15T18:06:00Z',
  resources: [],
  detail: { trigger: 'sweep', clusterName: 'shop' },
};

export const makeNodeClassReconcileRequest = ownEventMaker<typeof detailType, NodeClassReconcileRequest['detail']>(
  detailType,
);
