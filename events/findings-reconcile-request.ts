import * as z from 'zod';
import { clusterName, eventSchema, nodegroupName, SOURCE } from './envelope.ts';

/**
 * Requests a reconcile of the findings of one node group, or of the whole account. The sweep puts it into the queue of
 * `triage-findings`; operators may put it on the bus.
 */
export const detailType = 'Findings Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = () =>
  z
    .object({
      trigger: z.enum(['sweep', 'operator']),
      /** Names a node group; when absent, all workers of the account and Inspector itself are reconciled. */
      clusterName: clusterName.optional(),
      nodegroupName: nodegroupName.optional(),
    })
    .refine(({ clusterName, nodegroupName }) => (clusterName === undefined) === (nodegroupName === undefined), {
      path: ['nodegroupName'],
      error: 'clusterName and nodegroupName must be given together, or neither',
    });

export const schema = eventSchema(SOURCE, detailType, detail);
export type FindingsReconcileRequest = z.infer<typeof schema>;

export const sample: FindingsReconcileRequest = {
  version: '0',
  id: '2d7c9e1b-5a3f-4c86-9b0d-6e8f1a3c5b72',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:06:00Z',
  resources: [],
  detail: { trigger: 'operator', clusterName: 'shop', nodegroupName: 'general' },
};
