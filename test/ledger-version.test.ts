import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { readInstallations } from '../functions/manage-ssm-agent/install-ledger.ts';
import { readWorkers } from '../functions/manage-ssm-agent/worker-ledger.ts';
import { readIncidents } from '../functions/notify-stories/incident-ledger.ts';
import { readExposedGroups } from '../functions/quarantine-workers/model/exposed-group-ledger.ts';
import { readOpenGroups } from '../functions/quarantine-workers/model/open-exposure-ledger.ts';
import { readQuarantines, saveQuarantine } from '../functions/quarantine-workers/model/quarantine-ledger.ts';
import { readBudget } from '../functions/shared/ledger/blast-budget.ts';
import { readFindingStates } from '../functions/shared/ledger/finding-ledger.ts';
import { LEDGER_VERSION, type Ledger } from '../functions/shared/ledger/ledger.ts';
import { readNodeGroups } from '../functions/shared/ledger/node-group-ledger.ts';

const AT = Date.parse('2026-07-15T17:00:00Z');
const WORKER = 'i-0f3a5c7e9b1d2f4a6';
const outcome = { fingerprint: 'quarantined', outcomes: 2, trigger: 'e-1', correlationId: 'e-1' };
const quarantine = {
  kind: 'isolate',
  phase: 'isolated',
  cluster: 'shop',
  nodegroup: 'web',
  vpcId: 'vpc-1',
  exposures: ['203.0.113.7 is a public address.'],
  startedAt: AT,
  expiresAt: AT + 1,
  by: 'e-1',
  groups: { untracking: 'sg-1', closed: 'sg-2' },
  saved: { interfaces: [{ id: 'eni-1', groups: ['sg-9'], addresses: [], ipv6: [] }], targets: [] },
  notes: {},
};

/** Items as version 1 wrote them, by the kinds of their keys. */
const VERSION_1: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  quarantine: { sk: WORKER, ...outcome, reason: 'quarantined', since: AT, quarantine, revision: 3, writer: 'r-1' },
  'node-group': {
    sk: 'shop/web',
    ...outcome,
    story: { releaseVersion: '1.35.6-20260714', correlationId: '1.35/AL2023 1.35.6-20260714' },
    upgrade: { releaseVersion: '1.35.6-20260714', attempt: 1, requestedAt: AT, updateId: 'u-1' },
    wakeAt: AT,
    expiresAt: 1,
  },
  worker: {
    sk: WORKER,
    ...outcome,
    open: true,
    remedy: { kind: 'update-agent', cause: 'agent-outdated', startedAt: AT, attempt: 1 },
    revision: 1,
  },
  'exposed-group': { sk: 'shop/web', ...outcome, closed: { ingress: [], subnets: ['subnet-1'] } },
  'agent-install': { sk: 'shop', nodes: { [WORKER]: 'ip-10-0-0-1' } },
  findings: { sk: 'shop/web', outcomes: 1, revision: 1, correlationId: 'e-1' },
  story: { sk: 'digest', told: 'high', toldAt: AT, followedTo: AT, revision: 2 },
  budget: {
    sk: 'upgrades',
    slots: { 'shop/web': { cluster: 'shop', expiresAt: AT } },
    revision: 4,
    writer: 'r-1',
  },
};

interface Sent {
  readonly RequestItems?: Readonly<Record<string, { readonly Keys: ReadonlyArray<{ readonly pk: string }> }>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, string>>;
  readonly Key?: { readonly pk: string };
}

const written: unknown[] = [];

/** What a table of one item a kind answers to a BatchGetItem: whole items, with both of their keys. */
const batchOf = (kinds: Readonly<Record<string, object>>, asked: NonNullable<Sent['RequestItems']>) => ({
  Responses: {
    ledger: (asked.ledger?.Keys ?? []).flatMap(({ pk }) => (kinds[pk] === undefined ? [] : [{ pk, ...kinds[pk] }])),
  },
});

/** A table with these items. */
const ledger = {
  table: 'ledger',
  documents: {
    send: async (command: { readonly input: Sent }) => {
      if (command instanceof PutCommand) return void written.push(command.input.Item);
      const { RequestItems, ExpressionAttributeValues, Key } = command.input;
      if (Key !== undefined) return { Item: VERSION_1[Key.pk] };
      if (RequestItems === undefined) return { Items: [VERSION_1[ExpressionAttributeValues?.[':pk'] ?? '']] };
      return batchOf(VERSION_1, RequestItems);
    },
  },
} as unknown as Ledger;

it('takes what the version before has left in the ledger: nothing under way is forgotten', async () => {
  const { sk: _worker, writer: _writer, trigger: _trigger, ...held } = VERSION_1.quarantine ?? {};
  expect((await readQuarantines(ledger, [WORKER])).get(WORKER)).toEqual(held);
  const group = (await readNodeGroups(ledger, ['shop/web'])).get('shop/web');
  expect(group).toMatchObject({
    upgrade: { updateId: 'u-1' },
    wakeAt: AT,
    incident: { correlationId: '1.35/AL2023 1.35.6-20260714' },
  });
  expect((await readWorkers(ledger, [WORKER])).get(WORKER)).toMatchObject({ open: true, remedy: { attempt: 1 } });
  expect((await readExposedGroups(ledger, ['shop/web'])).get('shop/web')?.closed?.subnets).toEqual(['subnet-1']);
  expect((await readInstallations(ledger, ['shop'])).get('shop')).toEqual({
    nodes: { [WORKER]: 'ip-10-0-0-1' },
    revision: 0,
  });
  expect((await readFindingStates(ledger, 'findings', ['shop/web'])).get('shop/web')?.correlationId).toBe('e-1');
  expect((await readIncidents(ledger, ['digest'])).get('digest')).toMatchObject({ notified: 'high', notifiedAt: AT });
  expect((await readBudget(ledger, 'upgrades')).slots).toHaveProperty('shop/web');
});

it('takes what version 2 has left: people are notified of nothing twice', async () => {
  const told = { workers: 1, why: 'quarantine-budget', correlationId: 'e-1' };
  const open = { sk: 'shop/web', workers: {}, seenAt: AT, outcomes: 1, revision: 3, told, version: 2 };
  const incident = { sk: 'digest', told: 'high', notifiedAt: AT, followedTo: AT, revision: 2, version: 2 };
  const left: Readonly<Record<string, object>> = { 'open-exposures': open, story: incident };
  const send = async ({ input: { RequestItems, ExpressionAttributeValues } }: { readonly input: Sent }) => {
    if (RequestItems === undefined) return { Items: [left[ExpressionAttributeValues?.[':pk'] ?? '']] };
    return batchOf(left, RequestItems);
  };
  // Pagination requires a real instance of the client's class.
  const documents: Ledger['documents'] = Object.assign(Object.create(DynamoDBDocumentClient.prototype), { send });
  const before: Ledger = { table: 'ledger', documents };
  expect((await readOpenGroups(before)).get('shop/web')).toMatchObject({ notified: told, revision: 3 });
  // It is written under its new key, where no item exists yet.
  expect((await readIncidents(before, ['digest'])).get('digest')).toMatchObject({ notified: 'high', revision: 0 });
});

it('writes each item with the version', async () => {
  await saveQuarantine(ledger, WORKER, { outcomes: 0, revision: 0 }, AT, 'r-2');
  expect(written).toMatchObject([{ pk: 'quarantine', sk: WORKER, version: LEDGER_VERSION, writer: 'r-2' }]);
});
