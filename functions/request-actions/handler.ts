import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import * as z from 'zod';
import { requestable } from '../../events/remediation-request.ts';
import { createSilentFunction } from '../shared/handler/function.ts';
import { baseEnvironment } from '../shared/handler/variables.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { json, readEnvironment } from '../shared/runtime/environment.ts';
import { request } from './request.ts';

const env = readEnvironment(
  baseEnvironment
    .omit({ LEDGER_TABLE: true })
    .extend({ EVENT_BUS_NAME: z.string().min(1), REQUESTABLE: json(z.array(requestable)) }),
);
const deps = {
  events: new EventBridgeClient(CLIENT_DEFAULTS),
  busName: env.EVENT_BUS_NAME,
  requestable: env.REQUESTABLE,
};

export const handler = createSilentFunction({
  stack: env.STACK_NAME,
  run: (event: unknown) => request(deps, event),
});
