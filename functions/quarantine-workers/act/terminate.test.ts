import { SQSClient } from '@aws-sdk/client-sqs';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { QUARANTINE_TAG } from '../../shared/fleet/scope.ts';
import { NOW, quarantine } from '../model/observation.fixture.ts';
import type { StepSubject } from '../steps/step.ts';
import { terminate } from './terminate.ts';

const ORDER = { orderedAt: NOW - 20_000, by: 'request' } as const;

/**
 * Has a worker terminated, with this answer in the ledger. @returns what was decided, and the bodies of messages sent
 */
async function terminating(
  answer?: object,
  {
    termination = ORDER,
    accepted = true,
    tags = { [QUARANTINE_TAG]: '2026-07-20' } as Record<string, string>,
    wasIsolated = true,
    refusal = undefined as Error | undefined,
  } = {},
) {
  const sent: Array<{ readonly QueueUrl: string; readonly body: object }> = [];
  const documents = { send: async () => ({ Responses: { ledger: answer === undefined ? [] : [answer] } }) };
  const sqs = new SQSClient({ region: 'eu-central-1' });
  sqs.send = async ({ input }: { input: { QueueUrl: string; Entries: Array<{ MessageBody: string }> } }) => {
    for (const { MessageBody } of input.Entries) sent.push({ QueueUrl: input.QueueUrl, body: JSON.parse(MessageBody) });
    return accepted ? {} : { Failed: [{ Code: 'InternalError' }] };
  };
  const held = quarantine({ phase: 'terminating', termination, ...(wasIsolated && { isolatedAt: NOW - 60_000 }) });
  const ec2 = {
    send: async (command: object) => {
      if (refusal !== undefined) throw refusal;
      sent.push({ QueueUrl: 'ec2', body: command });
      return {};
    },
  };
  const subject = { clients: { ec2 }, note: () => {}, instanceId: 'i-0a', quarantine: held, now: NOW, view: { tags } };
  const decision = await terminate(subject as unknown as StepSubject, {
    ledger: { documents: documents as unknown as DynamoDBDocumentClient, table: 'ledger' },
    terminationQueue: { sqs, url: 'https://sqs/terminations.fifo' },
    account: '111122223333',
    region: 'eu-central-1',
  });
  return { decision, sent };
}

it.each([
  ['nobody has answered', undefined],
  ['an earlier order was refused', { orderedAt: ORDER.orderedAt - 1, refused: 'It opted out.' }],
  ['EC2 took the call, and the worker is still there', { orderedAt: ORDER.orderedAt }],
])('asks terminate-workers to look, and looks again soon: %s', async (_what, answer) => {
  const { decision, sent } = await terminating(answer);
  expect(sent).toMatchObject([
    { QueueUrl: 'https://sqs/terminations.fifo', body: { detail: { trigger: 'quarantine', instanceIds: ['i-0a'] } } },
  ]);
  expect(decision).toMatchObject({ decision: 'waiting', quarantine: { phase: 'terminating', termination: ORDER } });
  expect(decision.lookAt).toBeGreaterThan(NOW);
});

it('tells why it was not terminated, and keeps it in quarantine without an order', async () => {
  const { decision, sent } = await terminating({ orderedAt: ORDER.orderedAt, refused: 'It opted out.' });
  expect(decision).toMatchObject({ decision: 'failed', reason: 'termination-refused', message: 'It opted out.' });
  expect(decision.quarantine).toMatchObject({ phase: 'isolated' });
  expect(decision.quarantine).not.toHaveProperty('termination');
  expect(sent).toEqual([]);
});

it('goes on to isolate a worker that was never isolated, where it was not terminated', async () => {
  const answer = { orderedAt: ORDER.orderedAt, refused: 'It opted out.' };
  const { decision } = await terminating(answer, { wasIsolated: false });
  expect(decision.quarantine).toMatchObject({ phase: 'isolating' });
  expect(decision.lookAt).toBeGreaterThan(NOW);
});

describe('a worker without the tag of its quarantine, as its pods are still being evicted', () => {
  it('gets the tag before terminate-workers is asked, which asks for it', async () => {
    const { decision, sent } = await terminating(undefined, { tags: {} });
    expect(sent).toMatchObject([{ QueueUrl: 'ec2', body: { input: { Resources: ['i-0a'] } } }]);
    expect(decision).toMatchObject({ decision: 'waiting', quarantine: { termination: ORDER } });
    expect(decision.lookAt).toBeGreaterThan(NOW);
  });

  it('is left to the answer of terminate-workers where EC2 refuses the tag', async () => {
    const refusal = Object.assign(new Error('no'), {
      name: 'UnauthorizedOperation',
      $fault: 'client',
      $metadata: { httpStatusCode: 403 },
    });
    const { sent } = await terminating(undefined, { tags: {}, refusal });
    expect(sent.map(({ QueueUrl }) => QueueUrl)).toEqual(['https://sqs/terminations.fifo']);
  });
});

it('throws where SQS does not take the request, so that it comes again', async () => {
  await expect(terminating(undefined, { accepted: false })).rejects.toThrow('SQS did not take 1 of 1 requests');
});
