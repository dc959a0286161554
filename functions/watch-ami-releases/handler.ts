import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { createFunction } from '../shared/handler/function.ts';
import { baseEnvironment } from '../shared/handler/variables.ts';
import { parseScheduled } from '../shared/intake/scheduled-trigger.ts';
import { createLedger, withReadableItems } from '../shared/ledger/ledger.ts';
import { claimRun } from '../shared/ledger/run-ledger.ts';
import { leavingOutUnreadable } from '../shared/ledger/tell-unreadable.ts';
import { pairKey } from '../shared/releases/ami-type.ts';
import { RELEASE_PK } from '../shared/releases/release-ledger.ts';
import { CLIENT_DEFAULTS } from '../shared/runtime/aws-client.ts';
import { readEnvironment } from '../shared/runtime/environment.ts';
import { systemClock as clock } from '../shared/runtime/system-clock.ts';
import { carryOut } from './act.ts';
import { decide } from './decide.ts';
import { inventoryOf, logInventory } from './inventory.ts';
import { observeFleet } from './observe.ts';
import { watchAmiReleases } from './remediation.ts';

const env = readEnvironment(baseEnvironment.extend({ EVENT_BUS_NAME: z.string().min(1) }));
const { name: remediation } = watchAmiReleases;
const deps = {
  eks: new EKSClient(CLIENT_DEFAULTS),
  ec2: new EC2Client(CLIENT_DEFAULTS),
  ssm: new SSMClient(CLIENT_DEFAULTS),
  events: new EventBridgeClient(CLIENT_DEFAULTS),
  busName: env.EVENT_BUS_NAME,
  ledger: createLedger(new DynamoDBClient(CLIENT_DEFAULTS), env.LEDGER_TABLE),
};

export const handler = createFunction({
  declared: watchAmiReleases,
  region: env.AWS_REGION,
  stack: env.STACK_NAME,
  run: async (event: unknown, { recorder, requestId }) => {
    const trigger = parseScheduled(event);
    if (!(await claimRun(deps.ledger, trigger, { remediation, requestId }))) return;
    const telling = { ...deps, recorder, remediation, caller: requestId, clock };
    await leavingOutUnreadable(
      telling,
      () => ({ trigger, isRegular: true }),
      async (ledger) => {
        const { pairs, nodeGroups } = await observeFleet({ ...deps, ledger });
        const now = clock.now();
        logInventory(recorder, inventoryOf(nodeGroups, now));
        const readable = withReadableItems(ledger, RELEASE_PK, pairs, ({ pair }) => pairKey(pair));
        const decided = readable.map((observation) => ({ observation, decision: decide(observation, now) }));
        await carryOut({ ...deps, ledger, recorder }, decided, trigger);
      },
    );
  },
});
