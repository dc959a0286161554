import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { expect, it } from 'vitest';
import { exampleRecord } from '../shared/records/record.fixture.ts';
import { awaitAnswer } from './answer.ts';

const EVENT = '0f3a5c7e-9b1d-2f4a-6c8e-0a1b2c3d4e5f';

/** Logs in which the record of the event appears from the n-th query on. */
function logsWithAnswerAt(query: number) {
  const logs = new CloudWatchLogsClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  let [now, queries] = [Date.parse('2026-07-15T18:00:00Z'), 0];
  const start = now;
  const asked: string[] = [];
  logs.middlewareStack.add(
    (_next, { commandName }) =>
      async ({ input }) => {
        if (commandName === 'StartQuery' || commandName === 'StartQueryCommand') {
          queries++;
          asked.push(String(Reflect.get(input, 'queryString')));
          return { response: {}, output: { $metadata: {}, queryId: 'q' } };
        }
        const message = JSON.stringify({ ...exampleRecord, trigger: { id: EVENT, type: 'Remediation Request' } });
        const results = queries >= query ? [[{ field: '@message', value: message }]] : [];
        return { response: {}, output: { $metadata: {}, status: 'Complete', results } };
      },
    { step: 'initialize' },
  );
  const sleep = async (ms: number): Promise<void> => {
    now += ms;
  };
  const deps = { logs, logGroup: 'group', clock: { now: () => now }, sleep };
  return { deps, asked, waited: () => now - start };
}

it('asks again until something is recorded for the event', async () => {
  const { deps, asked } = logsWithAnswerAt(3);
  const { event, records } = await awaitAnswer(deps, EVENT);
  expect(event).toBe(EVENT);
  expect(records.map(({ trigger }) => trigger.id)).toEqual([EVENT]);
  expect(asked).toHaveLength(3);
  expect(asked[0]).toContain(`\`trigger.id\` = "${EVENT}"`);
});

it('says that there is nothing yet after some seconds, well before the function is stopped', async () => {
  const { deps, waited } = logsWithAnswerAt(Number.POSITIVE_INFINITY);
  expect(await awaitAnswer(deps, EVENT)).toEqual({ event: EVENT, records: [] });
  expect(waited()).toBeLessThan(8_000);
});
