import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import * as z from 'zod';
import { createQueueFunction } from '../shared/handler/queue-function.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { reconcile } from './reconcile.ts';
import { checkPosture } from './remediation.ts';

export const handler = createQueueFunction({
  declared: checkPosture,
  environment: { POSTURE_DOCUMENT: z.string().min(1), SHELLS_QUEUE_URL: z.url(), QUARANTINE_QUEUE_URL: z.url() },
  own: ({ env, sqs }) => ({
    shellsQueue: { sqs, url: env.SHELLS_QUEUE_URL },
    quarantineQueue: { sqs, url: env.QUARANTINE_QUEUE_URL },
    autoScaling: new AutoScalingClient(CLIENT_DEFAULTS),
    ec2: new EC2Client(CLIENT_DEFAULTS),
    eks: new EKSClient(CLIENT_DEFAULTS),
    document: env.POSTURE_DOCUMENT,
  }),
})(reconcile);
