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
import { closeShells } from './remediation.ts';

const name = z.string().min(1);

export const handler = createQueueFunction({
  declared: closeShells,
  environment: { LOOK_DOCUMENT: name, CLOSE_DOCUMENT: name, RESTORE_DOCUMENT: name },
  wake: (queue) => createWake({ scheduler: new SchedulerClient(CLIENT_DEFAULTS), ...queue }),
  own: ({ env, partition }) => ({
    autoScaling: new AutoScalingClient(CLIENT_DEFAULTS),
    ec2: new EC2Client(CLIENT_DEFAULTS),
    eks: new EKSClient(CLIENT_DEFAULTS),
    iam: new IAMClient(CLIENT_DEFAULTS),
    documents: { look: env.LOOK_DOCUMENT, close: env.CLOSE_DOCUMENT, restore: env.RESTORE_DOCUMENT },
    partition,
  }),
})(reconcile);
