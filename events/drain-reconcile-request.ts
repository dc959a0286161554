import * as z from 'zod';
import { clusterName, eventSchema, nodegroupName, ownEventMaker, SOURCE } from './envelope.ts';

/**
 * Requests a reconcile of the hook and the drains of one self-managed Auto Scaling group, or of all those of a cluster.
 * Sweeps, wake-ups and operators send it. It only says where to look.
 */
export const detailType = 'Drain Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = () =>
  z.object({
    trigger: z.enum(['sweep', 'wake-up', 'operator']),
    clusterName,
    /** The group as records name it: `self-managed:` and its name. */
    nodegroupName: nodegroupName.optional(),
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type DrainReconcileRequest = z.infer<typeof schema>;

export const sample: DrainReconcileRequest = {
  version: '0',
  id: '6f0c9d21-5b8e-4a47-9e33-1d7a2c4b8f60',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-15T18:06:00Z',
  resources: [],
  detail: { trigger: 'sweep', clusterName: 'shop' },
};

export const makeDrainReconcileRequest = ownEventMaker<typeof detailType, DrainReconcileRequest['detail']>(detailType);
