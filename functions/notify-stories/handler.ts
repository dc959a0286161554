import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import type { MetricOf } from '../shared/declaration/remediation.ts';
import { createSilentFunction } from '../shared/handler/function.ts';
import { baseEnvironment, policyEnvironment } from '../shared/handler/variables.ts';
import { createLedger } from '../shared/ledger/ledger.ts';
import { policyReaderFrom } from '../shared/policy/policy-reader.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { readEnvironment } from '../shared/runtime/environment.ts';
import { systemClock as clock } from '../shared/runtime/system-clock.ts';
import { readBatch } from './log-batch.ts';
import { notify } from './notify.ts';
import { READS } from './policy.ts';
import type { notifyStories } from './remediation.ts';

const env = readEnvironment(
  baseEnvironment.extend({
    ...policyEnvironment,
    NOTIFICATION_TOPIC_ARN: z.string().startsWith('arn:'),
    EVENT_BUS_NAME: z.string().min(1),
  }),
);
const ssm = new SSMClient(CLIENT_DEFAULTS);
const deps = {
  sns: new SNSClient(CLIENT_DEFAULTS),
  topicArn: env.NOTIFICATION_TOPIC_ARN,
  events: new EventBridgeClient(CLIENT_DEFAULTS),
  busName: env.EVENT_BUS_NAME,
  securityHub: new SecurityHubClient(CLIENT_DEFAULTS),
  ledger: createLedger(new DynamoDBClient(CLIENT_DEFAULTS), env.LEDGER_TABLE),
  readPolicy: policyReaderFrom(env, { ssm, clock, reads: READS }),
  clock,
  stack: env.STACK_NAME,
  partition: env.NOTIFICATION_TOPIC_ARN.split(':')[1] ?? 'aws',
};

// The function has no recorder: a record that it wrote would trigger it again, in an endless loop.
export const handler = createSilentFunction<unknown, void, MetricOf<typeof notifyStories>>({
  stack: env.STACK_NAME,
  run: (event, { counter, requestId: caller }) => notify({ ...deps, counter, caller }, readBatch(event)),
});
