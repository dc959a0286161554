import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { Inspector2Client } from '@aws-sdk/client-inspector2';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { SQSEvent } from 'aws-lambda';
import * as z from 'zod';
import { takeBatch } from '../shared/intake/take-batch.ts';
import { createLedger } from '../shared/ledger/ledger.ts';
import { createPolicyReader } from '../shared/policy/policy-reader.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { systemClock as clock } from '../shared/runtime/clock.ts';
import { baseEnvironment, policyEnvironment, readEnvironment } from '../shared/runtime/environment.ts';
import { createFunction } from '../shared/runtime/function.ts';
import { READS } from './policy.ts';
import { reconcile } from './reconcile.ts';
import { triageFindings } from './remediation.ts';

const env = readEnvironment(
  baseEnvironment.extend({
    ...policyEnvironment,
    QUEUE_URL: z.url(),
    DEAD_LETTER_QUEUE_URL: z.url(),
    UPGRADE_QUEUE_URL: z.url(),
  }),
);
const region = env.AWS_REGION;
const ssm = new SSMClient(CLIENT_DEFAULTS);
const sqs = new SQSClient(CLIENT_DEFAULTS);
const deps = {
  ec2: new EC2Client(CLIENT_DEFAULTS),
  eks: new EKSClient(CLIENT_DEFAULTS),
  inspector: new Inspector2Client(CLIENT_DEFAULTS),
  ssm,
  ledger: createLedger(new DynamoDBClient(CLIENT_DEFAULTS), env.LEDGER_TABLE),
  queue: { sqs, url: env.QUEUE_URL },
  deadLetterQueueUrl: env.DEAD_LETTER_QUEUE_URL,
  upgradeQueue: { sqs, url: env.UPGRADE_QUEUE_URL },
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
  declared: triageFindings,
  region,
  stack: env.STACK_NAME,
  run: ({ Records }: SQSEvent, { recorder, account, requestId: caller }) =>
    takeBatch(deps, Records, (messages, queue) => reconcile({ ...deps, queue, recorder, account, caller }, messages)),
});
