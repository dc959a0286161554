import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { SSMClient } from '@aws-sdk/client-ssm';
import * as healthPlanned from '../../events/health-planned-lifecycle.ts';
import { createFunction } from '../shared/handler/function.ts';
import { baseEnvironment, policyEnvironment } from '../shared/handler/variables.ts';
import { parseScheduled } from '../shared/intake/scheduled-trigger.ts';
import { createLedger } from '../shared/ledger/ledger.ts';
import { claimRun } from '../shared/ledger/run-ledger.ts';
import { leavingOutUnreadable } from '../shared/ledger/tell-unreadable.ts';
import { policyReaderFrom } from '../shared/policy/policy-reader.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { readEnvironment } from '../shared/runtime/environment.ts';
import { safeParse } from '../shared/runtime/safe-parse.ts';
import { systemClock as clock } from '../shared/runtime/system-clock.ts';
import { READS } from './policy.ts';
import { reconcile } from './reconcile.ts';
import { watchSupportDates } from './remediation.ts';

const env = readEnvironment(baseEnvironment.extend(policyEnvironment));
const { name: remediation } = watchSupportDates;
const policy = { ssm: new SSMClient(CLIENT_DEFAULTS), clock };
const deps = {
  autoScaling: new AutoScalingClient(CLIENT_DEFAULTS),
  ec2: new EC2Client(CLIENT_DEFAULTS),
  eks: new EKSClient(CLIENT_DEFAULTS),
  ledger: createLedger(new DynamoDBClient(CLIENT_DEFAULTS), env.LEDGER_TABLE),
  readScope: policyReaderFrom(env, { ...policy, reads: {} }),
  readPolicy: policyReaderFrom(env, { ...policy, reads: READS }),
  clock,
};

export const handler = createFunction({
  declared: watchSupportDates,
  region: env.AWS_REGION,
  stack: env.STACK_NAME,
  run: async (event: unknown, { recorder, account, requestId }) => {
    const health = safeParse(healthPlanned.schema, event).data;
    const trigger =
      health === undefined
        ? parseScheduled(event)
        : { id: health.id, type: healthPlanned.detailType, time: Date.parse(health.time) };
    if (!(await claimRun(deps.ledger, trigger, { remediation, requestId }))) return;
    const telling = { ...deps, recorder, remediation, caller: requestId };
    await leavingOutUnreadable(
      telling,
      () => ({ trigger, isRegular: true }),
      (ledger) => reconcile({ ...deps, ledger, recorder, account, caller: requestId }, trigger, health?.detail),
    );
  },
});
