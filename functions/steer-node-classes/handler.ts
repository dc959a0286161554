import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import * as z from 'zod';
import { createQueueFunction } from '../shared/handler/queue-function.ts';
import { createWake } from '../shared/intake/wake.ts';
import { openClusterBy } from '../shared/kubernetes/open-cluster.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { reconcile } from './reconcile.ts';
import { steerNodeClasses } from './remediation.ts';

const eks = new EKSClient(CLIENT_DEFAULTS);

export const handler = createQueueFunction({
  declared: steerNodeClasses,
  environment: { UPGRADE_QUEUE_URL: z.url() },
  wake: (queue) => createWake({ scheduler: new SchedulerClient(CLIENT_DEFAULTS), ...queue }),
  own: ({ clock, region, env, sqs }) => ({
    upgradeQueue: { sqs, url: env.UPGRADE_QUEUE_URL },
    cloudWatch: new CloudWatchClient(CLIENT_DEFAULTS),
    ec2: new EC2Client(CLIENT_DEFAULTS),
    eks,
    openClusterBy: openClusterBy({ eks, clock, region, timeoutSeconds: steerNodeClasses.timeoutSeconds }),
  }),
})(reconcile);
