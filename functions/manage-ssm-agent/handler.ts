import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import * as z from 'zod';
import { createQueueFunction } from '../shared/handler/queue-function.ts';
import { createWake } from '../shared/intake/wake.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { reconcile } from './reconcile.ts';
import { manageSsmAgent } from './remediation.ts';

export const handler = createQueueFunction({
  declared: manageSsmAgent,
  environment: {
    HOST_MANAGEMENT_ROLE: z.string().min(1),
    INSTALLER_REGISTRIES: z.string().transform((text) => text.split(',').filter((registry) => registry !== '')),
  },
  wake: (queue) => createWake({ scheduler: new SchedulerClient(CLIENT_DEFAULTS), ...queue }),
  own: ({ env, partition }) => ({
    autoScaling: new AutoScalingClient(CLIENT_DEFAULTS),
    ec2: new EC2Client(CLIENT_DEFAULTS),
    eks: new EKSClient(CLIENT_DEFAULTS),
    iam: new IAMClient(CLIENT_DEFAULTS),
    hostManagementRole: env.HOST_MANAGEMENT_ROLE,
    installerRegistries: env.INSTALLER_REGISTRIES,
    partition,
  }),
})(reconcile);
