import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { expect, it } from 'vitest';
import { START, servicesUnderTest } from '../sandbox/stack/services-under-test.ts';
import { ask } from './ask.ts';
import { createClients } from './clients.ts';
import type { Surroundings } from './command.ts';
import { RECORDS_ONLY } from './operator.fixture.ts';

/** Asks for three groups, of which EventBridge answers one with an error. */
async function asked(fails: number, error: Error) {
  const { logs, clientConfig } = servicesUnderTest();
  logs.ensureGroup('records');
  const notes: string[] = [];
  let [calls, now] = [0, START];
  const send = async (command: unknown): Promise<unknown> => {
    if (!(command instanceof PutEventsCommand)) return {};
    calls += 1;
    if (calls === fails) throw error;
    return { Entries: [{ EventId: `e-${calls}` }] };
  };
  const surroundings = {
    clients: { ...createClients(clientConfig), eventBridge: { send }, sts: { send } },
    stack: RECORDS_ONLY,
    clock: { now: () => (now += 3_600_000) },
    sleep: async () => undefined,
    json: true,
    print: () => undefined,
    note: (text: string) => notes.push(text),
  } as unknown as Surroundings;
  const wanted = ['a', 'b', 'c'].map((name) => ({ subject: `shop/${name}`, detail: { action: 'approve' } }));
  const ended = ask(surroundings, { detailType: 'x', wanted, chosen: false, yes: true, isOutcome: () => true });
  return { code: await ended.catch((thrown: unknown) => thrown), notes };
}

const throttled = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException', $metadata: {} });
const lost = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

it.each([
  [
    'EventBridge throttles',
    throttled,
    'shop/b: AWS did not confirm it (ThrottlingException: Rate exceeded). Ask again.',
  ],
  ['no answer comes', lost, 'shop/b: AWS did not confirm it (ECONNRESET: socket hang up). Ask again.'],
])('asks for all others where %s in between, and says which was not asked for', async (_, error, line) => {
  const { code, notes } = await asked(2, error);
  expect(code).toBe(1);
  expect(notes).toContain(line);
  expect(notes.filter((each) => each.startsWith('Asked to approve')).map((each) => each.split(' ')[3])).toEqual([
    'shop/a',
    'shop/c',
  ]);
});

it('ends where AWS does not take the first one, such as without credentials', async () => {
  expect(await asked(1, throttled)).toMatchObject({ code: throttled, notes: [] });
});

it('hides no fault of this program', async () => {
  const fault = new TypeError('no such member');
  expect((await asked(2, fault)).code).toBe(fault);
});
