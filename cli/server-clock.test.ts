import { GetQueryResultsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { expect, it } from 'vitest';
import { START, servicesUnderTest } from '../sandbox/stack/services-under-test.ts';
import { createClients } from './clients.ts';
import { createServerClock, hearFrom } from './server-clock.ts';

const LOCAL = Date.parse('2026-11-24T10:00:00.400Z');

/** A machine's clock that can be set, and the server clock based on it. */
function clockAt(now: number) {
  const local = { at: now, now: () => local.at };
  return { local, clock: createServerClock(local) };
}

it('is the time of the machine until a server has told another one, and runs on with the machine from then on', () => {
  const { local, clock } = clockAt(LOCAL);
  expect(clock.now()).toBe(LOCAL);
  clock.hear('Tue, 14 Jul 2026 16:00:00 GMT');
  local.at += 1_500;
  expect(new Date(clock.now()).toISOString()).toBe('2026-07-14T16:00:01.500Z');
});

it('follows a server whose time runs faster', () => {
  const { local, clock } = clockAt(LOCAL);
  clock.hear('Tue, 14 Jul 2026 16:00:00 GMT');
  local.at += 1_000;
  clock.hear('Tue, 14 Jul 2026 16:10:00 GMT');
  expect(new Date(clock.now()).toISOString()).toBe('2026-07-14T16:10:00.000Z');
});

it.each([undefined, '', 'soon', 'Tue, 24 Nov 2026 10:00:00 GMT', 'Tue, 24 Nov 2026 09:59:59 GMT'])(
  'takes no notice of what says nothing: %s',
  (date) => {
    const { clock } = clockAt(LOCAL);
    clock.hear(date);
    expect(clock.now()).toBe(LOCAL);
  },
);

it('comes back to the time of the machine when that has been set right', () => {
  const { local, clock } = clockAt(LOCAL - 3_600_000);
  clock.hear('Tue, 24 Nov 2026 10:00:00 GMT');
  local.at = LOCAL;
  clock.hear('Tue, 24 Nov 2026 10:00:00 GMT');
  expect(clock.now()).toBe(LOCAL);
});

it('hears from answers of every client, also from those that refuse', async () => {
  const { clientConfig } = servicesUnderTest();
  const clients = createClients(clientConfig);
  const { clock } = clockAt(LOCAL);
  hearFrom(clients, clock);
  await expect(clients.logs.send(new GetQueryResultsCommand({ queryId: 'none' }))).rejects.toThrow('does not exist');
  expect(clock.now()).toBe(START);
});
