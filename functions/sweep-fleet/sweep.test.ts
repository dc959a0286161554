import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EKSClient } from '@aws-sdk/client-eks';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { REMEDIATIONS } from '../remediations.ts';
import type { Remediation } from '../shared/declaration/remediation.ts';
import type { Ledger } from '../shared/ledger/ledger.ts';
import type { Recorder } from './remediation.ts';
import { sweep } from './sweep.ts';

/** A client that answers each call by its input. */
const answering = <Client extends object>(client: Client, answer: (input: Record<string, unknown>) => object): Client =>
  Object.assign(client, { send: async ({ input }: { input: Record<string, unknown> }) => answer(input) });

const refused = (name: string) => Object.assign(new Error('no'), { name, $metadata: {} });

function eksOf(nodeGroups: Readonly<Record<string, readonly string[] | Error>>): EKSClient {
  return answering(new EKSClient({ region: 'eu-central-1' }), ({ clusterName }) => {
    if (clusterName === undefined) return { clusters: Object.keys(nodeGroups) };
    const found = nodeGroups[String(clusterName)];
    if (found instanceof Error) throw found;
    return { nodegroups: found };
  });
}

/** A table with one item: the clusters that could not be listed. */
function ledgerOf(clusters: Readonly<Record<string, string>> = {}) {
  let item: object | undefined = { clusters };
  const documents = answering(DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-central-1' })), (input) => {
    if ('Item' in input) item = input.Item as object;
    return { Responses: { t: item === undefined ? [] : [item] } };
  });
  return { documents, table: 't' };
}

async function swept(eks: EKSClient, ledger: Ledger = ledgerOf(), sent: string[] = [], deleted = '') {
  const sqs = answering(new SQSClient({ region: 'eu-central-1' }), ({ Entries, QueueUrl }) => {
    if (String(QueueUrl).endsWith(`/${deleted}`)) throw refused('QueueDoesNotExist');
    sent.push(JSON.stringify(Entries));
    return { Successful: Entries };
  });
  const told: string[] = [];
  const recorder: Pick<Recorder, 'record' | 'count'> = {
    record: ({ subject, decision, reason, message }) =>
      void told.push(`${subject.cluster ?? ''} ${decision} ${reason}: ${message}`),
    count: () => undefined,
  };
  const queueUrl = 'https://sqs.eu-central-1.amazonaws.com/111122223333';
  const targets = REMEDIATIONS.flatMap((each: Remediation) =>
    each.sweep === undefined ? [] : [{ name: each.name, ...each.sweep, queueUrl: `${queueUrl}/${each.name}` }],
  );
  const trigger = { id: 's-1', type: 'Scheduled Event', time: Date.parse('2026-07-20T12:00:00Z') };
  const where = { account: '111122223333', region: 'eu-central-1' };
  await sweep({ eks, sqs, targets, ledger, ...where, recorder: recorder as Recorder }, trigger);
  return { sent: sent.join(), told };
}

it('a cluster whose node groups cannot be listed is told of, and the others are reconciled again', async () => {
  const { sent, told } = await swept(
    eksOf({ closed: refused('AccessDeniedException'), shop: ['web'], gone: refused('ResourceNotFoundException') }),
  );
  expect(told).toEqual([
    'closed failed unreadable: Its node groups are not reconciled again: AccessDeniedException: no',
    ' done sweep-finished: Asked for a reconcile of 3 clusters and 1 node group.',
  ]);
  expect(sent).toContain('shop/web');
});

it('is not kept from its end by what it remembers, where that cannot be read, and writes it anew', async () => {
  const ledger = ledgerOf('by hand' as never);
  const first = await swept(eksOf({ closed: refused('AccessDeniedException') }), ledger);
  expect(first.told).toHaveLength(2);
  const second = await swept(eksOf({ closed: refused('AccessDeniedException') }), ledger);
  expect(second.told).toEqual([' done sweep-finished: Asked for a reconcile of 1 cluster and 0 node groups.']);
});

it('tells of a cluster once as long as the cause stays, and anew of another cause', async () => {
  const ledger = ledgerOf();
  const closed = async (error: Error) => {
    const { told } = await swept(eksOf({ closed: error }), ledger);
    return told.filter((line) => line.includes('unreadable')).length;
  };
  const words = Object.assign(refused('AccessDeniedException'), { message: 'Request id 4711' });
  expect(await closed(refused('AccessDeniedException'))).toBe(1);
  expect(await closed(words)).toBe(0);
  expect(await closed(refused('ServerException'))).toBe(1);
});

it('is repeated where AWS was only asked too often, after all others were put up', async () => {
  const puts: string[] = [];
  const ledger = ledgerOf();
  await expect(swept(eksOf({ shop: refused('ThrottlingException'), other: ['web'] }), ledger, puts)).rejects.toThrow(
    'shop',
  );
  expect(puts.join()).toContain('other/web');
});

it('asks all other functions where the queue of one takes nothing, and is repeated', async () => {
  const targets = REMEDIATIONS.flatMap((each: Remediation) => (each.sweep === undefined ? [] : [each]));
  const [first] = targets;
  const puts: string[] = [];
  const asked = swept(eksOf({ shop: ['web'] }), ledgerOf(), puts, first?.name);
  await expect(asked).rejects.toThrow(`The queue of ${first?.name} did not take all requests: QueueDoesNotExist: no`);
  expect(puts).toHaveLength(targets.length - 1);
});
