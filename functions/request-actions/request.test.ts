import type { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { expect, it } from 'vitest';
import { REMEDIATIONS } from '../remediations.ts';
import { ACTION_FIELDS } from '../shared/intake/operator-action.ts';
import { request } from './request.ts';

/** Asks for twelve groups, which takes two calls, of which the second fails with an error. */
function ask(error: Error): Promise<unknown> {
  let calls = 0;
  const send = async ({ input: { Entries = [] } }: PutEventsCommand) => {
    calls += 1;
    if (calls === 2) throw error;
    return { Entries: Entries.map((_, index) => ({ EventId: `e-${index}` })) };
  };
  const deps = { events: { send } as unknown as EventBridgeClient, busName: 'bus', requestable: REMEDIATIONS };
  const all = Array.from({ length: 12 }, (_, index) => ({
    remediation: 'upgrade-node-groups',
    subject: { cluster: 'shop', nodegroup: `web-${index}` },
  }));
  const form = { forms: { all: { [ACTION_FIELDS.who]: 'Ada', [ACTION_FIELDS.why]: 'tested' } } };
  return request(deps, { action: 'approve', all, widgetContext: form });
}

it.each([
  ['EventBridge throttles', Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException', $metadata: {} })],
  ['no answer comes', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })],
])('says which of many were asked for and which were not where %s in between', async (_, error) => {
  const markup = String(await ask(error));
  expect(markup).toContain('Asked for: approve 10 resources');
  const code = 'code' in error ? error.code : error.name;
  for (const name of ['shop/web-10', 'shop/web-11']) {
    expect(markup).toContain(`${name}: EventBridge did not confirm it (${code}). Ask again.`);
  }
});

it('hides no fault of this program', () => expect(ask(new TypeError('no such member'))).rejects.toThrow(TypeError));
