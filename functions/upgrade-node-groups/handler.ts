import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import * as z from 'zod';
import { createQueueFunction } from '../shared/handler/queue-function.ts';
import { createWake } from '../shared/intake/wake.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { reconcile } from './reconcile.ts';
import { upgradeNodeGroups } from './remediation.ts';

export const handler = createQueueFunction({
  declared: upgradeNodeGroups,
  environment: {
    POSTURE_QUEUE_URL: z.url(),
    REFRESH_QUEUE_URL: z.url(),
    DRAIN_QUEUE_URL: z.url(),
    NODE_CLASS_QUEUE_URL: z.url(),
  },
  wake: (queue) => createWake({ scheduler: new SchedulerClient(CLIENT_DEFAULTS), ...queue }),
  own: ({ env, sqs }) => ({
    postureQueue: { sqs, url: env.POSTURE_QUEUE_URL },
    refreshQueue: { sqs, url: env.REFRESH_QUEUE_URL },
    drainQueue: { sqs, url: env.DRAIN_QUEUE_URL },
    nodeClassQueue: { sqs, url: env.NODE_CLASS_QUEUE_URL },
    eks: new EKSClient(CLIENT_DEFAULTS),
    ec2: new EC2Client(CLIENT_DEFAULTS),
    autoScaling: new AutoScalingClient(CLIENT_DEFAULTS),
    cloudWatch: new CloudWatchClient(CLIENT_DEFAULTS),
  }),
})(reconcile);
