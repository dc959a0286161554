import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { createQueueFunction } from '../shared/handler/queue-function.ts';
import { openClusterBy } from '../shared/kubernetes/open-cluster.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { reconcile } from './reconcile.ts';
import { terminateWorkers } from './remediation.ts';

const eks = new EKSClient(CLIENT_DEFAULTS);

export const handler = createQueueFunction({
  declared: terminateWorkers,
  own: ({ clock, region }) => ({
    ec2: new EC2Client(CLIENT_DEFAULTS),
    eks,
    iam: new IAMClient(CLIENT_DEFAULTS),
    openCluster: openClusterBy({ eks, clock, region, timeoutSeconds: terminateWorkers.timeoutSeconds }),
  }),
})(reconcile);
