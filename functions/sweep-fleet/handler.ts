import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EKSClient } from '@aws-sdk/client-eks';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { createFunction } from '../shared/handler/function.ts';
import { baseEnvironment } from '../shared/handler/variables.ts';
import { parseScheduled } from '../shared/intake/scheduled-trigger.ts';
import { createLedger } from '../shared/ledger/ledger.ts';
import { claimRun } from '../shared/ledger/run-ledger.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { json, readEnvironment } from '../shared/runtime/environment.ts';
import { systemClock as clock } from '../shared/runtime/system-clock.ts';
import { tellDeadLetters } from './dead-letters.ts';
import { sweepFleet } from './remediation.ts';
import { sweep, sweepTarget } from './sweep.ts';
import { tellWaitingRequests } from './waiting-requests.ts';

const env = readEnvironment(
  baseEnvironment.extend({
    SWEEP: json(z.array(sweepTarget.omit({ queueUrl: true }))),
    /** By function: the names of its queue and its dead-letter queue. URLs would exceed the 4 KB that Lambda takes. */
    QUEUES: json(z.record(z.string(), z.tuple([z.string(), z.string()]))),
    /** By function without a queue: its name in Lambda, and that of its dead-letter queue, if it has one. */
    FUNCTIONS: json(z.record(z.string(), z.tuple([z.string()]).rest(z.string()))),
    ANY_QUEUE_URL: z.url(),
  }),
);
const region = env.AWS_REGION;
const sqs = new SQSClient(CLIENT_DEFAULTS);
const cloudWatch = new CloudWatchClient(CLIENT_DEFAULTS);
/** The URLs of an account's queues differ in their last part, the name (SQS developer guide, "Queue identifiers"). */
const urlOf = (queue: string): string => new URL(queue, env.ANY_QUEUE_URL).href;
const watched = [...Object.entries(env.QUEUES), ...Object.entries(env.FUNCTIONS)];
const deadLetters = Object.fromEntries(
  watched.flatMap(([of, [, queue]]) => (queue === undefined ? [] : [[of, urlOf(queue)]])),
);
const queues = Object.fromEntries(Object.entries(env.QUEUES).map(([of, [queue]]) => [of, queue]));
const functions = Object.fromEntries(Object.entries(env.FUNCTIONS).map(([of, [invoked]]) => [of, invoked]));
const { name: remediation } = sweepFleet;
const ledger = createLedger(new DynamoDBClient(CLIENT_DEFAULTS), env.LEDGER_TABLE);
const deps = {
  eks: new EKSClient(CLIENT_DEFAULTS),
  sqs,
  targets: env.SWEEP.map((target) => {
    const queue = queues[target.name];
    if (queue === undefined) throw new Error(`QUEUES: ${target.name} has none`);
    return { ...target, queueUrl: urlOf(queue) };
  }),
  ledger,
  region,
};

export const handler = createFunction({
  declared: sweepFleet,
  region,
  stack: env.STACK_NAME,
  run: async (event: unknown, { recorder, account, requestId }) => {
    const trigger = parseScheduled(event);
    if (!(await claimRun(ledger, trigger, { remediation, requestId }))) return;
    try {
      await tellDeadLetters({ sqs, deadLetters, recorder });
    } finally {
      try {
        await tellWaitingRequests({ cloudWatch, queues, functions, recorder }, clock.now());
      } finally {
        await sweep({ ...deps, recorder, account }, trigger);
      }
    }
  },
});
