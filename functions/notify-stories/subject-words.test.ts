import fc from 'fast-check';
import { expect, it } from 'vitest';
import { STATES } from '../shared/records/current-state.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { standingsOf } from '../shared/records/standing.ts';
import { recordAt } from './record.fixture.ts';
import { followSubject, type OpenWord } from './subject-words.ts';

const WORKER = { instance: 'i-0abc' };
const quarantined = recordAt(1, 'done', { ...WORKER, remediation: 'quarantine-workers', reason: 'quarantined' });
const cured = recordAt(2, 'done', { ...WORKER, remediation: 'manage-ssm-agent', reason: 'agent-cured' });
const released = recordAt(3, 'done', { ...WORKER, remediation: 'quarantine-workers', reason: 'released' });

it('has a worker in quarantine whatever another function says of it, until it is released', () => {
  const held = followSubject([], [quarantined]);
  const then = followSubject(held.open, [cured]);
  expect([held.state, then.state]).toEqual(['quarantined', 'quarantined']);
  expect(followSubject(then.open, [released])).toEqual({ state: 'done', open: [] });
});

it('is not led astray by what comes late or again', () => {
  const failed = (minute: number) =>
    recordAt(minute, 'failed', { ...WORKER, remediation: 'manage-ssm-agent', reason: 'agent-missing' });
  const waits = recordAt(4, 'waiting', { ...WORKER, remediation: 'manage-ssm-agent', reason: 'retry-later' });
  const { open } = followSubject([], [failed(1), waits]);
  expect(followSubject(open, [failed(1)])).toEqual({ state: 'waiting', open });
});

const SAID: ReadonlyArray<readonly [string, ReadRecord['decision'], string]> = [
  ['quarantine-workers', 'done', 'quarantined'],
  ['quarantine-workers', 'would-act', 'would-quarantine'],
  ['quarantine-workers', 'skipped', 'kill-switch'],
  ['quarantine-workers', 'done', 'released'],
  ['quarantine-workers', 'refused', 'request-refused'],
  ['manage-ssm-agent', 'failed', 'agent-missing'],
  ['manage-ssm-agent', 'waiting', 'retry-later'],
  ['manage-ssm-agent', 'done', 'agent-verified'],
  ['triage-findings', 'acted', 'upgrade-requested'],
  ['upgrade-node-groups', 'waiting', 'baking'],
  ['upgrade-node-groups', 'done', 'upgraded'],
];
const CLOSED = STATES.indexOf('done');

it('knows the state that the incident shows, however the records come in batches, as long as anything is open', () => {
  const batches = fc.array(fc.array(fc.constantFrom(...SAID), { maxLength: 4 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(batches, (said) => {
      let minute = 0;
      let open: readonly OpenWord[] = [];
      const all: ReadRecord[] = [];
      for (const batch of said) {
        const records = batch.map(([remediation, decision, reason]) =>
          recordAt(minute++, decision, { ...WORKER, remediation, reason }),
        );
        all.push(...records);
        ({ open } = followSubject(open, records));
      }
      const answers = (record: ReadRecord) => record.reason === 'request-refused';
      const state = standingsOf(all.filter((record) => !answers(record)))[0]?.state ?? 'quiet';
      const expected = STATES.indexOf(state) < CLOSED ? state : undefined;
      const told = followSubject(open, []).state;
      expect(told === 'quiet' ? undefined : told).toBe(expected);
    }),
  );
});
