import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { SSMClient } from '@aws-sdk/client-ssm';
import { createFunction } from '../shared/handler/function.ts';
import { baseEnvironment, policyEnvironment } from '../shared/handler/variables.ts';
import { parseScheduled } from '../shared/intake/scheduled-trigger.ts';
import { openClusterBy } from '../shared/kubernetes/open-cluster.ts';
import { createLedger } from '../shared/ledger/ledger.ts';
import { claimRun } from '../shared/ledger/run-ledger.ts';
import { leavingOutUnreadable } from '../shared/ledger/tell-unreadable.ts';
import { policyReaderFrom } from '../shared/policy/policy-reader.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { readEnvironment } from '../shared/runtime/environment.ts';
import { systemClock as clock } from '../shared/runtime/system-clock.ts';
import { READS } from './policy.ts';
import { reconcile } from './reconcile.ts';
import { watchHosts } from './remediation.ts';

const env = readEnvironment(baseEnvironment.extend(policyEnvironment));
const { name: remediation, timeoutSeconds } = watchHosts;
const eks = new EKSClient(CLIENT_DEFAULTS);
const deps = {
  ec2: new EC2Client(CLIENT_DEFAULTS),
  eks,
  openClusterBy: openClusterBy({ eks, clock, region: env.AWS_REGION, timeoutSeconds }),
  ledger: createLedger(new DynamoDBClient(CLIENT_DEFAULTS), env.LEDGER_TABLE),
  readPolicy: policyReaderFrom(env, { ssm: new SSMClient(CLIENT_DEFAULTS), clock, reads: READS }),
  clock,
};

export const handler = createFunction({
  declared: watchHosts,
  region: env.AWS_REGION,
  stack: env.STACK_NAME,
  run: async (event: unknown, { recorder, account, requestId }) => {
    const trigger = parseScheduled(event);
    if (!(await claimRun(deps.ledger, trigger, { remediation, requestId }))) return;
    const telling = { ...deps, recorder, remediation, caller: requestId };
    await leavingOutUnreadable(
      telling,
      () => ({ trigger, isRegular: true }),
      (ledger) => reconcile({ ...deps, ledger, recorder, account, caller: requestId }, trigger),
    );
  },
});
