import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { expect, it } from 'vitest';
import { ask, QueryUnfinished } from './insights.ts';

/** A client whose query has these statuses, one response after another; the last one repeats. */
function logsAnswering(...statuses: string[]) {
  const logs = new CloudWatchLogsClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  let [now, polls] = [0, 0];
  logs.middlewareStack.add(
    (_next, { commandName }) =>
      async () => {
        const asked = commandName === 'StartQueryCommand';
        const status = statuses[Math.min(asked ? 0 : polls++, statuses.length - 1)];
        const results = status === 'Complete' ? [[{ field: 'a', value: '1' }]] : [];
        return { response: {}, output: { $metadata: {}, ...(asked ? { queryId: 'q' } : { status, results }) } };
      },
    { step: 'initialize' },
  );
  const sleep = async (ms: number): Promise<void> => {
    now += ms;
  };
  const deps = { logs, logGroup: 'group', clock: { now: () => now }, sleep };
  const run = (range = { start: 0, end: 10_000 }) => ask(deps, 'fields a', range);
  return { run, polls: () => polls, waited: () => now };
}

it('asks again until there is an answer', async () => {
  const { run, polls } = logsAnswering('Scheduled', 'Running', 'Running', 'Complete');
  expect((await run()).map((row) => row.get('a'))).toEqual(['1']);
  expect(polls()).toBe(4);
});

it('waits no longer than a viewer does, and asks seldom meanwhile', async () => {
  const { run, polls, waited } = logsAnswering('Running');
  await expect(run()).rejects.toThrow(QueryUnfinished);
  expect(waited()).toBeLessThan(10_000);
  expect(polls()).toBeLessThan(15);
});

it('asks nothing of a range that is none', async () => {
  const { run, polls } = logsAnswering('Complete');
  expect(await run({ start: 10_000, end: 10_000 })).toEqual([]);
  expect(polls()).toBe(0);
});

it.each(['Failed', 'Cancelled', 'Timeout'])('gives up when the query ended as %s', async (status) => {
  await expect(logsAnswering(status).run()).rejects.toThrow(`The query ended as ${status}.`);
});
