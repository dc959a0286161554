import { describe, expect, it } from 'vitest';
import type { RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import type { Progress } from '../../shared/ledger/rollout-memory.ts';
import { selfManagedMember } from '../../shared/rollouts/all-groups.ts';
import type { Member } from '../../shared/rollouts/rollouts.ts';
import { rolloutsOf } from '../../shared/rollouts/waves.ts';
import {
  begun,
  circumstances,
  HOUR,
  image,
  known,
  member,
  NEW,
  NOW,
  OLD,
  policyWith,
  said,
  seen,
} from '../model/observation.fixture.ts';
import type { Observation } from '../model/observation.ts';
import { policyHere } from '../model/policy-here.ts';
import type { Policy } from '../policy.ts';
import { decide } from './decide.ts';
import { memberAfter, progressAfter } from './progress.ts';

const ROLLOUT = {
  upgrades: { waves: ['canary', 'stage', 'prod'], bakeBetween: '24h' },
  overrides: [
    { name: 'first', match: { clusters: ['canary'] }, upgrades: { wave: 'canary' } },
    { name: 'second', match: { clusters: ['stage'] }, upgrades: { wave: 'stage' } },
    { name: 'ring', match: { tags: { ring: 'last' } }, upgrades: { wave: 'prod' } },
  ],
};
const anywhere = policyWith({}, ROLLOUT);
const IMAGES = { images: [OLD, NEW], imagesSince: NOW - 90 * HOUR };
const runs = (imageId: string, hours: number, more: Partial<Progress> = {}): Progress => ({
  pair: 'CUSTOM',
  runs: { releaseVersion: imageId, since: NOW - hours * HOUR },
  ...IMAGES,
  health: 'well',
  seenAt: NOW - HOUR,
  ...more,
});
const remembering = (progress?: Progress, more: Partial<RefreshState> = {}): RefreshState => ({
  outcomes: 1,
  revision: 1,
  ...(progress && { progress }),
  ...more,
});
const key = (cluster: string) => ({ cluster, nodegroup: 'self-managed:web' });

/** What a group of a cluster does where others are remembered so, by `cluster/nodegroup`. */
function here(
  cluster: string,
  others: Readonly<Record<string, RefreshState>>,
  more: Partial<Observation> = {},
  whole: Policy = anywhere,
) {
  const members = Object.entries(others).flatMap(([subject, state]): Array<[string, Member]> => {
    const found = selfManagedMember(subject, state, whole);
    return found === undefined ? [] : [[subject, found]];
  });
  const observation = seen({ key: key(cluster), state: remembering(runs(OLD, 90)), ...more });
  const policy = policyHere(whole, observation) as Policy;
  return decide(observation, circumstances(policy, { rollouts: rolloutsOf(new Map(members)) }));
}
const CANARY = 'canary/self-managed:web';
const failed = { failures: { target: NEW, count: 1, resumed: 0 } };

it('the record of a refresh names the earlier waves in which nothing takes the AMI', () => {
  const started = here('prod', { [CANARY]: remembering(runs(NEW, 90)) });
  expect([said(started), started.message]).toEqual([
    'acted refresh-started',
    expect.stringContaining('Nothing in wave stage takes it, so that nothing has tried it there.'),
  ]);
});

describe('an AMI in its waves', () => {
  const oldOne = remembering(runs(OLD, 90), { reason: 'refresh-outside-window' });
  it.each<[string, string, Record<string, RefreshState>, string, RegExp | undefined]>([
    ['comes to the first wave', 'canary', { [CANARY]: oldOne }, 'acted refresh-started', undefined],
    [
      'waits for a group that runs the former',
      'prod',
      { [CANARY]: oldOne },
      'waiting earlier-wave',
      /has not finished \(refresh-outside-window\)/,
    ],
    [
      'waits while a group moves',
      'prod',
      { [CANARY]: remembering(runs(OLD, 90), { refresh: begun }) },
      'waiting earlier-wave',
      /is moving to it/,
    ],
    [
      'bakes between the waves',
      'prod',
      { [CANARY]: remembering(runs(NEW, 23)) },
      'waiting earlier-wave',
      /bakes in wave canary until 2026-07-14T13:00/,
    ],
    [
      'comes to the next wave then',
      'prod',
      { [CANARY]: remembering(runs(NEW, 25)) },
      'acted refresh-started',
      undefined,
    ],
    [
      'is stopped by a failure',
      'prod',
      { [CANARY]: remembering(runs(OLD, 90), failed) },
      'waiting wave-stopped',
      /failed to move to it/,
    ],
    [
      'goes on once the failure is forgiven',
      'prod',
      { [CANARY]: remembering(runs(OLD, 90), { failures: { target: NEW, count: 1, resumed: 1 } }) },
      'waiting earlier-wave',
      /has not finished/,
    ],
    [
      'waits for workers that were left behind',
      'prod',
      { [CANARY]: remembering(runs(NEW, 90, { health: 'mixed' }), failed) },
      'waiting earlier-wave',
      /has nodes that do not run it/,
    ],
    [
      'is stopped where no worker is in service with it',
      'prod',
      { [CANARY]: remembering(runs(NEW, 90, { health: 'unhealthy' })) },
      'waiting wave-stopped',
      /is unhealthy with it/,
    ],
    [
      'waits for what cannot be read',
      'prod',
      { [CANARY]: remembering(runs(NEW, 90, { health: 'unreadable' })) },
      'waiting earlier-wave',
      /cannot be read/,
    ],
    [
      'passes by what is left alone',
      'prod',
      { [CANARY]: remembering(runs(OLD, 90, { isLeftAlone: true })) },
      'acted refresh-started',
      undefined,
    ],
    [
      'does not wait for a later wave',
      'stage',
      { 'prod/self-managed:web': oldOne },
      'acted refresh-started',
      undefined,
    ],
    [
      'goes to its first group alone',
      'canary',
      { 'canary/self-managed:a': remembering(runs(OLD, 90), { refresh: begun }) },
      'waiting earlier-wave',
      /goes alone/,
    ],
    [
      'goes to others once its first group has taken it',
      'canary',
      {
        'canary/self-managed:a': remembering(runs(NEW, 1)),
        'canary/self-managed:b': remembering(runs(OLD, 90), { refresh: begun }),
      },
      'acted refresh-started',
      undefined,
    ],
  ])('%s', (_, cluster, others, expected, words) => {
    const decision = here(cluster, others);
    expect(said(decision)).toBe(expected);
    if (words !== undefined) expect(decision.message).toMatch(words);
  });

  it('is kept from all where nobody knows how the rollouts stand', () => {
    expect(said(decide(seen(), circumstances(policyWith({}, ROLLOUT))))).toBe('waiting earlier-wave');
  });

  it('stays in the first wave for two hours after it has come to a group, however old it is', () => {
    const state = remembering(runs(OLD, 90, { imagesSince: NOW - HOUR }));
    const others = { [CANARY]: remembering(runs(NEW, 90)) };
    const waits = here('prod', others, { state });
    expect([said(waits), waits.wakeAt]).toEqual(['waiting earlier-wave', NOW + HOUR]);
    expect(said(here('prod', others, { state: remembering() }))).toBe('waiting earlier-wave');
    expect(said(here('canary', {}, { state: remembering() }))).toBe('acted refresh-started');
  });

  it('is proposed to a later wave once the earlier ones have run it', () => {
    const whole = policyWith({ mode: 'observe' }, ROLLOUT);
    expect(said(here('prod', { [CANARY]: remembering(runs(OLD, 90)) }, {}, whole))).toBe('waiting earlier-wave');
    expect(said(here('prod', { [CANARY]: remembering(runs(NEW, 90)) }, {}, whole))).toBe('would-act would-refresh');
  });

  it('is the newest that the earlier waves have run long enough, though they run a newer one by now', () => {
    const NEWER = 'ami-0cccccccccccccccc';
    const candidates = [{ image: image(NEW, 72 * HOUR) }, { image: image(NEWER, 48 * HOUR) }];
    const images = [OLD, NEW, NEWER];
    const ran = [{ releaseVersion: NEW, since: NOW - 60 * HOUR, until: NOW - 10 * HOUR }];
    const canary = remembering(runs(NEWER, 10, { images, ran }));
    const state = remembering(runs(OLD, 90, { images }));
    const moves = here('prod', { [CANARY]: canary }, { wanted: { kind: 'named', candidates }, state });
    expect([said(moves), moves.memory.refresh?.target]).toEqual(['acted refresh-started', NEW]);
  });

  it('comes later to a group whose own tag says so', () => {
    const later = seen({ key: key('canary'), state: remembering(runs(OLD, 90)) }, { tags: { ring: 'last' } });
    const others = { [CANARY]: remembering(runs(OLD, 90)) };
    expect(said(here('canary', others, later))).toBe('waiting earlier-wave');
    expect(
      progressAfter(later, decide(later, circumstances()), { anywhere, here: policyHere(anywhere, later) }, NOW),
    ).toMatchObject({ wave: 'prod' });
  });

  it('asks to look at groups that nobody has seen for a day', () => {
    const others = { [CANARY]: remembering(runs(OLD, 90, { seenAt: NOW - 30 * HOUR })) };
    expect(here('prod', others).lookAt).toEqual([key('canary')]);
  });
});

describe('what is remembered of a group for the waves', () => {
  const memberOf = (
    more: Partial<Observation> = {},
    group: Partial<Observation['group']> = {},
    whole: Policy = anywhere,
  ) => {
    const observation = seen({ key: key('canary'), state: remembering(), ...more }, group);
    const policy = policyHere(whole, observation) as Policy;
    const decision = decide(observation, circumstances(policy, { rollouts: rolloutsOf(new Map()) }));
    return memberAfter(observation, decision, { anywhere: whole, here: policy }, NOW);
  };

  it('is its AMI, those that come to it, and since when', () => {
    expect(memberOf({ present: image(NEW, 48 * HOUR) })).toMatchObject({
      wave: 0,
      progress: {
        pair: 'CUSTOM',
        runs: { releaseVersion: NEW, since: NOW },
        images: [NEW],
        imagesSince: NOW,
        health: 'well',
      },
    });
  });

  it('is the former AMI until the refresh has ended, and then the new one, from then on', () => {
    const moving = memberOf({ state: remembering(runs(OLD, 90)) });
    expect(moving).toMatchObject({ taking: NEW, progress: { runs: { releaseVersion: OLD, since: NOW - 90 * HOUR } } });
    const state = remembering(runs(OLD, 90), { refresh: begun });
    const ended = known('Successful', { percent: 100 });
    const members = [member('i-1', { imageId: NEW }), member('i-2', { imageId: NEW })];
    expect(memberOf({ state, refreshes: [ended], present: image(NEW, 48 * HOUR) }, { members })).toMatchObject({
      taking: undefined,
      progress: {
        runs: { releaseVersion: NEW, since: NOW },
        ran: [{ releaseVersion: OLD, until: NOW }],
        health: 'well',
      },
    });
    expect(memberOf({ state, refreshes: [{ ...ended, status: 'RollbackSuccessful' }] })).toMatchObject({
      failed: { releaseVersion: NEW },
      progress: { runs: { releaseVersion: OLD } },
    });
  });

  it('stays the former AMI, with the order of AMIs, while workers run the new one already', () => {
    const state = remembering(runs(OLD, 90), { refresh: begun });
    const moving = { state, refreshes: [known('InProgress')], present: image(NEW, 48 * HOUR) };
    for (const behind of [{ behind: image(OLD, 96 * HOUR) }, {}]) {
      expect(memberOf({ ...moving, ...behind })).toMatchObject({
        taking: NEW,
        progress: { runs: { releaseVersion: OLD }, images: [OLD, NEW] },
      });
    }
  });

  it('is that not all workers run it, and that what recovers bakes anew', () => {
    const mixed = memberOf(
      { present: image(NEW, 48 * HOUR), behind: image(OLD, 96 * HOUR), state: remembering(runs(NEW, 90)) },
      { suspended: ['Launch'] },
    );
    expect(mixed?.progress).toMatchObject({ runs: { releaseVersion: NEW, since: NOW - 90 * HOUR }, health: 'mixed' });
    const state = remembering(runs(NEW, 90, { health: 'mixed' }));
    expect(memberOf({ present: image(NEW, 48 * HOUR), state })?.progress).toMatchObject({
      runs: { since: NOW },
      health: 'well',
    });
  });

  it('is that nobody waits for it, where no refresh can ever come to it', () => {
    expect(memberOf({}, { source: { kind: 'mixed' } })?.progress?.isLeftAlone).toBe(true);
    expect(memberOf({}, { members: [] })?.progress?.isLeftAlone).toBe(true);
    expect(memberOf({}, { tags: { 'eks-host-remediator:ignore': '' } })?.progress?.isLeftAlone).toBe(true);
    expect(
      memberOf({}, { source: { kind: 'floating', templateId: 'lt-1', version: '$Latest' } })?.progress?.isLeftAlone,
    ).toBeUndefined();
  });

  it('is the version of the policy under which refreshes are only proposed, also while it cannot be read', () => {
    const observing = { ...policyWith({ mode: 'observe' }, ROLLOUT), version: 8 };
    const proposed = { isProposed: true as const, leftUnder: 7 };
    const state = remembering(runs(OLD, 90, proposed));
    expect(memberOf({ state }, {}, observing)?.progress).toMatchObject({ ...proposed, leftUnder: 8 });
    const unread = { state, unreadable: 'ServerException' };
    expect(memberOf(unread, {}, observing)?.progress).toMatchObject({ ...proposed, leftUnder: 8 });
    expect(memberOf(unread, {}, { ...anywhere, version: 8 })?.progress).toMatchObject(proposed);
    expect(memberOf({ state }, {}, { ...anywhere, version: 8 })?.progress?.leftUnder).toBeUndefined();
  });

  it('is nothing where the policy has no waves or names no AMI, or only tags claim what it is', () => {
    expect(memberOf({}, {}, policyWith())).toBeUndefined();
    const { wanted: _, ...unwanted } = seen({ key: key('canary'), state: remembering(runs(OLD, 9)) });
    const decision = decide(unwanted, circumstances(anywhere));
    expect(progressAfter(unwanted, decision, { anywhere, here: anywhere }, NOW)).toBeUndefined();
    expect(
      memberOf({ owner: { tags: {}, onlyClaims: 'nothing proves it' }, state: remembering(runs(OLD, 9)) }),
    ).toBeUndefined();
  });

  it('is kept while it cannot be read, and forgotten ten minutes after Auto Scaling has shown it last', () => {
    const state = remembering(runs(OLD, 90));
    expect(memberOf({ state, unreadable: 'AccessDenied: no' })?.progress).toEqual({
      pair: 'CUSTOM',
      runs: { releaseVersion: OLD, since: NOW - 90 * HOUR },
      health: 'unreadable',
      seenAt: NOW - HOUR,
    });
    const gone = { source: { kind: 'gone' as const }, members: [] };
    expect(memberOf({ state }, gone)?.progress).toEqual(state.progress);
    expect(memberOf({ state: { ...state, goneSince: NOW - HOUR } }, gone)).toBeUndefined();
  });
});
