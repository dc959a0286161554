import * as z from 'zod';
import { eventSchema } from './envelope.ts';

/**
 * AWS Health plans a change for clusters, such as the end of support of their Kubernetes version, or changes or closes
 * such a plan. It sends the same event again on each update, and also to a backup Region (AWS Health user guide, "AWS
 * Health events Amazon EventBridge schema" and "Creating EventBridge rules for AWS Region coverage").
 */
export const detailType = 'AWS Health Event';

const SOURCE = 'aws.health';

export const pattern = {
  source: [SOURCE],
  'detail-type': [detailType],
  detail: { service: ['EKS'], eventTypeCategory: ['scheduledChange'] },
};

/** The most resources that one event names. AWS Health splits longer lists into several events. */
const MOST_ENTITIES = 1_000;

export const detail = () =>
  z.object({
    service: z.literal('EKS'),
    eventTypeCategory: z.literal('scheduledChange'),
    eventArn: z.string().regex(/^arn:[a-z-]+:health:[^\s]{1,1500}$/, 'must be the ARN of an AWS Health event'),
    /** A value such as `AWS_EKS_PLANNED_LIFECYCLE_EVENT`. */
    eventTypeCode: z.string().regex(/^AWS_[A-Z0-9_]{1,200}$/, 'must be the code of an event type'),
    statusCode: z.enum(['open', 'upcoming', 'closed']).optional(),
    /** When it begins, such as `Thu, 26 Nov 2026 06:00:00 GMT`. */
    startTime: z.string().max(64).optional(),
    affectedEntities: z
      .array(z.object({ entityValue: z.string().max(1_600), status: z.string().max(64).optional() }))
      .max(MOST_ENTITIES)
      .default([]),
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type HealthPlannedLifecycle = z.infer<typeof schema>;

export const sample: HealthPlannedLifecycle = {
  version: '0',
  id: '9f0c8f1e-6c1b-4a55-8f5e-2b6f1f0a9d31',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:00:00Z',
  resources: ['arn:aws:eks:eu-central-1:111122223333:cluster/shop'],
  detail: {
    service: 'EKS',
    eventTypeCategory: 'scheduledChange',
    eventArn:
      'arn:aws:health:eu-central-1::event/EKS/AWS_EKS_PLANNED_LIFECYCLE_EVENT/AWS_EKS_PLANNED_LIFECYCLE_EVENT_0f3a5c7e',
    eventTypeCode: 'AWS_EKS_PLANNED_LIFECYCLE_EVENT',
    statusCode: 'upcoming',
    startTime: 'Wed, 29 Jul 2026 00:00:00 GMT',
    affectedEntities: [{ entityValue: 'arn:aws:eks:eu-central-1:111122223333:cluster/shop', status: 'PENDING' }],
  },
};
