import * as z from 'zod';
import { clusterName, type EventOrigin, eventSchema, nodegroupName, ownEvent, SOURCE } from './envelope.ts';

/**
 * "Look at the findings of this node group, or of all the account": what the sweep puts into the queue of
 * `triage-findings`, and what an operator may put on the bus.
 */
export const detailType = 'Findings Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = z
  .object({
    trigger: z.enum(['sweep', 'operator']),
    /** With the node group, or not at all: then all workers of the account are looked at, and Inspector itself. */
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

/** Makes a reconcile request as a queue's message body. `id` names its cause: the same cause gives the same body. */
export const makeFindingsReconcileRequest = (
  origin: EventOrigin,
  id: string,
  requestDetail: FindingsReconcileRequest['detail'],
): FindingsReconcileRequest => ownEvent(detailType, origin, id, requestDetail);
