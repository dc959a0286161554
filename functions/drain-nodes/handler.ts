import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { createQueueFunction } from '../shared/handler/queue-function.ts';
import { createWake } from '../shared/intake/wake.ts';
import { openClusterBy } from '../shared/kubernetes/open-cluster.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { reconcile } from './reconcile.ts';
import { drainNodes } from './remediation.ts';

const eks = new EKSClient(CLIENT_DEFAULTS);

export const handler = createQueueFunction({
  declared: drainNodes,
  wake: (queue) => createWake({ scheduler: new SchedulerClient(CLIENT_DEFAULTS), ...queue }),
  own: ({ clock, region }) => ({
    autoScaling: new AutoScalingClient(CLIENT_DEFAULTS),
    ec2: new EC2Client(CLIENT_DEFAULTS),
    eks,
    iam: new IAMClient(CLIENT_DEFAULTS),
    openClusterBy: openClusterBy({ eks, clock, region, timeoutSeconds: drainNodes.timeoutSeconds }),
  }),
})(reconcile);
