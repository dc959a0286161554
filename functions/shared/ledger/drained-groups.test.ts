import { expect, it } from 'vitest';
import { drainedIn, lookOf } from './drained-groups.ts';

const NOW = Date.parse('2026-07-14T12:00:00Z');
const MINUTE = 60_000;
const made = { at: NOW };

it.each([
  ['the last look found it so', { made, fingerprint: 'hook-stands retains' }, 'drained'],
  ['the hook was just made', { made, fingerprint: 'hook-made keep' }, 'drained'],
  ['the cluster did not answer', { made, fingerprint: 'drain-in-doubt access' }, 'in-doubt'],
  ['the group could not be read', { made, fingerprint: 'unreadable ServerException' }, 'in-doubt'],
  ['the cluster is closed', { made, fingerprint: 'cannot-drain access' }, undefined],
  ['the hook is of somebody else', { fingerprint: 'hook-stands' }, undefined],
])('drain-nodes drains a group, or not, where %s', (_what, known, expected) => {
  expect(drainedIn({ made: undefined, drainableAt: NOW - MINUTE, ...known }, NOW)).toBe(expected);
});

it('its word holds for 90 minutes: a function that looks no more drains nobody', () => {
  const said = (drainableAt: number) => drainedIn({ made, fingerprint: 'hook-stands', drainableAt }, NOW);
  expect([said(NOW - 89 * MINUTE), said(NOW - 90 * MINUTE), said(0)]).toEqual(['drained', 'in-doubt', 'in-doubt']);
});

it('a look is saved again only after ten minutes', () => {
  expect([lookOf(undefined, NOW), lookOf(NOW - 9 * MINUTE, NOW), lookOf(NOW - 10 * MINUTE, NOW)]).toEqual([
    NOW,
    NOW - 9 * MINUTE,
    NOW,
  ]);
});
