import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, it, vi } from 'vitest';
import { newDrain, saveDrainState } from './drain-ledger.ts';
import { NOW } from './observation.fixture.ts';

it('keeps a drain that has ended for two days only, since each look reads past all that are there', async () => {
  const sent = vi.spyOn(DynamoDBDocumentClient.prototype, 'send').mockImplementation(async () => ({}));
  const ledger = { documents: Object.create(DynamoDBDocumentClient.prototype), table: 'ledger' };
  const open = newDrain({ cluster: 'shop', nodegroup: 'self-managed:batch' }, NOW, undefined);
  const { open: _, ...ended } = open;
  await saveDrainState(ledger, 'i-1', open, NOW, 'a');
  await saveDrainState(ledger, 'i-1', ended, NOW, 'b');
  const kept = sent.mock.calls.map(([{ input }]) => JSON.stringify(input));
  const days = kept.map((text) => (Number(/"expiresAt":(\d+)/.exec(text)?.[1]) * 1_000 - NOW) / 86_400_000);
  expect(days.map(Math.round)).toEqual([400, 2]);
  sent.mockRestore();
});
