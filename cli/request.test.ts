import type { PutEventsResponse } from '@aws-sdk/client-eventbridge';
import { expect, it } from 'vitest';
import { sendRequest } from './request.ts';

/** Sends a request that EventBridge answers in this way. */
const sent = (answer: PutEventsResponse) =>
  sendRequest(
    {
      clients: {
        sts: { send: async () => ({ Arn: 'arn:aws:iam::111122223333:role/ada' }) },
        eventBridge: { send: async () => answer },
      },
      stack: { EventBusName: 'bus' },
      clock: { now: () => 7 },
    } as unknown as Parameters<typeof sendRequest>[0],
    'Remediation Request',
    {},
  );

it('is sent where EventBridge gives it an id, whatever else it leaves out', async () => {
  expect(await sent({ Entries: [{ EventId: 'e-1' }] })).toEqual({ id: 'e-1', at: 7 });
});

it('is refused in a sentence where EventBridge gives it none', async () => {
  const refused = 'EventBridge did not take the request:';
  const said = { ErrorCode: 'ThrottlingException', ErrorMessage: 'Rate exceeded' };
  await expect(sent({ FailedEntryCount: 1, Entries: [said] })).rejects.toThrow(
    `${refused} ThrottlingException Rate exceeded`,
  );
  await expect(sent({})).rejects.toThrow(`${refused} InternalFailure It does not say why.`);
});
