import { expect, it } from 'vitest';
import { checkPolicy, standstill } from './policy-check.ts';

it('a document that nests deeper than the stack allows calls is refused, not thrown at', () => {
  const depth = 4_000;
  const { faults, stopped } = checkPolicy(`{"upgrades":${'['.repeat(depth)}${']'.repeat(depth)}}`, 0);
  expect(faults).toEqual([expect.stringContaining('upgrades')]);
  expect(stopped).toContain('upgrade-node-groups');
});

it('a member of a name that validation loses is a fault, once, and stops all functions', () => {
  const override = '{"name":"a","match":{"tags":{"team":"web","__proto__":"x"}},"upgrades":{"mode":"off"}}';
  const { faults, stopped } = checkPolicy(`{"overrides":[${override}],"__proto__":{}}`, 0);
  expect(faults.filter((fault) => fault.includes('overrides'))).toEqual([
    'overrides.0.match.tags.__proto__: no member can have this name, remove it',
  ]);
  expect(faults).toHaveLength(2);
  expect(stopped).toEqual(expect.arrayContaining(['upgrade-node-groups', 'quarantine-workers']));
});

it('a key that stands twice is a fault, since only the last one counts', () => {
  expect(checkPolicy('{"upgrades":{"mode":"off"},"upgrades":{"bakeAge":"1d"}}', 0).faults).toEqual([
    'upgrades: stands twice in one object, and only the last one counts; keep one',
  ]);
});

it.each([
  ['"1m"', 'must be at least 5m: every remedy would count as failed before it could work'],
  ['"1 hour"', 'must be a whole number with a unit m, h or d, for example "30m", "24h" or "7d": write "1h"'],
  [
    '30',
    'must be a whole number with a unit m, h or d, for example "30m", "24h" or "7d": write "30m" if 30 are minutes',
  ],
])('a value that fits none of several forms is told by the one that was meant: %s', (value, fix) => {
  expect(checkPolicy(`{"ssmAgent":{"cureWithin":${value}}}`, 0).faults).toEqual([`ssmAgent.cureWithin: ${fix}`]);
});

it.each([
  ['{"killSwitch":"yes"}', 'no function acts'],
  ['{"drains":{"within":"0m"}}', 'nothing is done by drain-nodes'],
])('what stands still is named: %s', (text, words) => {
  expect(standstill(checkPolicy(text, 0).stopped)).toBe(words);
});

it('windows come in the order of the document, each with its path', () => {
  const window = { cron: '0 2 * * *', timeZone: 'UTC', duration: '1h' };
  const document = { upgrades: { windows: [window, window] }, overrides: [{ upgrades: { windows: [window] } }] };
  expect(checkPolicy(JSON.stringify(document), 0).windows.map(({ path }) => path)).toEqual([
    'upgrades.windows.0',
    'upgrades.windows.1',
    'overrides.0.upgrades.windows.0',
  ]);
});

it.each([
  [['0 2 29 2 *'], [expect.stringMatching(/^upgrades\.windows: up to 1461 days pass without an opening/)]],
  [['0 2 1 1,4,7,10 *'], [expect.stringContaining('up to 92 days')]],
  [['0 2 29 2 *', '0 2 * * SUN'], []],
  [['0 2 L * *'], []],
  [['0 2 * * SAT#1'], []],
])('windows that leave more than 45 days without an opening are warned of: %j', (crons, expected) => {
  const windows = crons.map((cron) => ({ cron, duration: '4h' }));
  const { faults, warnings } = checkPolicy(
    JSON.stringify({ upgrades: { windows } }),
    Date.parse('2024-03-01T00:00:00Z'),
  );
  expect([faults, warnings]).toEqual([[], expected]);
});

it.each([
  [{ waves: ['canary', 'prod'] }, [], ['canary']],
  [{ waves: ['canary', 'prod'], wave: 'canary' }, [], ['prod']],
  [{ waves: ['canary', 'prod'] }, [{ name: 'a', match: { clusters: ['lab-*'] }, upgrades: { wave: 'canary' } }], []],
  [{}, [], []],
])('waves that nothing can be in are warned of: %j', (upgrades, overrides, empty) => {
  const { faults, warnings } = checkPolicy(JSON.stringify({ upgrades, overrides }), 0);
  expect(faults).toEqual([]);
  expect(warnings).toEqual(empty.map((name) => expect.stringContaining(`nothing is ever in wave ${name}`)));
});

it.each([
  [{ approval: 'required' }, 'up to 35 days pass until the next window opens'],
  [{ mode: 'observe' }, 'up to 35 days pass until the next window opens'],
  [{ mode: 'observe', approvalExpiresAfter: '40d' }, undefined],
  [{}, undefined],
] as const)('approvals that may end before a window opens are warned of: %j', (upgrades, expected) => {
  const windows = [{ cron: '0 2 * * SAT#1', duration: '4h' }];
  const text = JSON.stringify({ upgrades: { ...upgrades, windows } });
  const { faults, warnings } = checkPolicy(text, Date.parse('2026-07-14T00:00:00Z'));
  expect(faults).toEqual([]);
  expect(warnings).toEqual(
    expected === undefined ? [] : [expect.stringContaining(`upgrades.approvalExpiresAfter: ${expected}`)],
  );
});

it.each([
  ['upgrades', { bakeAge: '1h' }, true],
  ['refreshes', { bakeAge: '1h' }, true],
  ['nodeClasses', { bakeAge: '1d', urgent: { bakeAge: '2d' } }, true],
  ['refreshes', { bakeAge: '1h', urgent: { bakeAge: '1h' } }, false],
  ['nodeClasses', {}, false],
])('a bake for urgent findings that shortens nothing is warned of: %s %j', (section, keys, isWarned) => {
  const { faults, warnings } = checkPolicy(JSON.stringify({ [section]: keys }), 0);
  const expected = `${section}.urgent.bakeAge: is longer than ${section}.bakeAge`;
  expect([faults, warnings]).toEqual([[], isWarned ? [expect.stringContaining(expected)] : []]);
});
