import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Inspector2Client } from '@aws-sdk/client-inspector2';
import { SQSClient } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import type { FindingState } from '../shared/ledger/finding-ledger.ts';
import { createLedger } from '../shared/ledger/ledger.ts';
import type { Outcome } from '../shared/records/recorder.ts';
import { carryOut } from './act.ts';
import { type Decision, say } from './decision.ts';
import { need, nodeGroup, observation } from './observation.fixture.ts';

class Died extends Error {}

const trigger = { id: 'e-1', type: 'test', time: 0, redelivered: false };
let item: FindingState | undefined;
let recorded: string[] = [];
let diesAt: 'recording' | 'saving-again' | undefined;

const ledger = createLedger(new DynamoDBClient({ region: 'eu-central-1' }), 'ledger');
ledger.documents.send = (command: unknown) => {
  if (!(command instanceof PutCommand)) throw new Error('Only written to here.');
  const { pk: _, sk: __, writer: ___, version: ____, expiresAt: _____, ...state } = command.input.Item ?? {};
  if (diesAt === 'saving-again' && state.pending === undefined) throw new Died();
  item = state as FindingState;
  return Promise.resolve({});
};
const recorder = {
  record: ({ fingerprint }: Outcome<string>) => {
    if (diesAt === 'recording') throw new Died();
    recorded.push(fingerprint);
  },
  note: () => undefined,
  count: () => undefined,
  gauge: () => undefined,
  observe: () => undefined,
};
const sqs = new SQSClient({ region: 'eu-central-1' });
const deps = {
  inspector: new Inspector2Client({ region: 'eu-central-1' }),
  ledger,
  upgradeQueue: { sqs, url: 'https://sqs/upgrades.fifo' },
  refreshQueue: { sqs, url: 'https://sqs/refreshes.fifo' },
  nodeClassQueue: { sqs, url: 'https://sqs/node-classes.fifo' },
  recorder,
  account: '111122223333',
  region: 'eu-central-1',
  caller: 'r-1',
};

async function reconcile(decision: Decision, dies?: typeof diesAt): Promise<void> {
  diesAt = dies;
  const state = item ?? { outcomes: 0, revision: 0 };
  const unscanned = {
    topic: 'coverage',
    subject: { cluster: 'shop', nodegroup: 'web' },
    trigger,
    state,
    unscanned: new Map(),
  } as const;
  await carryOut(deps, [{ observation: unscanned, decision }], { now: 1, mode: 'enforce' }).catch((error: unknown) => {
    const all = error instanceof AggregateError ? error.errors : [error];
    if (!all.every((each) => each instanceof Died)) throw error;
  });
}

const one = say('skipped', 'workers-not-scanned', 'One is not scanned.', {}, 'i-1');
const two = say('skipped', 'workers-not-scanned', 'Two are not scanned.', {}, 'i-1 i-2');
const NOTHING: Decision = { memory: {} };

beforeEach(() => {
  item = undefined;
  recorded = [];
});

describe('a reconcile dies between saving and recording', () => {
  it.each([
    ['decides otherwise', two, ['coverage 1 workers-not-scanned i-1', 'coverage 2 workers-not-scanned i-1 i-2']],
    ['decides the same', one, ['coverage 1 workers-not-scanned i-1']],
    ['has nothing to tell', NOTHING, ['coverage 1 workers-not-scanned i-1']],
  ])('and nothing is lost when the next one %s', async (_, next, expected) => {
    await reconcile(one, 'recording');
    expect(recorded).toEqual([]);
    await reconcile(next);
    expect(recorded).toEqual(expected);
    expect(item).not.toHaveProperty('unrecorded');
    expect(item).not.toHaveProperty('pending');
  });
});

it('dies after recording: the same is recorded again with the same id, and then no more', async () => {
  await reconcile(one, 'saving-again');
  await reconcile(one);
  await reconcile(one);
  expect(new Set(recorded)).toEqual(new Set(['coverage 1 workers-not-scanned i-1']));
  expect(recorded.length).toBeLessThanOrEqual(2);
});

it('one queue that takes nothing stops no other: what is not requested stays pending, and the batch comes again', async () => {
  const asked: string[] = [];
  const queue = (name: string, works: boolean) => {
    const client = new SQSClient({ region: 'eu-central-1' });
    client.send = async () => {
      asked.push(name);
      if (!works) throw new Died();
      return { Successful: [], Failed: [] };
    };
    return { sqs: client, url: `https://sqs/${name}.fifo` };
  };
  const saved = new Map<string, FindingState>();
  const documents = ledger.documents;
  const own = { ...ledger, documents: Object.create(documents) as typeof documents };
  own.documents.send = async (command: unknown) => {
    if (command instanceof PutCommand) saved.set(command.input.Item?.sk, command.input.Item as never);
    return {};
  };
  const queues = {
    upgradeQueue: queue('upgrades', true),
    refreshQueue: queue('refreshes', false),
    nodeClassQueue: queue('node-classes', true),
  };
  const decided = (
    [
      ['self-managed:legacy', 'request-refresh'],
      ['web', 'request-upgrade'],
      ['karpenter:general', 'request-pin'],
    ] as const
  ).map(([nodegroup, act]) => ({
    observation: { ...observation(nodeGroup()), subject: { cluster: 'shop', nodegroup } },
    decision: { ...say('acted', 'move-requested', 'It is asked.', {}), act },
  }));
  const carried = carryOut({ ...deps, ...queues, ledger: own }, decided, { now: 1, mode: 'enforce' });
  await expect(carried).rejects.toThrow('Not everything could be requested.');
  expect(asked).toEqual(['upgrades', 'refreshes', 'node-classes']);
  expect(recorded).toHaveLength(2);
  expect([...saved].flatMap(([subject, { pending }]) => (pending === undefined ? [] : [subject]))).toEqual([
    'shop/self-managed:legacy',
  ]);
});

it('what a decision leaves open is given back as the ledger has it, also where its outcome was told before', async () => {
  const seen = observation(nodeGroup());
  const left = need({ vulnerabilities: ['CVE-2026-9'] });
  const over: Decision = { ...say('done', 'findings-fixed', 'It is fixed.', { need: left }), leavesOpen: true };
  const options = { now: 1, mode: 'enforce' } as const;
  const [first] = await carryOut(deps, [{ observation: seen, decision: over }], options);
  expect(first?.state).toMatchObject({ outcomes: 1, need: left });
  expect(first?.state).not.toHaveProperty('pending');
  const state = first?.state ?? seen.state;
  const [second] = await carryOut(deps, [{ observation: { ...seen, state }, decision: over }], options);
  expect(second?.state).toMatchObject({ outcomes: 1, need: left, revision: state.revision + 1 });
  expect(recorded).toHaveLength(1);
  const closed: Decision = say('done', 'findings-closed', 'They are closed.', {});
  expect(await carryOut(deps, [{ observation: seen, decision: closed }], options)).toEqual([]);
});
