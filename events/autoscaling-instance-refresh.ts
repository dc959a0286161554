import * as z from 'zod';
import { eventSchema } from './envelope.ts';

/**
 * An instance refresh has ended. The detail has neither status nor reason, so a fresh read finds the outcome. Delivery
 * is best effort, so refreshes are polled, too. Sources: Auto Scaling user guide, "Instance refresh events";
 * EventBridge reference, "Amazon EC2 Auto Scaling events".
 */
export const detailType = 'EC2 Auto Scaling Instance Refresh Succeeded';

/** The events that end a refresh. Events during a refresh, such as those of checkpoints, change nothing. */
export const detailTypes = [
  detailType,
  'EC2 Auto Scaling Instance Refresh Failed',
  'EC2 Auto Scaling Instance Refresh Cancelled',
  'EC2 Auto Scaling Instance Refresh Rollback Succeeded',
  'EC2 Auto Scaling Instance Refresh Rollback Failed',
] as const;

const SOURCE = 'aws.autoscaling';

export const pattern = { source: [SOURCE], 'detail-type': [...detailTypes] };

export const detail = () =>
  z.object({
    InstanceRefreshId: z.string().min(1),
    AutoScalingGroupName: z.string().min(1).max(255),
  });

export const schema = z.lazy(() =>
  eventSchema(SOURCE, detailType, detail)
    .unwrap()
    .extend({ 'detail-type': z.enum(detailTypes) }),
);
export type AutoscalingInstanceRefresh = z.infer<typeof schema>;

export const sample: AutoscalingInstanceRefresh = {
  version: '0',
  id: '5c2e8d14-7a90-4f3b-b6d1-0e9c4a7f2b58',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T20:10:05Z',
  resources: [
    'arn:aws:autoscaling:eu-central-1:111122223333:autoScalingGroup:7d1b4f0a-9a52-4a9e-8a43-6f2f0f0f6a01:autoScalingGroupName/legacy',
  ],
  detail: { InstanceRefreshId: '08b91cf7-8fa6-48af-b6a6-d227f40f1b9b', AutoScalingGroupName: 'legacy' },
};
