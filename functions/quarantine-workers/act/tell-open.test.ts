import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import type { Decided } from '../plan/plan.ts';
import { type Looked, type TellOpenDeps, tellOpen } from './tell-open.ts';

const NOW = Date.parse('2026-07-14T12:00:00Z');
const TRIGGER = { id: 'm-1', type: 'Quarantine Reconcile Requested', time: NOW };

const EXPOSURE = {
  interfaceId: 'eni-1',
  address: '203.0.113.7',
  kind: 'automatic',
  gateway: 'igw-1',
  openPorts: [],
};

/** A worker of the group that stays exposed, because the mode is observe. */
const exposed = (nodegroup: string): Decided =>
  ({
    observation: {
      instanceId: `i-${nodegroup}`,
      trigger: TRIGGER,
      state: {},
      view: { cluster: 'shop', nodegroup, instanceState: 'running', exposures: [EXPOSURE] },
    },
    decision: { decision: 'observed', reason: 'would-quarantine', message: '' },
  }) as unknown as Decided;

it('a group whose request the queue refuses keeps no other from being saved, and is counted', async () => {
  const saved: unknown[] = [];
  const gauges: unknown[] = [];
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-central-1' }));
  documents.send = async ({ input: { Item } }: { input: { Item?: { sk: string } } }) => {
    if (Item !== undefined) saved.push(Item.sk);
    return { Items: [] };
  };
  const deps = {
    ledger: { table: 'ledger', documents },
    recorder: { record: () => undefined, gauge: (...gauge: unknown[]) => gauges.push(gauge) },
    queue: {
      url: 'queue',
      sqs: {
        send: ({ input }: { input: { Entries: Array<{ MessageBody: string }> } }) =>
          input.Entries.some(({ MessageBody }) => MessageBody.includes('i-first'))
            ? Promise.reject(new Error('not now'))
            : Promise.resolve({}),
      },
    },
    account: '111122223333',
    region: 'eu-central-1',
    caller: 'run-1',
  } as unknown as TellOpenDeps;
  const looked: Looked = {
    settled: [exposed('first'), exposed('second')],
    groups: [],
    clusters: new Map(),
    undecided: new Set(),
    now: NOW,
  };
  const troubles: unknown[] = [];
  await tellOpen(deps, looked, (error) => void troubles.push(error));
  expect(troubles).toEqual([new Error('not now')]);
  expect(saved).toEqual(['shop/second']);
  expect(gauges).toEqual([['StaysExposed', 2]]);
});
