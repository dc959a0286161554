import type * as z from 'zod';
import { eventSchema, type HintOrigin, ownEvent, SOURCE, workersHint } from './envelope.ts';

/**
 * "Look at the SSM agents of these workers (or of a whole cluster) again": what the sweep, a delayed message and a
 * wake-up put into the queue of `manage-ssm-agent`, and what an operator may put on the bus.
 */
export const detailType = 'SSM Agent Hint';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = workersHint(['sweep', 'wake-up', 'operator']);

export const schema = eventSchema(SOURCE, detailType, detail);
export type AgentHint = z.infer<typeof schema>;

export const sample: AgentHint = {
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

/** Makes a hint as a queue's message body. `id` names its cause: the same cause gives the same body. */
export const makeAgentHint = (origin: HintOrigin, id: string, hintDetail: AgentHint['detail']): AgentHint =>
  ownEvent(detailType, origin, id, hintDetail);
