import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { NOW } from './observation.fixture.ts';
import { type CoverageClients, observeCoverage } from './observe-coverage.ts';
import type { FoundWorker } from './observe-instances.ts';

/** Clients of a ledger that holds these states of coverage, by subject; no other client is called. */
function clientsWith(states: Readonly<Record<string, object>>): CoverageClients {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-central-1' }));
  const items = Object.entries(states).map(([sk, state]) => ({
    pk: 'coverage',
    sk,
    outcomes: 1,
    revision: 1,
    ...state,
  }));
  documents.send = async (command: unknown) =>
    command instanceof QueryCommand ? { Items: items } : { Responses: { t: [] } };
  return { ledger: { documents, table: 't' }, autoScaling: undefined as never, eks: undefined as never };
}

const worker = (instanceId: string, nodegroup: string): [string, FoundWorker] => [
  instanceId,
  { instanceId, imageId: 'ami-1', launchedAt: NOW - 60_000, ownership: 'managed', key: { cluster: 'shop', nodegroup } },
];

it.each([
  ['was told, and no worker is left out', 'ENABLED', { open: true }, {}, ['shop/web']],
  ['was told, and the end of it was not before a crash', 'ENABLED', { pending: {} }, {}, ['shop/web']],
  ['was told, and a new worker may be left out, too', 'ENABLED', { open: true }, { 'i-1': 'UNSUPPORTED_OS' }, []],
  [
    'was told, and somebody leaves a new worker out',
    'ENABLED',
    { open: true },
    { 'i-1': 'EXCLUDED_BY_TAG' },
    ['shop/web'],
  ],
  ['was told, and Inspector is off', 'DISABLED', { open: true }, {}, ['shop/web, off']],
  ['was told, and Inspector is being switched off', 'DISABLING', { open: true }, {}, []],
  ['was told, and Inspector does not say whether it is on', undefined, { open: true }, {}, []],
])('the end is seen of what %s', async (_what, status, state, reasons, over) => {
  const trigger = { id: 'e-1', type: 'sweep', time: NOW, redelivered: false };
  const sweep = { status, afflicted: [], unscanned: new Map(Object.entries(reasons)), trigger };
  const clients = clientsWith({ 'shop/web': state, '*': { pending: {} } });
  const { groups } = await observeCoverage(clients, sweep, new Map([worker('i-1', 'web')]), NOW);
  const named = groups.map(
    ({ subject: { cluster, nodegroup }, isOff }) => `${cluster}/${nodegroup}${isOff === true ? ', off' : ''}`,
  );
  expect(named).toEqual(over);
});
