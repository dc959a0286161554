import { expect, it } from 'vitest';
import type { Progress } from '../ledger/rollout-memory.ts';
import { standingOf } from './member-standing.ts';
import type { Member } from './rollouts.ts';

const NOW = Date.parse('2026-07-15T12:00:00Z');
const HOUR = 3_600_000;
const PAIR = '1.33/AL2023_x86_64_STANDARD';
const [OLD, RELEASE, NEWER] = ['1.33.1-20260625', '1.33.1-20260714', '1.33.1-20260801'];
const release = { pair: PAIR, releaseVersion: RELEASE, withdrawn: ['1.33.1-20260730'], bakeBetween: 24 * HOUR };

const standing = (runs: string, progress: Partial<Progress> = {}, member: Partial<Member> = {}) =>
  standingOf(
    {
      key: { cluster: 'shop', nodegroup: 'web' },
      wave: 0,
      progress: {
        pair: PAIR,
        runs: { releaseVersion: runs, since: NOW - HOUR },
        health: 'well',
        seenAt: NOW,
        ...progress,
      },
      ...member,
    },
    release,
    ({ runs: { releaseVersion } }) => [OLD, RELEASE, NEWER].indexOf(releaseVersion) - 1,
    NOW,
  );
const failed = { releaseVersion: RELEASE };
const another = { releaseVersion: NEWER };
const ranIt = (hours: number) => ({
  ran: [{ releaseVersion: RELEASE, since: NOW - 50 * HOUR, until: NOW - (50 - hours) * HOUR }],
});

it.each<[string, ReturnType<typeof standing>, string]>([
  ['runs it well', standing(RELEASE), `taken ${NOW - HOUR}`],
  ['runs an older one', standing(OLD), 'waits has not finished'],
  ['runs an older one, with a reason', standing(OLD, {}, { reason: 'baking' }), 'waits has not finished (baking)'],
  ['moves to it', standing(OLD, {}, { taking: RELEASE }), 'waits is moving to it'],
  ['has failed to move to it', standing(OLD, {}, { failed }), 'stops failed to move to it'],
  ['was unhealthy before', standing(OLD, { health: 'unhealthy' }), 'waits is unhealthy'],
  ['is unhealthy with it', standing(RELEASE, { health: 'unhealthy' }), 'stops is unhealthy with it'],
  [
    'was made unhealthy by another release',
    standing(RELEASE, { health: 'unhealthy' }, { failed: another, broke: ['AccessDenied'] }),
    `taken ${NOW - HOUR}`,
  ],
  ['has nodes without it', standing(RELEASE, { health: 'mixed' }), 'waits has nodes that do not run it'],
  [
    'has nodes of both since another failed',
    standing(RELEASE, { health: 'mixed' }, { failed: another }),
    `taken ${NOW - HOUR}`,
  ],
  ['cannot be read', standing(RELEASE, { health: 'unreadable' }), 'waits cannot be read'],
  ['ran it for long enough, and runs a newer one', standing(NEWER, ranIt(24)), `taken ${NOW - 50 * HOUR}`],
  ['left it too soon', standing(NEWER, ranIt(23)), 'passed-over '],
  ['failed with it, and runs a newer one', standing(NEWER, { failed: [failed] }), 'stops failed with it'],
  ['was never looked at', standing(OLD, {}, { progress: undefined }), 'waits has not been reconciled yet'],
  [
    'was left alone by a former policy',
    standing(RELEASE, {}, { isLeftByFormer: true }),
    'waits has not been reconciled since the policy changed',
  ],
  [
    'was left alone by a former policy, and cannot be read',
    standing(RELEASE, { health: 'unreadable' }, { isLeftByFormer: true }),
    'waits cannot be read',
  ],
])('a member that %s stands so to a release', (_what, { kind, ...rest }, expected) => {
  expect(`${kind} ${'why' in rest ? rest.why : 'at' in rest ? rest.at : ''}`).toBe(expected);
});

it('a member that nobody has looked at for long is to be looked at', () => {
  expect(standing(OLD, { seenAt: NOW - 27 * HOUR })).toMatchObject({ kind: 'waits', isUnseen: true });
  expect(standing(OLD, { seenAt: NOW - 25 * HOUR })).toMatchObject({ kind: 'waits', isUnseen: false });
});

it('a member that runs a withdrawn release says nothing of an older one', () => {
  const { kind } = standingOf(
    {
      key: { cluster: 'shop', nodegroup: 'web' },
      wave: 0,
      progress: { pair: PAIR, runs: { releaseVersion: '1.33.1-20260730', since: NOW }, health: 'well', seenAt: NOW },
    },
    release,
    () => 1,
    NOW,
  );
  expect(kind).toBe('apart');
});
