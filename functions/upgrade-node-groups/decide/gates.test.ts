import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Alarm, type Calendar, closedGate, type Gates } from '../../shared/gates/gates.ts';
import { gates as section } from '../../shared/gates/gates-policy.ts';
import { arbitraryObservation, HOUR, NOW, need, nodeGroup, observation } from '../model/observation.fixture.ts';
import type { View } from '../model/observation.ts';
import { policyOf } from '../policy.fixture.ts';
import { decide } from './decide.ts';

const ok: Alarm = { kind: 'alarm', state: 'OK' };
const raised: Alarm = { kind: 'alarm', state: 'ALARM' };
const silent: Alarm = { kind: 'alarm', state: 'INSUFFICIENT_DATA' };
const partial: Alarm = { kind: 'alarm', state: 'OK', doubt: 'PARTIAL_DATA' };
const open: Calendar = { kind: 'calendar', isOpen: true };
const shut: Calendar = { kind: 'calendar', isOpen: false, changesAt: NOW + 3 * HOUR };
const denied = { kind: 'unreadable', error: 'AccessDenied: no', code: 'AccessDenied', isThrottled: false } as const;
const slow = { kind: 'unreadable', error: 'Throttling: slow', code: 'Throttling', isThrottled: true } as const;

const read = (alarms: object = {}, calendars: object = {}): Gates => ({
  alarms: new Map(Object.entries(alarms)),
  calendars: new Map(Object.entries(calendars)),
});
const closes = (named: object, seen: Gates | undefined) => closedGate(section.parse(named), seen, NOW);

describe('a gate', () => {
  it.each([
    ['an alarm that is OK', { alarms: ['a'] }, read({ a: ok }), undefined],
    ['an alarm in ALARM', { alarms: ['a', 'b'] }, read({ a: ok, b: raised }), 'alarm-gate-closed'],
    ['an alarm without data', { alarms: ['a'] }, read({ a: silent }), 'alarm-gate-closed'],
    ['one that the policy takes for open', { alarms: ['a'], insufficientData: 'open' }, read({ a: silent }), undefined],
    ['an alarm evaluated in part', { alarms: ['a'] }, read({ a: partial }), 'alarm-gate-closed'],
    ['one such that may be', { alarms: ['a'], insufficientData: 'open' }, read({ a: partial }), undefined],
    ['an alarm that nobody read', { alarms: ['a'] }, read(), 'gate-unreadable'],
    ['nothing read at all', { calendars: ['abc'] }, undefined, 'gate-unreadable'],
    ['a calendar that cannot be read', { calendars: ['abc'] }, read({}, { abc: denied }), 'gate-unreadable'],
    ['a closed calendar', { calendars: ['abc', 'def'] }, read({}, { abc: open, def: shut }), 'calendar-gate-closed'],
    ['open calendars', { calendars: ['abc', 'def'] }, read({}, { abc: open, def: open }), undefined],
    ['no gate at all', {}, undefined, undefined],
  ])('is judged by %s', (_what, named, seen, reason) => {
    expect(closes(named, seen)?.reason).toBe(reason);
  });

  it('names what is closed, and when the last calendar opens; a time that has passed is asked about again', () => {
    const other: Calendar = { kind: 'calendar', isOpen: false, changesAt: NOW + HOUR };
    expect(closes({ calendars: ['abc', 'def'] }, read({}, { abc: other, def: shut }))).toMatchObject({
      message: 'Change calendars are closed: abc, until 2026-07-20T13:00:00.000Z, def, until 2026-07-20T15:00:00.000Z.',
      until: NOW + 3 * HOUR,
    });
    const past: Calendar = { kind: 'calendar', isOpen: false, changesAt: NOW - HOUR };
    expect(closes({ calendars: ['abc'] }, read({}, { abc: past }))?.until).toBe(NOW + HOUR / 4);
    expect(closes({ alarms: ['checkout', 'b'] }, read({ checkout: raised, b: silent }))?.message).toBe(
      'Alarms keep it from starting: checkout is ALARM, b is INSUFFICIENT_DATA.',
    );
  });
});

const circumstances = (gates: object, seen?: Gates, more: object = {}) => ({
  policy: policyOf({ upgrades: { gates, ...more } }),
  now: NOW,
  account: '111122223333',
  slots: {},
  ...(seen && { gates: seen }),
});

describe('an upgrade', () => {
  it('waits for a closed calendar until it opens, and takes no place in the line meanwhile', () => {
    const decision = decide(observation(nodeGroup()), circumstances({ calendars: ['abc'] }, read({}, { abc: shut })));
    expect(decision).toMatchObject({
      decision: 'waiting',
      reason: 'calendar-gate-closed',
      wakeAt: NOW + 3 * HOUR,
      turn: { mayStartAt: NOW + 3 * HOUR },
    });
  });

  it('tells people where urgent findings wait for longer than a day until a calendar or a window opens', () => {
    const closedFor = (hours: number) => read({}, { abc: { ...shut, changesAt: NOW + hours * HOUR } });
    const behind = (hours: number, findings?: ReturnType<typeof need>) =>
      decide(
        { ...observation(nodeGroup()), ...(findings && { need: findings }) },
        circumstances({ calendars: ['abc'] }, closedFor(hours)),
      );
    const told = behind(25, need());
    expect(told).toMatchObject({ decision: 'refused', reason: 'calendar-gate-closed', wakeAt: NOW + 25 * HOUR });
    expect(told.message).toContain(
      'The upgrade is urgent, for CVE-2026-31415 (CRITICAL): these findings stay open until then.',
    );
    expect(told.hint).toContain('open the calendar');
    expect(behind(24, need()).decision).toBe('waiting');
    expect(behind(25, need({ urgency: 'normal' })).decision).toBe('waiting');
    expect(behind(25).decision).toBe('waiting');

    const saturdays = { windows: [{ cron: '0 3 * * SAT', duration: '2h' }] };
    const outside = (more: object) =>
      decide({ ...observation(nodeGroup()), need: need() }, circumstances({}, undefined, more));
    expect(outside(saturdays)).toMatchObject({ decision: 'refused', reason: 'outside-change-window' });
    expect(outside(saturdays).hint).toContain('upgrades.urgent.ignoreWindows');
    const nightly = { windows: [{ cron: '0 3 * * *', duration: '2h' }] };
    expect(outside(nightly)).toMatchObject({ decision: 'waiting', reason: 'outside-change-window' });
  });

  it('is refused where a gate cannot be read, which is silent for half an hour where AWS is only slow', () => {
    const told = (seen: Gates, state: object = {}) =>
      decide(observation(nodeGroup(), state), circumstances({ alarms: ['a'] }, seen));
    expect(told(read({ a: denied }))).toMatchObject({ decision: 'refused', reason: 'gate-unreadable' });
    expect(told(read({ a: denied })).isSilent).toBeUndefined();
    const first = told(read({ a: slow }));
    expect(first).toMatchObject({ isSilent: true, wakeAt: NOW + HOUR / 12 });
    const { obstacle } = first.memory;
    const later = { obstacle: { ...obstacle, since: NOW - HOUR, until: NOW } };
    expect(told(read({ a: slow }), later).isSilent).toBeUndefined();
  });

  it('tells people of an alarm that has held it back for a day, also in one window after the other', () => {
    const nightly = { windows: [{ cron: '0 12 * * *', duration: '2h' }] };
    const at = (now: number, state: object = {}) =>
      decide(observation(nodeGroup(), state), {
        ...circumstances({ alarms: ['a'] }, read({ a: raised }), nightly),
        now,
      });
    const first = at(NOW);
    expect([first.decision, first.reason]).toEqual(['waiting', 'alarm-gate-closed']);
    const { obstacle } = first.memory;
    expect(at(NOW + HOUR, { obstacle })).toMatchObject({ decision: 'waiting', memory: { obstacle } });
    const shutAgain = at(NOW + 3 * HOUR, { obstacle });
    expect([shutAgain.reason, shutAgain.memory.obstacle]).toEqual(['outside-change-window', obstacle]);
    const nextNight = at(NOW + 24 * HOUR, { obstacle });
    expect([nextNight.decision, nextNight.reason]).toEqual(['refused', 'alarm-gate-closed']);
    expect(nextNight.message).toContain('a is ALARM. Whenever the upgrade could have started since');
    expect(at(NOW + 25 * HOUR, { obstacle }).variant).toBe(nextNight.variant);
  });

  it('tells people of alarms that have held it back for a day, also of one after another', () => {
    const at = (now: number, seen: object, state: object = {}) =>
      decide(observation(nodeGroup(), state), {
        ...circumstances({ alarms: ['a', 'b'] }, read({ a: ok, b: ok, ...seen })),
        now,
      });
    const { obstacle } = at(NOW, { a: raised }).memory;
    const both = at(NOW + 12 * HOUR, { a: raised, b: raised }, { obstacle });
    expect(both.memory.obstacle).toEqual(obstacle);
    const late = at(NOW + 25 * HOUR, { b: raised }, { obstacle });
    expect([late.decision, late.reason]).toEqual(['refused', 'alarm-gate-closed']);
  });

  it('tells people of a calendar that has been closed for a day, and for which nobody has written down when it opens', () => {
    const endless: Calendar = { kind: 'calendar', isOpen: false };
    const at = (hours: number, calendar: Calendar, state: object = {}) =>
      decide(observation(nodeGroup(), state), {
        ...circumstances({ calendars: ['abc'] }, read({}, { abc: calendar })),
        now: NOW + hours * HOUR,
      });
    const first = at(0, endless);
    expect(first).toMatchObject({ decision: 'waiting', reason: 'calendar-gate-closed', wakeAt: NOW + HOUR / 4 });
    const { obstacle } = first.memory;
    expect(at(23, endless, { obstacle }).decision).toBe('waiting');
    const long = at(24, endless, { obstacle });
    expect(long).toMatchObject({ decision: 'refused', reason: 'calendar-gate-closed' });
    expect(long.message).toContain('abc. Whenever the upgrade could have started since 2026-07-20T12:00');
    expect(long.hint).toContain('names no time at which the calendar opens');
    expect(at(25, endless, { obstacle }).variant).toBe(long.variant);
    expect(at(24, { ...shut, changesAt: NOW + 30 * HOUR }, { obstacle })).toMatchObject({ decision: 'waiting' });
  });

  it('counts the day of a closed gate through all that cannot be read, closed calendars and shut windows', () => {
    const nightly = { windows: [{ cron: '0 12 * * *', duration: '2h' }] };
    const both = { alarms: ['a'], calendars: ['abc'] };
    const unreadable = {
      kind: 'unreadable',
      error: 'Throttling: slow',
      code: 'Throttling',
      isThrottled: true,
    } as const;
    const steps = fc.constantFrom<[string, View, Gates]>(
      ['gate-unreadable', nodeGroup(), read({ a: slow }, { abc: open })],
      ['gate-unreadable', nodeGroup(), read({ a: denied }, { abc: open })],
      ['calendar-gate-closed', nodeGroup(), read({ a: ok }, { abc: shut })],
      ['unreadable', unreadable, read({ a: ok }, { abc: open })],
      ['alarm-gate-closed', nodeGroup(), read({ a: raised }, { abc: open })],
    );
    const at = (now: number, view: View, seen: Gates, state: object) =>
      decide(observation(view, state), { ...circumstances(both, seen, nightly), now });
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 6 }), fc.boolean(), (between, isShut) => {
        const first = at(NOW, nodeGroup(), read({ a: raised }, { abc: open }), {});
        let { obstacle } = first.memory;
        for (const [index, [reason, view, seen]] of between.entries()) {
          const found = at(NOW + (index + 1) * 600_000, view, seen, { obstacle });
          expect(found.reason).toBe(reason);
          obstacle = found.memory.obstacle;
        }
        if (isShut)
          obstacle = at(NOW + 3 * HOUR, nodeGroup(), read({ a: ok }, { abc: open }), { obstacle }).memory.obstacle;
        const told = at(NOW + 24 * HOUR, nodeGroup(), read({ a: raised }, { abc: open }), { obstacle });
        expect([told.decision, told.reason]).toEqual(['refused', 'alarm-gate-closed']);
        expect(told.message).toContain('could have started since 2026-07-20T12:00:00.000Z');
      }),
    );
  });

  it('forgets a closed gate once it was open', () => {
    const { obstacle } = decide(observation(nodeGroup()), circumstances({ alarms: ['a'] }, read({ a: raised }))).memory;
    const taken = { 'shop/x': { cluster: 'shop', nodegroup: 'x', expiresAt: NOW + 48 * HOUR } };
    const full = { ...circumstances({ alarms: ['a'] }, read({ a: ok })), slots: taken };
    const waits = decide(observation(nodeGroup(), { obstacle }), full);
    expect([waits.reason, waits.memory.obstacle]).toEqual(['cluster-concurrency', undefined]);
  });

  it('is proposed in mode observe, and stands to be approved, while a gate is closed, too; approved it waits', () => {
    const policy = circumstances({ alarms: ['a'] }, read({ a: raised }), { mode: 'observe' });
    expect(decide(observation(nodeGroup()), policy)).toMatchObject({
      reason: 'would-upgrade',
      message: expect.stringContaining('If approved now, it waits. Alarms keep it from starting'),
    });
    const ruling = { kind: 'approved' as const, id: 'r-0', requestedBy: 'somebody', why: 'because' };
    const proposal = { target: '1.33.13-20260714', at: NOW - HOUR, ruling };
    expect(decide(observation(nodeGroup(), { proposal }), policy).reason).toBe('alarm-gate-closed');
  });

  it('never starts behind a closed gate, and is otherwise decided as without gates', () => {
    const seen = fc.constantFrom<Alarm | typeof denied>(ok, raised, silent, partial, denied);
    const held = fc.constantFrom<Calendar | typeof slow>(open, shut, slow);
    fc.assert(
      fc.property(arbitraryObservation, seen, held, fc.boolean(), (subject, alarm, calendar, lenient) => {
        const named = { alarms: ['a'], calendars: ['abc'], insufficientData: lenient ? 'open' : 'closed' };
        const found = decide(subject, circumstances(named, read({ a: alarm }, { abc: calendar })));
        const free = decide(subject, circumstances({}));
        const isOpen =
          alarm.kind === 'alarm' &&
          alarm.state !== 'ALARM' &&
          (lenient || (alarm.state === 'OK' && alarm.doubt === undefined)) &&
          calendar === open;
        if (isOpen || free.start === undefined) expect(found).toEqual(free);
        else expect(found.start).toBeUndefined();
      }),
    );
  });
});
