import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import * as z from 'zod';
import { createQueueFunction } from '../shared/handler/queue-function.ts';
import { createWake } from '../shared/intake/wake.ts';
import { openClusterBy } from '../shared/kubernetes/open-cluster.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { templateReader } from './observe/observe-templates.ts';
import { reconcile } from './reconcile.ts';
import { quarantineWorkers } from './remediation.ts';

const ec2 = new EC2Client(CLIENT_DEFAULTS);
const eks = new EKSClient(CLIENT_DEFAULTS);

export const handler = createQueueFunction({
  declared: quarantineWorkers,
  wake: (queue) => createWake({ scheduler: new SchedulerClient(CLIENT_DEFAULTS), ...queue }),
  environment: { TERMINATION_QUEUE_URL: z.url() },
  own: ({ env, sqs, clock, region, stackName, defaultMode }) => ({
    terminationQueue: { sqs, url: env.TERMINATION_QUEUE_URL },
    ec2,
    readTemplate: templateReader(ec2),
    eks,
    iam: new IAMClient(CLIENT_DEFAULTS),
    autoScaling: new AutoScalingClient(CLIENT_DEFAULTS),
    loadBalancing: new ElasticLoadBalancingV2Client(CLIENT_DEFAULTS),
    openCluster: openClusterBy({ eks, clock, region, timeoutSeconds: quarantineWorkers.timeoutSeconds }),
    defaultMode,
    stackName,
  }),
})(reconcile);
