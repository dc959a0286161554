import { ChangeMessageVisibilityBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Context, SQSRecord } from 'aws-lambda';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { whole } from '../declaration/remediation.fixture.ts';
import { declare } from '../declaration/remediation.ts';
import { createQueueFunction } from './queue-function.ts';

const declared = declare(whole);

const SETTINGS = {
  AWS_REGION: 'eu-central-1',
  STACK_NAME: 'garden',
  LEDGER_TABLE: 'ledger',
  POLICY_PARAMETER: '/garden/policy',
  POLICY_SECTIONS: 'plants',
  DEFAULT_MODE: 'observe',
  QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/111122223333/plants',
  QUEUE_ARN: 'arn:aws-cn:sqs:eu-central-1:111122223333:plants',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/111122223333/dead',
};
const message = {
  messageId: 'm-1',
  receiptHandle: 'handle',
  body: '{}',
  attributes: { ApproximateReceiveCount: '1', SentTimestamp: '0', SenderId: '', ApproximateFirstReceiveTimestamp: '0' },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: SETTINGS.QUEUE_ARN,
  awsRegion: 'eu-central-1',
} satisfies SQSRecord;
const context = {
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:111122223333:function:garden-water-plants',
  awsRequestId: 'r-1',
  getRemainingTimeInMillis: () => 1000,
} as Context;

beforeEach(() => {
  for (const [name, value] of Object.entries(SETTINGS)) vi.stubEnv(name, value);
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  // Powertools writes errors through a console of its own.
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.spyOn(console, 'error').mockReturnValue(undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

it('has a batch that fails come again within seconds, whichever function it is', async () => {
  const sent = vi.spyOn(SQSClient.prototype, 'send').mockImplementation(() => Promise.resolve({}));
  const handler = createQueueFunction({ declared, own: () => ({}) })(() => Promise.reject(new Error('no table')));
  await expect(handler({ Records: [message] }, context)).rejects.toThrow('no table');
  const [command] = sent.mock.calls[0] ?? [];
  expect(command).toBeInstanceOf(ChangeMessageVisibilityBatchCommand);
  expect(command?.input).toMatchObject({ Entries: [{ ReceiptHandle: 'handle', VisibilityTimeout: 10 }] });
});

it('gives a reconcile the policy, who calls, and what is its own', async () => {
  const parameter = { Parameter: { Value: '{"plants":{"litres":3}}' } };
  const read = vi.spyOn(SSMClient.prototype, 'send').mockImplementation(() => Promise.resolve(parameter));
  const seen: unknown[] = [];
  const handler = createQueueFunction({ declared, own: ({ partition }) => ({ partition }) })(async (deps, messages) => {
    seen.push(await deps.readPolicy(), deps.account, deps.caller, deps.partition, messages.length);
  });
  await handler({ Records: [message] }, context);
  expect(read.mock.calls[0]?.[0]).toBeInstanceOf(GetParameterCommand);
  expect(seen).toEqual([expect.objectContaining({ plants: { litres: 3 } }), '111122223333', 'r-1', 'aws-cn', 1]);
});

it.each(['QUEUE_URL', 'DEAD_LETTER_QUEUE_URL', 'LEDGER_TABLE', 'POLICY_PARAMETER'])(
  'does not start without %s',
  (name) => {
    vi.stubEnv(name, undefined);
    expect(() => createQueueFunction({ declared, own: () => ({}) })).toThrow(name);
  },
);

it('is asked for wake-ups just where they are declared', () => {
  const woken = declare({ ...declared, wakesUp: true });
  // @ts-expect-error: a function that declares wake-ups must say how they are made.
  createQueueFunction({ declared: woken, own: () => ({}) });
  const wake = () => async () => undefined;
  expect(() => createQueueFunction({ declared: woken, wake, own: () => ({}) })).toThrow('WAKE_SCHEDULE_GROUP');
});

it('logs why each of several things failed, the same reason once, and no event', async () => {
  vi.spyOn(SQSClient.prototype, 'send').mockImplementation(() => Promise.resolve({}));
  const logged = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const several = new AggregateError([new Error('Rate exceeded'), new Error('no such queue')], 'Not every one.');
  const troubles = [new TypeError('no such member'), new Error('Rate exceeded'), several];
  const handler = createQueueFunction({ declared, own: () => ({}) })(() =>
    Promise.reject(new AggregateError(troubles, 'Not everything could be done.')),
  );
  await expect(handler({ Records: [{ ...message, body: 'a body of its own' }] }, context)).rejects.toThrow();
  const lines = logged.mock.calls.map(([line]) => String(line)).filter((line) => line.startsWith('{'));
  expect(lines.map((line) => JSON.parse(line).causes)).toEqual([
    ['TypeError: no such member', 'Error: Rate exceeded', 'Error: no such queue'],
  ]);
  expect(lines.join()).not.toContain('a body of its own');
});
