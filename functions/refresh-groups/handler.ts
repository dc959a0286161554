import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { createQueueFunction } from '../shared/handler/queue-function.ts';
import { createWake } from '../shared/intake/wake.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { reconcile } from './reconcile.ts';
import { refreshGroups } from './remediation.ts';

export const handler = createQueueFunction({
  declared: refreshGroups,
  wake: (queue) => createWake({ scheduler: new SchedulerClient(CLIENT_DEFAULTS), ...queue }),
  own: () => ({
    cloudWatch: new CloudWatchClient(CLIENT_DEFAULTS),
    autoScaling: new AutoScalingClient(CLIENT_DEFAULTS),
    ec2: new EC2Client(CLIENT_DEFAULTS),
    eks: new EKSClient(CLIENT_DEFAULTS),
    iam: new IAMClient(CLIENT_DEFAULTS),
  }),
})(reconcile);
