import { expect, it } from 'vitest';
import { START, servicesUnderTest } from '../sandbox/stack/services-under-test.ts';
import { createClients } from './clients.ts';
import { RECORDS_ONLY } from './operator.fixture.ts';
import { readRuns } from './runs.ts';

const stream = (name: string, environment: string): string => `2026/07/14/stack-${name}[$LATEST]${environment}`;
const ended = (service: string, more: object = {}) => ({ service, _aws: { Timestamp: START - 60_000 }, ...more });
const report = (status: string, more: object = {}) => ({
  time: new Date(START).toISOString(),
  type: 'platform.report',
  record: { requestId: 'a', metrics: { durationMs: 1 }, status, ...more },
});

/** The counts from these lines, each in its stream. */
async function runsIn(...lines: Array<[stream: string, line: object]>) {
  const { logs, clientConfig } = servicesUnderTest();
  logs.ensureGroup('records');
  for (const [name, line] of lines) logs.append('records', name, JSON.stringify(line));
  const surroundings = {
    clients: createClients(clientConfig),
    stack: RECORDS_ONLY,
    clock: { now: () => START + 1_000 },
  };
  return readRuns({ ...surroundings, sleep: async () => undefined }, START - 3_600_000);
}

it('counts a run that says itself that it failed once, although Lambda reports it as well', async () => {
  const sweep = stream('Sweep', 'a');
  const failed = [sweep, ended('sweep-fleet', { InvocationFailed: 1 })] as [string, object];
  const found = await runsIn([sweep, ended('sweep-fleet')], [sweep, report('success')], failed, [
    sweep,
    report('error', { errorType: 'Error' }),
  ]);
  expect(found).toEqual([{ name: 'sweep-fleet', runs: 2, failed: 1, lastRun: START }]);
});

it.each([
  ['timed out', report('timeout')],
  ['ran out of memory', report('error', { errorType: 'Runtime.OutOfMemory' })],
  ['was killed', report('failure', { errorType: 'Runtime.ExitError' })],
])('counts a run that %s, of which the function itself says nothing', async (_what, line) => {
  const found = await runsIn(
    [stream('Sweep', 'a'), ended('sweep-fleet')],
    [stream('Sweep', 'a'), report('success')],
    [stream('Sweep', 'a'), line],
    // The line is the only one of its environment.
    [stream('Sweep', 'b'), line],
    [stream('Watch', 'c'), ended('watch-ami-releases')],
    [stream('Watch', 'c'), report('success')],
  );
  expect(found).toEqual([
    { name: 'sweep-fleet', runs: 3, failed: 2, lastRun: START },
    { name: 'watch-ami-releases', runs: 1, failed: 0, lastRun: START },
  ]);
});

it('counts runs that had nothing to record, by the name that CloudFormation gave to the function', async () => {
  const found = await runsIn(
    [stream('WatchAmiReleasesRemediatorFunc-1A2B', 'a'), report('success')],
    [stream('WatchAmiReleasesRemediatorFunc-1A2B', 'b'), report('success')],
    [stream('Somebody', 'a'), report('success')],
  );
  expect(found).toEqual([
    { name: 'stack-Somebody', runs: 1, failed: 0, lastRun: START },
    { name: 'watch-ami-releases', runs: 2, failed: 0, lastRun: START },
  ]);
});

it('names a function of which there is nothing but that by what Lambda calls it', async () => {
  expect(await runsIn([stream('Sweep', 'a'), report('timeout')])).toEqual([
    { name: 'stack-Sweep', runs: 1, failed: 1, lastRun: START },
  ]);
});
