import { SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { tellDeadLetters } from './dead-letters.ts';

/** What is told where queues have so many messages, or cannot be read. */
async function told(messages: Readonly<Record<string, number | Error>>) {
  const sqs = new SQSClient({ region: 'eu-central-1' });
  const send = async ({ input }: { input: { QueueUrl: string } }) => {
    const found = messages[input.QueueUrl];
    if (found instanceof Error) throw found;
    return { Attributes: { ApproximateNumberOfMessages: String(found), QueueArn: `arn of ${input.QueueUrl}` } };
  };
  const lines: string[] = [];
  const gauges: number[] = [];
  const recorder = {
    note: (kind: string, members: object) => void lines.push(`${kind} ${Object.values(members).join(' ')}`),
    gauge: (_name: string, value: number) => void gauges.push(value),
  };
  const deadLetters = Object.fromEntries(Object.keys(messages).map((url) => [`function of ${url}`, url]));
  const outcome = await tellDeadLetters({ sqs: Object.assign(sqs, { send }), deadLetters, recorder }).then(
    () => 'told',
    (error: AggregateError) => error.errors.map(String).join(),
  );
  return { lines, gauges, outcome };
}

it('names each function whose queue is not empty, and counts all messages', async () => {
  expect(await told({ a: 2, b: 0, c: 3 })).toEqual({
    lines: ['dead-letters function of a 2 a arn of a', 'dead-letters function of c 3 c arn of c'],
    gauges: [5],
    outcome: 'told',
  });
});

it('tells of the other queues where one cannot be read, and then fails', async () => {
  const denied = Object.assign(new Error('no'), { name: 'AccessDenied' });
  expect(await told({ a: denied, b: 1 })).toEqual({
    lines: ['dead-letters function of b 1 b arn of b'],
    gauges: [1],
    outcome: 'AccessDenied: no',
  });
});
