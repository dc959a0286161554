import type * as z from 'zod';
import { eventSchema, SOURCE, workersReconcileRequest } from '../../events/envelope.ts';

/**
 * Requests a reconcile of the metadata service of some workers, or of a whole cluster. Sweeps, the function itself and
 * operators send it.
 */
export const detailType = 'IMDS Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = () => workersReconcileRequest(['sweep', 'wake-up', 'operator']);

export const schema = eventSchema(SOURCE, detailType, detail);
export type ImdsReconcileRequest = z.infer<typeof schema>;

export const sample: ImdsReconcileRequest = {
  version: '0',
  id: '4b8d2f6a-0c1e-4d3b-9a5f-7e6c8b0d2f41',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:06:00Z',
  resources: [],
  detail: { trigger: 'sweep', clusterName: 'shop' },
};
