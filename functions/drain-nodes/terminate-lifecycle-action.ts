import * as z from 'zod';
import { eventSchema, instanceId } from '../../events/envelope.ts';
import { HOOK } from './hook.ts';

/**
 * An instance begins to wait for the hook that is made here. Delivery is best effort, so that sweeps look, too. Source:
 * Auto Scaling user guide, "EventBridge event reference for Amazon EC2 Auto Scaling".
 */
export const detailType = 'EC2 Instance-terminate Lifecycle Action';

const SOURCE = 'aws.autoscaling';

export const pattern = {
  source: [SOURCE],
  'detail-type': [detailType],
  detail: { LifecycleHookName: [HOOK.name] },
};

/**
 * The group says where to look: which of its instances wait, a fresh read tells. The instance says what the read should
 * show.
 */
export const detail = () =>
  z.object({
    AutoScalingGroupName: z.string().min(1).max(255),
    EC2InstanceId: instanceId,
    LifecycleHookName: z.literal(HOOK.name),
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type TerminateLifecycleAction = z.infer<typeof schema>;

export const sample: TerminateLifecycleAction = {
  version: '0',
  id: '468fe059-f4b7-445f-bb22-900b271b97ae',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:03:06Z',
  resources: [],
  detail: { AutoScalingGroupName: 'shop-batch', EC2InstanceId: 'i-0f3a5c7e9b1d2f4a6', LifecycleHookName: HOOK.name },
};
