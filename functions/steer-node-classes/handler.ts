import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { openClusterBy } from '../shared/kubernetes/open-cluster.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { createQueueFunction } from '../shared/runtime/queue-function.ts';
import { reconcile } from './reconcile.ts';
import { steerNodeClasses } from './remediation.ts';

const eks = new EKSClient(CLIENT_DEFAULTS);

export const handler = createQueueFunction({
  declared: steerNodeClasses,
  own: ({ clock, region }) => ({
    ec2: new EC2Client(CLIENT_DEFAULTS),
    eks,
    openClusterBy: openClusterBy({ eks, clock, region }),
  }),
})(reconcile);
