import * as z from 'zod';
import { eventSchema } from './envelope.ts';

/** A scheduled EventBridge rule fired. */
export const detailType = 'Scheduled Event';

export const pattern = { source: ['aws.events'], 'detail-type': [detailType] };

export const schema = eventSchema('aws.events', detailType, () => z.object({}));
export type Scheduled = z.infer<typeof schema>;

export const sample: Scheduled = {
  version: '0',
  id: '7d1b4f0a-9a52-4a9e-8a43-6f2f0f0f6a01',
  source: 'aws.events',
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:05:00Z',
  resources: ['arn:aws:events:eu-central-1:111122223333:rule/eks-host-remediator-watch'],
  detail: {},
};
