import { describe, expect, it } from 'vitest';
import { REMEDIATIONS } from '../remediations.ts';
import { exampleRecord } from '../shared/records/record.fixture.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { standingsOf } from '../shared/records/standing.ts';
import { type FoundRecords, incidentNow } from './incident-now.ts';

const WORKER = { instance: 'i-0f3a5c7e9b1d2f4a6' };
const said = (minute: number, decision: ReadRecord['decision'], reason: string, more: object = {}): ReadRecord => ({
  ...exampleRecord,
  ...WORKER,
  remediation: 'quarantine-workers',
  id: `${minute} ${reason}`,
  time: new Date(Date.UTC(2026, 6, 15, 0, minute)).toISOString(),
  decision,
  reason,
  ...more,
});
const held = said(1, 'done', 'quarantined');
const released = said(9, 'done', 'released');
const NOTHING: FoundRecords = { inRange: [], latest: [], answer: [] };

/** The state of the worker and the buttons, as the page shows them. */
function page(found: Partial<FoundRecords>) {
  const { standing, stale, offers } = incidentNow(WORKER, { ...NOTHING, ...found }, REMEDIATIONS);
  return { state: standingsOf(standing)[0]?.state, stale, buttons: offers.map(({ action }) => action) };
}

describe('the page of a worker that was released', () => {
  it.each<[string, Partial<FoundRecords>]>([
    ['all queries show it', { inRange: [held, released], latest: [held, released], answer: [released] }],
    ['only the records of the time range show it', { inRange: [held, released], latest: [held] }],
    ['only the newest records show it', { inRange: [held], latest: [held, released] }],
    ['only the answer to the request shows it', { inRange: [held], latest: [held], answer: [released] }],
    ['the time range ends before it', { latest: [released, held] }],
  ])('shows no older state, and none of its buttons, where %s', (_, found) => {
    expect(page(found)).toMatchObject({ state: 'done', buttons: [] });
  });

  it('offers everything again once it is in quarantine anew', () => {
    const again = said(12, 'done', 'quarantine-reinforced');
    expect(page({ inRange: [held, released], latest: [again] })).toMatchObject({
      state: 'quarantined',
      buttons: ['release', 'extend', 'terminate'],
    });
  });

  it('says where the newest record lies outside the time range, and not of one that the answer shows', () => {
    expect(page({ inRange: [held], latest: [held, released] }).stale).toBe(true);
    expect(page({ inRange: [held], latest: [held], answer: [released] }).stale).toBe(false);
  });
});

it('offers a group nothing of what is said of its workers', () => {
  const GROUP = { cluster: exampleRecord.cluster ?? '', nodegroup: exampleRecord.nodegroup ?? '' };
  const group = said(2, 'would-act', 'would-upgrade', { remediation: 'upgrade-node-groups', instance: undefined });
  const { offers } = incidentNow(GROUP, { inRange: [held, group], latest: [group], answer: [held] }, REMEDIATIONS);
  expect(offers.map(({ action, remediation }) => `${action} ${remediation}`)).toEqual([
    'approve upgrade-node-groups',
    'reject upgrade-node-groups',
  ]);
});
