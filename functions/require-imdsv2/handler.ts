import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { createQueueFunction } from '../shared/handler/queue-function.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { reconcile } from './reconcile.ts';
import { requireImdsv2 } from './remediation.ts';

export const handler = createQueueFunction({
  declared: requireImdsv2,
  own: () => ({
    autoScaling: new AutoScalingClient(CLIENT_DEFAULTS),
    ec2: new EC2Client(CLIENT_DEFAULTS),
    eks: new EKSClient(CLIENT_DEFAULTS),
    iam: new IAMClient(CLIENT_DEFAULTS),
  }),
})(reconcile);
