import { EKSClient } from '@aws-sdk/client-eks';
import { SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { REMEDIATIONS } from '../remediations.ts';
import type { Remediation } from '../shared/declaration/remediation.ts';
import type { Recorder } from './remediation.ts';
import { sweep } from './sweep.ts';

/** A client whose calls are answered by what they ask for. */
const answering = <Client extends object>(client: Client, answer: (input: Record<string, unknown>) => object): Client =>
  Object.assign(client, { send: async ({ input }: { input: Record<string, unknown> }) => answer(input) });

const refused = (name: string) => Object.assign(new Error('no'), { name });

function eksOf(nodeGroups: Readonly<Record<string, readonly string[] | Error>>): EKSClient {
  return answering(new EKSClient({ region: 'eu-central-1' }), ({ clusterName }) => {
    if (clusterName === undefined) return { clusters: Object.keys(nodeGroups) };
    const found = nodeGroups[String(clusterName)];
    if (found instanceof Error) throw found;
    return { nodegroups: found };
  });
}

async function swept(eks: EKSClient) {
  const sent: string[] = [];
  const sqs = answering(new SQSClient({ region: 'eu-central-1' }), ({ Entries }) => {
    sent.push(JSON.stringify(Entries));
    return { Successful: Entries };
  });
  const told: string[] = [];
  const recorder: Pick<Recorder, 'record' | 'count'> = {
    record: ({ subject, decision, reason, message }) =>
      void told.push(`${subject.cluster ?? ''} ${decision} ${reason}: ${message}`),
    count: () => undefined,
  };
  const queueUrl = 'https://sqs.eu-central-1.amazonaws.com/111122223333/q';
  const targets = REMEDIATIONS.flatMap((each: Remediation) =>
    each.sweep === undefined ? [] : [{ name: each.name, ...each.sweep, queueUrl }],
  );
  const trigger = { id: 's-1', type: 'Scheduled Event', time: Date.parse('2026-07-20T12:00:00Z') };
  const where = { account: '111122223333', region: 'eu-central-1' };
  await sweep({ eks, sqs, targets, ...where, recorder: recorder as Recorder }, trigger);
  return { sent: sent.join(), told };
}

it('a cluster whose node groups cannot be listed is told of, and the others are reconciled again', async () => {
  const { sent, told } = await swept(
    eksOf({ closed: refused('AccessDeniedException'), shop: ['web'], gone: refused('ResourceNotFoundException') }),
  );
  expect(told).toEqual([
    'closed failed unreadable: Its node groups are not reconciled again: AccessDeniedException: no',
    ' done sweep-finished: 3 clusters and 1 node groups are reconciled again.',
  ]);
  expect(sent).toContain('shop/web');
});

it('is repeated where a repetition may help', async () => {
  await expect(swept(eksOf({ shop: refused('ThrottlingException') }))).rejects.toThrow('no');
});
