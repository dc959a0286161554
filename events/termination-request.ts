import type * as z from 'zod';
import { type EventOrigin, eventSchema, ownEvent, SOURCE, workersReconcileRequest } from './envelope.ts';

/**
 * Requests that `terminate-workers` checks whether these workers are to be terminated. `quarantine-workers` puts it
 * into its queue. It orders nothing by itself; the quarantine's item in the ledger does.
 */
export const detailType = 'Termination Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = () => workersReconcileRequest(['quarantine', 'operator']);

export const schema = eventSchema(SOURCE, detailType, detail);
export type TerminationRequest = z.infer<typeof schema>;

export const sample: TerminationRequest = {
  version: '0',
  id: 'c2a7e9d1-5b3f-4d86-9e0a-7f1c3b5d8e24',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-21T18:06:00Z',
  resources: [],
  detail: { trigger: 'quarantine', instanceIds: ['i-0f3a5c7e9b1d2f4a6'] },
};

/** Makes a request as the body of a queue message. `id` names its cause. */
export const makeTerminationRequest = (origin: EventOrigin, id: string, instanceId: string): TerminationRequest =>
  ownEvent(detailType, origin, id, { trigger: 'quarantine' as const, instanceIds: [instanceId] });
