import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { Inspector2Client } from '@aws-sdk/client-inspector2';
import * as z from 'zod';
import { createQueueFunction } from '../shared/handler/queue-function.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { reconcile } from './reconcile.ts';
import { triageFindings } from './remediation.ts';

export const handler = createQueueFunction({
  declared: triageFindings,
  environment: { UPGRADE_QUEUE_URL: z.url(), REFRESH_QUEUE_URL: z.url(), NODE_CLASS_QUEUE_URL: z.url() },
  own: ({ env, sqs }) => ({
    autoScaling: new AutoScalingClient(CLIENT_DEFAULTS),
    ec2: new EC2Client(CLIENT_DEFAULTS),
    eks: new EKSClient(CLIENT_DEFAULTS),
    inspector: new Inspector2Client(CLIENT_DEFAULTS),
    upgradeQueue: { sqs, url: env.UPGRADE_QUEUE_URL },
    refreshQueue: { sqs, url: env.REFRESH_QUEUE_URL },
    nodeClassQueue: { sqs, url: env.NODE_CLASS_QUEUE_URL },
  }),
})(reconcile);
