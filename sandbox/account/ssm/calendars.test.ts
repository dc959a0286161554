import { expect, it } from 'vitest';
import { FleetFileError } from '../../fleet/fleet.ts';
import { HOUR_MS, refusal, testAccount } from '../../fleet/test-account.ts';

const SHARED = 'arn:aws:ssm:eu-central-1:999988887777:document/group-freeze';
const calendars = [
  { name: 'freeze', events: [{ from: '+1h', until: '+2h' }] },
  { name: 'group-freeze', sharedBy: '999988887777', type: 'DEFAULT_CLOSED', events: [{ from: '+3h', until: '+4h' }] },
];
const stateOf = (at: ReturnType<typeof testAccount>, CalendarNames: string[], more: object = {}) =>
  at.call<object>('ssm', 'GetCalendarState', { CalendarNames, ...more });

it('a calendar is closed during its events, and says when that changes', async () => {
  const at = testAccount({ calendars });
  expect(stateOf(at, ['freeze'])).toMatchObject({ State: 'OPEN', NextTransitionTime: '2026-07-14T13:00:00Z' });
  await at.play(1.5 * HOUR_MS);
  expect(stateOf(at, ['freeze'])).toMatchObject({ State: 'CLOSED', NextTransitionTime: '2026-07-14T14:00:00Z' });
  expect(stateOf(at, ['freeze'], { AtTime: '2026-07-15T00:00:00Z' })).toEqual({
    State: 'OPEN',
    AtTime: '2026-07-15T00:00:00Z',
  });
});

it('several are open only if all are; one that is not there or not shared fails the call', () => {
  const at = testAccount({ calendars });
  expect(stateOf(at, ['freeze', SHARED])).toMatchObject({
    State: 'CLOSED',
    NextTransitionTime: '2026-07-14T13:00:00Z',
  });
  expect(refusal(() => stateOf(at, ['freeze', 'group-freeze'])).code).toBe('InvalidDocument');
});

it('each change of an own calendar is told some seconds later, and none of a shared one', async () => {
  const at = testAccount({ calendars });
  await at.play(5 * HOUR_MS);
  const told = at.events.filter(({ detailType }) => detailType === 'Calendar State Change');
  expect(told.map(({ detail, resources }) => [resources, detail])).toEqual([
    [
      ['arn:aws:ssm:eu-central-1:111122223333:document/freeze'],
      { state: 'CLOSED', atTime: '2026-07-14T13:00:00Z', nextTransitionTime: '2026-07-14T14:00:00Z' },
    ],
    [['arn:aws:ssm:eu-central-1:111122223333:document/freeze'], { state: 'OPEN', atTime: '2026-07-14T14:00:00Z' }],
  ]);
});

it.each([
  [
    'a rule about an alarm that does not stand before it',
    { alarms: [{ name: 'a', rule: 'ALARM(b)' }] },
    'alarms[0].rule: there is no alarm b before it',
  ],
  [
    'a rule that is none',
    { alarms: [{ name: 'a', rule: 'SOMETIMES' }] },
    /alarms\[0\]\.rule: AlarmRule is invalid near/,
  ],
  ['two alarms of one name', { alarms: [{ name: 'a' }, { name: 'a' }] }, 'alarms[1].name: the name a is there already'],
  [
    'an event that ends before it begins',
    { calendars: [{ name: 'abc', events: [{ from: '+2h', until: '+1h' }] }] },
    'calendars[0].events[0].until: must be later than from (+2h)',
  ],
])('a fleet file is refused for %s', (_what, fleet, problem) => {
  expect(() => testAccount(fleet)).toThrow(FleetFileError);
  expect(() => testAccount(fleet)).toThrow(problem);
});
