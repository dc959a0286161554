import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { beforeEach, expect, it } from 'vitest';
import * as agentReconcileRequest from '../../../events/agent-reconcile-request.ts';
import { comeBack, lookAgain, untilShown, type WorkerAgain } from './look-again.ts';

const NOW = Date.parse('2026-07-14T12:00:00Z');
const sent: SendMessageBatchCommand['input'][] = [];
const woken: Array<{ subject: string; at: number; request: object }> = [];
const sqs = new SQSClient({ region: 'eu-central-1' });
sqs.send = (command: unknown) => {
  if (command instanceof SendMessageBatchCommand) sent.push(command.input);
  return Promise.resolve({});
};
const queue = { sqs, url: 'https://sqs.eu-central-1.amazonaws.com/111122223333/agents' };
const wake = async (subject: string, at: number, request: object) => void woken.push({ subject, at, request });
const deps = { queue, wake, account: '111122223333', region: 'eu-central-1', caller: 'r-1' };
const { detailType, schema } = agentReconcileRequest;
const ids = (count: number) => Array.from({ length: count }, (_, index) => `i-${(index + 1).toString(16)}`);
const entries = () => sent.flatMap(({ Entries = [] }) => Entries);
const detailOf = (body: unknown) => schema.parse(body).detail;
const look = (workers: readonly WorkerAgain[]) => lookAgain(deps, detailType, workers, NOW);

beforeEach(() => {
  sent.length = 0;
  woken.length = 0;
});

it('names a hundred workers that are due in the same second in one request', async () => {
  await look(ids(250).map((instanceId) => ({ instanceId, at: NOW + 29_500 })));
  const asked = entries().map(({ MessageBody = '', DelaySeconds }) => ({
    ...detailOf(JSON.parse(MessageBody)),
    DelaySeconds,
  }));
  expect(asked.map(({ instanceIds }) => instanceIds?.length)).toEqual([100, 100, 50]);
  expect(asked.flatMap(({ instanceIds }) => instanceIds)).toEqual(ids(250));
  expect(new Set(asked.map(({ DelaySeconds, trigger }) => `${trigger} ${DelaySeconds}`))).toEqual(
    new Set(['wake-up 30']),
  );
});

it('wakes what is due later than a message can be delayed by a schedule of its own, in whole seconds', async () => {
  await look([{ instanceId: 'i-1', at: NOW + 15 * 60_000 + 1 }]);
  expect(sent).toEqual([]);
  expect(woken).toMatchObject([{ subject: 'i-1', at: NOW + 15 * 60_000 + 1000 }]);
  expect(detailOf(woken[0]?.request)).toEqual({ trigger: 'wake-up', instanceIds: ['i-1'] });
});

it('wakes all others where one cannot be scheduled, asks for what is due soon, and fails then', async () => {
  const refusing = async (subject: string, at: number, request: object) => {
    if (subject === 'i-1') throw new Error('Scheduler is down');
    await wake(subject, at, request);
  };
  const late = NOW + 20 * 60_000;
  const workers = [...ids(3).map((instanceId) => ({ instanceId, at: late })), { instanceId: 'i-9', at: NOW }];
  await expect(lookAgain({ ...deps, wake: refusing }, detailType, workers, NOW)).rejects.toMatchObject({
    errors: [{ message: 'Scheduler is down' }],
  });
  expect(woken.map(({ subject }) => subject)).toEqual(['i-2', 'i-3']);
  expect(entries().flatMap(({ MessageBody = '' }) => detailOf(JSON.parse(MessageBody)).instanceIds)).toEqual(['i-9']);
});

it('follows an answer by a request that is the same however often it is sent', async () => {
  await look([{ instanceId: 'i-1', at: NOW, answers: 'request-7' }]);
  await look([{ instanceId: 'i-1', at: NOW, answers: 'request-7' }]);
  const [first, second] = entries();
  expect(first?.MessageBody).toBe(second?.MessageBody);
  expect(schema.parse(JSON.parse(first?.MessageBody ?? ''))).toMatchObject({
    id: 'request-7 answered',
    detail: { trigger: 'operator' },
  });
});

it('says so where nobody can wake it', async () => {
  const { wake: _, ...unwoken } = deps;
  const late = [{ instanceId: 'i-1', at: NOW + 3_600_000 }];
  await expect(lookAgain(unwoken, detailType, late, NOW)).rejects.toThrow('wakesUp');
});

it('delays nothing in a FIFO queue, which SQS would refuse, and names its message group', async () => {
  await comeBack({ sqs, url: `${queue.url}.fifo` }, [{ event: { id: 'x' } }], 5);
  expect(entries()).toEqual([{ Id: '0', MessageBody: '{"id":"x"}', MessageGroupId: expect.any(String) }]);
});

it('looks twice more at what a fresh event names and EC2 does not show as a worker yet, and never by its own request', () => {
  const trigger = (type: string, time: number) => ({ id: 'e', type, time, redelivered: false });
  const named = new Map([
    ['i-new', trigger('EC2 Instance State-change Notification', NOW - 1000)],
    ['i-seen', trigger('EC2 Instance State-change Notification', NOW - 1000)],
    ['i-old', trigger('EC2 Instance State-change Notification', NOW - 61_000)],
    ['i-asked', trigger('SSM Agent Reconcile Request (wake-up)', NOW - 1000)],
  ]);
  expect(untilShown(named, new Set(['i-seen']), NOW)).toEqual([
    { instanceId: 'i-new', at: NOW + 10_000 },
    { instanceId: 'i-new', at: NOW + 35_000 },
  ]);
});
