import * as z from 'zod';
import { eventSchema, instanceId } from './envelope.ts';

/** An Auto Scaling group has launched an instance. */
export const detailType = 'EC2 Instance Launch Successful';

const SOURCE = 'aws.autoscaling';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

export const detail = () =>
  z.object({
    EC2InstanceId: instanceId,
    AutoScalingGroupName: z.string().min(1),
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type AutoscalingInstanceLaunch = z.infer<typeof schema>;

export const sample: AutoscalingInstanceLaunch = {
  version: '0',
  id: '3b9c1e77-0d1f-4a86-9f6b-2a4c6e8d0b13',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:10:05Z',
  resources: [
    'arn:aws:autoscaling:eu-central-1:111122223333:autoScalingGroup:7d1b4f0a-9a52-4a9e-8a43-6f2f0f0f6a01:autoScalingGroupName/eks-general',
    'arn:aws:ec2:eu-central-1:111122223333:instance/i-0f3a5c7e9b1d2f4a6',
  ],
  detail: { EC2InstanceId: 'i-0f3a5c7e9b1d2f4a6', AutoScalingGroupName: 'eks-general' },
};
