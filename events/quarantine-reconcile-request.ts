import type * as z from 'zod';
import { type EventOrigin, eventSchema, ownEvent, SOURCE, workersReconcileRequest } from './envelope.ts';

/**
 * "Look at how these workers (or those of a whole cluster) can be reached": what the sweep, a delayed message, a freed
 * slot and a wake-up put into the queue of `quarantine-workers`, and what an operator may put on the bus.
 */
export const detailType = 'Quarantine Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

/** A cluster stands for all workers and all quarantines there. */
export const detail = workersReconcileRequest(['sweep', 'wake-up', 'slot-free', 'finding', 'operator']);

export const schema = eventSchema(SOURCE, detailType, detail);
export type QuarantineReconcileRequest = z.infer<typeof schema>;

export const sample: QuarantineReconcileRequest = {
  version: '0',
  id: '1e3d5c7b-9a8f-4e6d-8c4b-2a0f1e3d5c79',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T19:06:00Z',
  resources: [],
  detail: { trigger: 'sweep', clusterName: 'shop' },
};

/** Makes a reconcile request as a queue's message body. `id` names its cause: the same cause gives the same body. */
export const makeQuarantineReconcileRequest = (
  origin: EventOrigin,
  id: string,
  requestDetail: QuarantineReconcileRequest['detail'],
): QuarantineReconcileRequest => ownEvent(detailType, origin, id, requestDetail);
