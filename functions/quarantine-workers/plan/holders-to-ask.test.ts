import { expect, it } from 'vitest';
import { NEVER_SEEN } from '../model/quarantine-ledger.ts';
import type { Reason } from '../reasons.ts';
import { holdersToAsk } from './holders-to-ask.ts';
import type { Decided } from './plan.ts';

const NOW = Date.parse('2026-07-14T12:00:00Z');
const decided = (reason: Reason, before?: Reason): Decided => ({
  observation: {
    instanceId: 'i-9',
    trigger: { type: 'event', id: 'e-1', time: NOW, redelivered: false },
    state: { ...NEVER_SEEN, ...(before !== undefined && { reason: before }) },
  },
  decision: { decision: 'waiting', reason, message: '', variant: '' },
});
const slots = {
  'i-1': { cluster: 'shop', expiresAt: NOW - 1 },
  'i-2': { cluster: 'data', expiresAt: NOW },
  'i-3': { cluster: 'shop', expiresAt: NOW + 1 },
};

it.each<[string, Decided[], string[]]>([
  ['nobody waits', [decided('not-exposed')], []],
  ['one begins to wait', [decided('not-exposed'), decided('quarantine-budget')], ['i-1', 'i-2']],
  ['one begins to wait again', [decided('quarantine-budget', 'not-exposed')], ['i-1', 'i-2']],
  ['one still waits', [decided('quarantine-budget', 'quarantine-budget')], []],
])('asks those whose slot is not new where %s', (_, settled, expected) => {
  expect(holdersToAsk(settled, slots, NOW).map(({ instanceId }) => instanceId)).toEqual(expected);
});
