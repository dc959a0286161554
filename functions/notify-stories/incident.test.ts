import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../policy-document.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { follow, incidentOf, type NotificationPolicy } from './incident.ts';
import { type IncidentState, NEW_INCIDENT } from './incident-ledger.ts';
import { recordAt } from './record.fixture.ts';

function policy(more: object = {}): NotificationPolicy {
  const parsed = parsePolicy(JSON.stringify({ notifications: more }), 'enforce');
  if ('error' in parsed) throw new Error(parsed.error);
  return parsed.notifications;
}

/** The notifications for records that arrive in consecutive deliveries, as `phase severity`. */
function told(deliveries: ReadonlyArray<readonly ReadRecord[]>, notifications = policy()): string[] {
  let state: IncidentState = NEW_INCIDENT;
  return deliveries.flatMap((records) => {
    const followed = follow(state, records, notifications);
    state = followed.state;
    return followed.news === undefined ? [] : [`${followed.news.phase} ${followed.news.severity}`];
  });
}

const failed = { reason: 'upgrade-failed' } as const;
const halted = { reason: 'halted' } as const;
const acted = recordAt(1, 'acted');
const done = recordAt(9, 'done', { reason: 'upgraded' });

describe('an incident', () => {
  it('is told when it begins and when it ends, not at each step', () => {
    expect(told([[acted], [recordAt(2, 'waiting')], [recordAt(3, 'waiting')], [done]])).toEqual([
      'opened low',
      'ended informational',
    ]);
  });

  it('is told once more whenever it gets worse', () => {
    const steps = [acted, recordAt(2, 'failed', failed), recordAt(3, 'acted'), recordAt(4, 'failed', failed)];
    const deliveries = [...steps, recordAt(5, 'refused', halted), done].map((record) => [record]);
    expect(told(deliveries)).toEqual(['opened low', 'worsened medium', 'worsened high', 'ended informational']);
  });

  it('of which everything comes at once is told once, by its end', () => {
    expect(told([[acted, recordAt(2, 'failed', failed), done]])).toEqual(['ended informational']);
  });

  it('of a breaker is told once, however many node groups it holds, and anew when it trips again after it was lifted', () => {
    const held = (nodegroup: string, breaker: string, reason = 'held-by-breaker') =>
      recordAt(1, 'refused', { nodegroup, reason, details: { breaker }, correlationId: nodegroup });
    const once = held('web', 'cluster shop', 'breaker-tripped');
    expect(incidentOf(held('api', 'cluster shop'))).toBe(incidentOf(once));
    expect(incidentOf({ ...once, remediation: 'refresh-groups' })).toBe(incidentOf(once));
    expect(told([[once], [{ ...held('api', 'cluster shop'), time: recordAt(2, 'done').time }]])).toEqual([
      'opened high',
    ]);
    for (const other of ['cluster other', 'cluster shop, lifted at 2026-07-15T17:00:00.000Z']) {
      expect(incidentOf(held('web', other))).not.toBe(incidentOf(once));
    }
  });

  it('that nobody was told of ends without a word', () => {
    expect(told([[recordAt(1, 'waiting')], [done]])).toEqual([]);
  });

  it('ends, too, when the subject is to be left alone', () => {
    expect(told([[acted], [recordAt(2, 'skipped', { reason: 'opted-out' })]])).toEqual([
      'opened low',
      'ended informational',
    ]);
  });

  it('of a quarantine ends with the quarantine, not when the worker is isolated', () => {
    const say = (minute: number, decision: ReadRecord['decision'], reason: string) => [
      recordAt(minute, decision, { remediation: 'quarantine-workers', reason, instance: 'i-1', severity: undefined }),
    ];
    const started = say(1, 'acted', 'quarantine-started');
    const held = [started, say(2, 'done', 'quarantined'), say(3, 'skipped', 'mode-off')];
    expect(told(held)).toEqual(['opened low']);
    expect(told([...held, say(9, 'done', 'released')])).toEqual(['opened low', 'ended informational']);
  });

  it('begins anew after its end', () => {
    expect(told([[acted], [done], [recordAt(20, 'failed', { reason: 'connection-lost' })]])).toEqual([
      'opened low',
      'ended informational',
      'opened high',
    ]);
  });

  it('is told of by severity and decision as the policy says', () => {
    const incident = [[acted], [recordAt(2, 'failed', failed)], [done]];
    expect(told(incident, policy({ minimumSeverity: 'medium' }))).toEqual(['opened medium', 'ended informational']);
    expect(told(incident, policy({ decisions: ['refused'] }))).toEqual([]);
    expect(told(incident, policy({ mode: 'off' }))).toEqual([]);
    expect(told([[recordAt(1, 'would-act')]])).toEqual([]);
    expect(told([[recordAt(1, 'would-act')]], policy({ decisions: ['would-act'] }))).toEqual(['opened low']);
  });

  it('tells nothing of a release that was seen: no host was touched', () => {
    expect(told([[recordAt(1, 'acted', { reason: 'release-seen' })]])).toEqual([]);
  });

  it('of the whole account is told once a day while it lasts', () => {
    const invalid = (minute: number) => [recordAt(minute, 'refused', { reason: 'policy-invalid' })];
    expect(told([invalid(0), invalid(60), invalid(1439), invalid(1441)])).toEqual(['opened high', 'opened high']);
  });

  const step = fc.record({
    minute: fc.integer({ min: 0, max: 30 }),
    decision: fc.constantFrom<ReadRecord['decision']>('acted', 'waiting', 'refused', 'failed', 'done', 'skipped'),
  });

  it('is never told twice by deliveries that come again, in any order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (steps, choices) => {
        const records = [
          ...new Map(steps.map(({ minute, decision }) => [minute, recordAt(minute, decision)])).values(),
        ];
        const inOrder = records.sort((a, b) => (a.time < b.time ? -1 : 1)).map((record) => [record]);
        // After each delivery, some earlier records are repeated.
        const repeated = inOrder.flatMap((delivery, index) => {
          const again = inOrder[(choices.next().value ?? 0) % (index + 1)];
          return again === undefined ? [delivery] : [delivery, again, delivery];
        });
        const heard = (deliveries: ReadRecord[][]) => told(deliveries).length;
        expect(heard(repeated)).toBe(heard(inOrder));
      }),
    );
  });

  it('is opened before it worsens or ends, and ends once', () => {
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 8 }), (batches) => {
        let minute = 0;
        const deliveries = batches.map((batch) => batch.map(({ decision }) => recordAt(++minute, decision)));
        let open = false;
        for (const [phase] of told(deliveries).map((line) => line.split(' '))) {
          // An incident that begins and ends in one delivery is notified once, by its end.
          if (phase === 'worsened') expect(open).toBe(true);
          if (phase === 'opened') expect(open).toBe(false);
          open = phase !== 'ended';
        }
      }),
    );
  });
});

describe("a record's story", () => {
  it('is that of its function, correlation id and subject', () => {
    const incident = incidentOf(acted);
    expect(incidentOf(done)).toBe(incident);
    const others = [{ remediation: 'sweep-fleet' }, { correlationId: 'x' }, { nodegroup: 'api' }, { instance: 'i-1' }];
    for (const other of others) expect(incidentOf({ ...acted, ...other })).not.toBe(incident);
  });

  it('is one of the account where every subject has the same', () => {
    const invalid = { ...acted, reason: 'policy-invalid' };
    expect(incidentOf({ ...invalid, nodegroup: 'api', correlationId: 'x' })).toBe(incidentOf(invalid));
  });
});
