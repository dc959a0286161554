import { EC2Client } from '@aws-sdk/client-ec2';
import { createQueueFunction } from '../../functions/shared/handler/queue-function.ts';
import { CLIENT_DEFAULTS } from '../../functions/shared/runtime/aws-client.ts';
import { reconcile } from './reconcile.ts';
import { greetWorkers } from './remediation.ts';

export const handler = createQueueFunction({
  declared: greetWorkers,
  own: () => ({ ec2: new EC2Client(CLIENT_DEFAULTS) }),
})(reconcile);
