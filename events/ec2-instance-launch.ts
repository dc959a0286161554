import * as z from 'zod';
import { eventSchema, instanceId } from './envelope.ts';

/** An EC2 instance is being launched or is running. Its network interfaces and addresses exist from `pending` on. */
export const detailType = 'EC2 Instance State-change Notification';

const SOURCE = 'aws.ec2';

export const pattern = { source: [SOURCE], 'detail-type': [detailType], detail: { state: ['pending', 'running'] } };

export const detail = () =>
  z.object({
    'instance-id': instanceId,
    state: z.enum(['pending', 'running']),
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type Ec2InstanceLaunch = z.infer<typeof schema>;

export const sample: Ec2InstanceLaunch = {
  version: '0',
  id: '7d1b3c5e-9f24-4a68-8b0d-2e4f6a8c0d13',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:09:40Z',
  resources: ['arn:aws:ec2:eu-central-1:111122223333:instance/i-0f3a5c7e9b1d2f4a6'],
  detail: { 'instance-id': 'i-0f3a5c7e9b1d2f4a6', state: 'pending' },
};
