import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EKSClient } from '@aws-sdk/client-eks';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { parseScheduled } from '../shared/intake/scheduled-trigger.ts';
import { createLedger } from '../shared/ledger/ledger.ts';
import { claimRun } from '../shared/ledger/run-ledger.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { baseEnvironment, json, readEnvironment } from '../shared/runtime/environment.ts';
import { createFunction } from '../shared/runtime/function.ts';
import { tellDeadLetters } from './dead-letters.ts';
import { sweepFleet } from './remediation.ts';
import { sweep, sweepTarget } from './sweep.ts';

const env = readEnvironment(
  baseEnvironment.extend({
    SWEEP: json(z.array(sweepTarget)),
    DEAD_LETTERS: json(z.record(z.string(), z.url())),
  }),
);
const region = env.AWS_REGION;
const sqs = new SQSClient(CLIENT_DEFAULTS);
const { name: remediation } = sweepFleet;
const ledger = createLedger(new DynamoDBClient(CLIENT_DEFAULTS), env.LEDGER_TABLE);
const deps = {
  eks: new EKSClient(CLIENT_DEFAULTS),
  sqs,
  targets: env.SWEEP,
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
      await tellDeadLetters({ sqs, deadLetters: env.DEAD_LETTERS, recorder });
    } finally {
      await sweep({ ...deps, recorder, account }, trigger);
    }
  },
});
