import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import { expect, it } from 'vitest';
import { tell } from './act.ts';
import { bundle } from './bundle.ts';
import { recordAt } from './record.fixture.ts';

it.each([
  [{ FailedEntryCount: 1, Entries: [{ ErrorCode: 'ThrottlingException' }] }, 'fails'],
  [{ FailedEntryCount: 0, Entries: [{ EventId: 'e-1' }] }, 'is done'],
  [{ Entries: [{ EventId: 'e-1' }] }, 'is done'],
])('where EventBridge answers %j, telling %s', async (answer, outcome) => {
  const region = 'eu-central-1';
  const sns = Object.assign(new SNSClient({ region }), { send: async () => ({}) });
  const events = Object.assign(new EventBridgeClient({ region }), { send: async () => answer });
  const [one] = bundle([{ phase: 'opened', severity: 'low', state: 'acted', record: recordAt(1, 'acted') }]);
  const told = tell({ sns, topicArn: 'arn:topic', events, busName: 'default', stack: 'prod' }, one!);
  await (outcome === 'fails'
    ? expect(told).rejects.toThrow('ThrottlingException')
    : expect(told).resolves.toBeUndefined());
});
