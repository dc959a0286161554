import * as z from 'zod';
import { eventSchema, instanceId } from './envelope.ts';

/** An EC2 instance is running, possibly after a stop and start. */
export const detailType = 'EC2 Instance State-change Notification';

const SOURCE = 'aws.ec2';

export const pattern = { source: [SOURCE], 'detail-type': [detailType], detail: { state: ['running'] } };

export const detail = () =>
  z.object({
    'instance-id': instanceId,
    state: z.literal('running'),
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type Ec2InstanceRunning = z.infer<typeof schema>;

export const sample: Ec2InstanceRunning = {
  version: '0',
  id: '0a6d9f3c-52ab-4c51-8d0e-7c1d8e2f4b10',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:10:00Z',
  resources: ['arn:aws:ec2:eu-central-1:111122223333:instance/i-0f3a5c7e9b1d2f4a6'],
  detail: { 'instance-id': 'i-0f3a5c7e9b1d2f4a6', state: 'running' },
};
