import type * as z from 'zod';
import { eventSchema, SOURCE, workersReconcileRequest } from './envelope.ts';

/**
 * Requests a reconcile of the SSM agents of some workers, or of a whole cluster. The sweep, delayed messages and
 * wake-ups put it into the queue of `manage-ssm-agent`; operators may put it on the bus.
 */
export const detailType = 'SSM Agent Reconcile Request';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = () => workersReconcileRequest(['sweep', 'wake-up', 'operator']);

export const schema = eventSchema(SOURCE, detailType, detail);
export type AgentReconcileRequest = z.infer<typeof schema>;

export const sample: AgentReconcileRequest = {
  version: '0',
  id: '9c4b7d2e-1f6a-4e38-b5c9-8d0f2a4c6e17',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T19:06:00Z',
  resources: [],
  detail: { trigger: 'wake-up', instanceIds: ['i-0f3a5c7e9b1d2f4a6'] },
};
