import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import * as z from 'zod';
import { requestable } from '../../events/remediation-request.ts';
import { createSilentFunction } from '../shared/handler/function.ts';
import { baseEnvironment } from '../shared/handler/variables.ts';
import { createLedger } from '../shared/ledger/ledger.ts';
import { UnreadableItems } from '../shared/ledger/unreadable-items.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { json, readEnvironment } from '../shared/runtime/environment.ts';
import { systemClock as clock } from '../shared/runtime/system-clock.ts';
import { review } from './review.ts';

const env = readEnvironment(
  baseEnvironment.extend({
    LOG_GROUP: z.string().min(1),
    REQUESTABLE: json(z.array(requestable)),
    REQUEST_FUNCTION_ARN: z.string().startsWith('arn:'),
  }),
);
const deps = {
  logs: new CloudWatchLogsClient(CLIENT_DEFAULTS),
  ledger: createLedger(new DynamoDBClient(CLIENT_DEFAULTS), env.LEDGER_TABLE),
  ec2: new EC2Client(CLIENT_DEFAULTS),
  logGroup: env.LOG_GROUP,
  requestable: env.REQUESTABLE,
  clock,
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

export const handler = createSilentFunction({
  stack: env.STACK_NAME,
  run: (event: unknown, { functionArn }) => {
    // The functions whose items cannot be read tell of them. All others are shown.
    const ledger = { ...deps.ledger, unreadable: new UnreadableItems() };
    return review({ ...deps, ledger, endpoints: { view: functionArn, act: env.REQUEST_FUNCTION_ARN } }, event);
  },
});
