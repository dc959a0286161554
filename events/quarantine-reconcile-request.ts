import type * as z from 'zod';
import { type EventOrigin, eventSchema, ownEvent, SOURCE, workersReconcileRequest } from './envelope.ts';

/**
 * Requests a reconcile of the exposures of some workers, or of a whole cluster. The sweep, delayed messages, freed
 * slots and wake-ups put it into the queue of `quarantine-workers`; operators may put it on the bus.
 */
export const detailType = 'Quarantine Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

/** A cluster stands for all its workers and quarantines. */
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

/**
 * Makes a reconcile request as the body of a queue message. `id` names its cause: the same cause gives the same body.
 */
export const makeQuarantineReconcileRequest = (
  origin: EventOrigin,
  id: string,
  requestDetail: QuarantineReconcileRequest['detail'],
): QuarantineReconcileRequest => ownEvent(detailType, origin, id, requestDetail);
