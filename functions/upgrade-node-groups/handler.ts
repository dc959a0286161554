import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { MESSAGE_GROUP } from '../shared/intake/reconcile-queue.ts';
import { takeBatch } from '../shared/intake/take-batch.ts';
import { createWake } from '../shared/intake/wake.ts';
import { createLedger } from '../shared/ledger/ledger.ts';
import { createPolicyReader } from '../shared/policy/policy-reader.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { systemClock as clock } from '../shared/runtime/clock.ts';
import { baseEnvironment, policyEnvironment, readEnvironment } from '../shared/runtime/environment.ts';
import { createFunction } from '../shared/runtime/function.ts';
import { READS } from './policy.ts';
import { reconcile } from './reconcile.ts';
import { upgradeNodeGroups } from './remediation.ts';

const env = readEnvironment(
  baseEnvironment.extend({
    ...policyEnvironment,
    QUEUE_URL: z.url(),
    QUEUE_ARN: z.string().min(1),
    DEAD_LETTER_QUEUE_URL: z.url(),
    WAKE_SCHEDULE_GROUP: z.string().min(1),
    WAKE_ROLE_ARN: z.string().min(1),
  }),
);
const region = env.AWS_REGION;
const ssm = new SSMClient(CLIENT_DEFAULTS);
const deps = {
  eks: new EKSClient(CLIENT_DEFAULTS),
  ec2: new EC2Client(CLIENT_DEFAULTS),
  autoScaling: new AutoScalingClient(CLIENT_DEFAULTS),
  ssm,
  ledger: createLedger(new DynamoDBClient(CLIENT_DEFAULTS), env.LEDGER_TABLE),
  queue: { sqs: new SQSClient(CLIENT_DEFAULTS), url: env.QUEUE_URL },
  deadLetterQueueUrl: env.DEAD_LETTER_QUEUE_URL,
  wake: createWake({
    scheduler: new SchedulerClient(CLIENT_DEFAULTS),
    group: env.WAKE_SCHEDULE_GROUP,
    roleArn: env.WAKE_ROLE_ARN,
    queueArn: env.QUEUE_ARN,
    messageGroupId: MESSAGE_GROUP,
  }),
  readPolicy: createPolicyReader({
    ssm,
    clock,
    parameter: env.POLICY_PARAMETER,
    defaultMode: env.DEFAULT_MODE,
    reads: READS,
    names: env.POLICY_SECTIONS,
  }),
  clock,
  region,
};

export const handler = createFunction({
  declared: upgradeNodeGroups,
  region,
  stack: env.STACK_NAME,
  run: ({ Records }: SQSEvent, { recorder, account, requestId }) =>
    takeBatch(deps, Records, (messages, queue) =>
      reconcile({ ...deps, queue, recorder, account }, messages, requestId),
    ),
});
