import type * as z from 'zod';
import { eventSchema, SOURCE, workersReconcileRequest } from '../../events/envelope.ts';

/** Requests that some workers, or those of a whole cluster, are greeted. Sent by sweeps. */
export const detailType = 'Greeting Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const schema = eventSchema(SOURCE, detailType, () => workersReconcileRequest(['sweep', 'wake-up', 'operator']));

export const sample: z.infer<typeof schema> = {
  version: '0',
  id: '7c1d9e3b-5a2f-4f60-9c8d-1e0b3a5d7f92',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:06:00Z',
  resources: [],
  detail: { trigger: 'sweep', clusterName: 'shop' },
};
