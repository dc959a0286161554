import { describe, expect, it } from 'vitest';
import { decideHook, shownOf, TARGET } from './decide-hook.ts';
import type { HookDecision } from './decision.ts';
import { circumstances, groupWith, HOUR, MINUTE, member, NOW } from './observation.fixture.ts';

const told = ({ decision, reason, act, silent }: HookDecision): string =>
  [decision, reason, act, silent === true ? 'silent' : undefined].filter((each) => each !== undefined).join(' ');
const ruled = (kind: 'approved' | 'rejected', more: object = {}) => ({
  state: {
    outcomes: 1,
    revision: 1,
    fingerprint: 'x',
    proposal: { target: TARGET, at: NOW, ruling: { kind, id: 'r', at: NOW, requestedBy: 'Ada', why: 'tried' } },
    ...more,
  },
});
const made = { made: { at: NOW, retains: true } };
const madeHere = { state: { outcomes: 0, revision: 1, ...made } };

const CLOSED = { why: 'The cluster is closed.', mayPass: false };
const TROUBLED = { why: 'The Kubernetes API answered 500.', mayPass: true };
const OUTSIDE = { ...TROUBLED, mayBeOutside: true } as const;

describe('the hook of a group', () => {
  it.each([
    ['is made, where there is none', groupWith(), {}, 'acted hook-made put'],
    ['is made again as it should be', groupWith({ hook: 'differs', retains: true }), {}, 'acted hook-made put'],
    ['is not enough without retention', groupWith({ hook: 'stands' }), {}, 'acted hook-made put'],
    ['stands', groupWith({ hook: 'stands', retains: true }, madeHere), {}, 'done hook-stands silent'],
    [
      'needs no retention with go',
      groupWith({ hook: 'stands' }, madeHere),
      { atDeadline: 'go' },
      'done hook-stands silent',
    ],
    // Nobody drains by a hook of this name that was not made here, until the policy or an operator says so.
    ['of another stack is taken over', groupWith({ hook: 'stands', retains: true }), {}, 'acted hook-made put'],
    [
      'of another stack is proposed to be taken over',
      groupWith({ hook: 'stands', retains: true }),
      { mode: 'observe' },
      'would-act would-make-hook',
    ],
    ['is proposed', groupWith(), { mode: 'observe' }, 'would-act would-make-hook'],
    ['is made once approved', groupWith({}, ruled('approved')), { mode: 'observe' }, 'acted hook-made put'],
    ['is not made once rejected', groupWith({}, ruled('rejected')), {}, 'skipped proposal-rejected'],
    ['is left alone with mode off', groupWith(), { mode: 'off' }, 'skipped mode-off silent'],
    [
      'is removed once rejected',
      groupWith({ hook: 'stands', retains: true }, ruled('rejected', made)),
      {},
      'acted hook-removed remove',
    ],
    [
      'is not removed while a node waits for it',
      groupWith({ hook: 'stands', members: [member({ lifecycleState: 'Terminating:Wait' })] }, ruled('rejected', made)),
      {},
      'waiting hook-in-use',
    ],
    [
      'has its retention taken back once rejected, even where somebody deleted it',
      groupWith({ retains: true }, ruled('rejected', made)),
      {},
      'acted hook-removed remove',
    ],
    [
      'is removed with mode off',
      groupWith({ hook: 'stands', retains: true }, madeHere),
      { mode: 'off' },
      'acted hook-removed remove',
    ],
    [
      'is removed where its group opted out',
      groupWith({ hook: 'stands', retains: true, tags: { 'eks-host-remediator:ignore': '' } }, madeHere),
      {},
      'acted hook-removed remove',
    ],
    [
      'is told to be removed, where the function died after that',
      groupWith({}, { state: { outcomes: 0, revision: 1, made: { at: NOW, retains: false } } }),
      { mode: 'off' },
      'acted hook-removed remove',
    ],
    [
      'of somebody else by that name is not removed',
      groupWith({ hook: 'stands' }, ruled('rejected')),
      {},
      'skipped proposal-rejected',
    ],
  ])('%s', (_what, observation, drains, expected) => {
    expect(told(decideHook(observation, circumstances(drains)))).toBe(expected);
  });

  it.each([
    ['operator', groupWith({ operator: 'eks.amazonaws.com' }), /eks\.amazonaws\.com operates/],
    ['tag', groupWith({ tags: { AWSBatchServiceTag: 'batch' } }), /as Auto Scaling groups of AWS Batch have/],
    ['tag', groupWith({ tags: { 'eks:cluster-name': 'shop' } }), /has the tag eks:cluster-name/],
    [
      'shared',
      groupWith({ members: [member({ isNotOurs: 'nothing says that it is a worker.' })] }),
      /i-0a.*nothing says/,
    ],
    ['hooks theirs', groupWith({ otherHooks: ['theirs'] }), /theirs/],
    ['access', groupWith({}, { noAccess: CLOSED }), /closed/],
  ])('is refused, and why is said: %s', (variant, observation, why) => {
    const decision = decideHook(observation, circumstances());
    expect([told(decision), decision.variant]).toEqual(['refused cannot-drain', variant]);
    expect(decision.message).toMatch(why);
  });

  it('is no refusal in mode observe, where nobody has asked for it', () => {
    const closed = { noAccess: CLOSED };
    expect(told(decideHook(groupWith({}, closed), circumstances({ mode: 'observe' })))).toBe('skipped cannot-drain');
    const approved = groupWith({}, { ...closed, ...ruled('approved') });
    expect(told(decideHook(approved, circumstances({ mode: 'observe' })))).toBe('refused cannot-drain');
  });

  describe('of a cluster that is closed now', () => {
    const standing = (noAccess: object, since?: number) =>
      groupWith(
        { hook: 'stands', retains: true },
        {
          noAccess: noAccess as typeof CLOSED,
          state: { outcomes: 1, revision: 1, fingerprint: 'hook-stands retains', ...made, closedSince: since },
        },
      );
    const none = (noAccess: object, since?: number) =>
      groupWith({}, { noAccess: noAccess as typeof CLOSED, state: { outcomes: 0, revision: 0, closedSince: since } });

    it.each([
      ['of a troubled API server stays, and that is told', standing(TROUBLED), 'waiting drain-in-doubt'],
      ['of a refusal is believed only once it is repeated', standing(CLOSED), 'waiting drain-in-doubt'],
      ['is refused at the second refusal', standing(CLOSED, NOW - MINUTE), 'refused cannot-drain'],
      ['stays within the hour', standing(TROUBLED, NOW - 59 * MINUTE), 'waiting drain-in-doubt'],
      ['is refused after an hour without an answer', standing(TROUBLED, NOW - HOUR), 'refused cannot-drain'],
      [
        'stays where a private endpoint answered before',
        standing(OUTSIDE, NOW - 59 * MINUTE),
        'waiting drain-in-doubt',
      ],
      ['is refused at once where a private endpoint never answered', none(OUTSIDE), 'refused cannot-drain'],
      ['is not made, and that is told', none(TROUBLED), 'waiting drain-in-doubt'],
      ['is refused at the first refusal', none(CLOSED), 'refused cannot-drain'],
    ])('%s', (_what, observation, expected) => {
      const decision = decideHook(observation, circumstances());
      expect(told(decision)).toBe(expected);
      const { closedSince = NOW } = observation.state;
      expect([decision.closedSince, decision.made, decision.isDrainable]).toEqual([
        closedSince,
        observation.state.made,
        undefined,
      ]);
      if (decision.reason === 'drain-in-doubt') expect(decision.wakeAt).toBeLessThanOrEqual(NOW + 5 * MINUTE);
    });

    it('is open again at the next answer, from which doubt begins anew', () => {
      const again = standing(TROUBLED, NOW - 30 * MINUTE);
      const decision = decideHook({ ...again, noAccess: undefined }, circumstances());
      expect([told(decision), decision.closedSince, decision.isDrainable]).toEqual([
        'done hook-stands',
        undefined,
        true,
      ]);
    });
  });

  it('stands beside hooks of others where the policy says so', () => {
    const decision = decideHook(groupWith({ otherHooks: ['theirs'] }), circumstances({ otherHooks: 'share' }));
    expect(told(decision)).toBe('acted hook-made put');
  });

  it('does not take back a retention that somebody else has set', () => {
    expect(decideHook(groupWith({ retains: true }), circumstances()).made).toMatchObject({ retains: false });
    expect(decideHook(groupWith(), circumstances()).made).toMatchObject({ retains: true });
  });

  const intended = { at: NOW, retains: true, unconfirmed: true } as const;

  it.each([
    ['nothing, where AWS was not called', intended, { hook: 'absent', retains: true }, undefined],
    ['the hook alone, where its retention was not set', intended, { hook: 'stands', retains: false }, false],
    ['both', intended, { hook: 'stands', retains: true }, true],
    ['the retention, where somebody deleted the hook', made.made, { hook: 'absent', retains: true }, true],
    ['no retention that somebody else ended', made.made, { hook: 'stands', retains: false }, false],
    [
      'nothing, where another group has the name by now',
      made.made,
      { hook: 'stands', retains: true, createdAt: NOW + 1 },
      undefined,
    ],
    ['both, in a group that was there before', made.made, { hook: 'stands', retains: true, createdAt: NOW }, true],
    ['nothing, where nothing was made', undefined, { hook: 'stands', retains: true }, undefined],
  ] as const)('a read shows of what was made %s', (_what, before, group, expected) => {
    expect(shownOf(before, group, NOW + MINUTE)?.retains).toBe(expected);
  });

  it('is not forgotten, proposed anew or taken for another one because a read lags behind', () => {
    const lagging = { hook: 'absent', retains: false } as const;
    expect(shownOf(intended, lagging, NOW + MINUTE - 1)).toEqual(intended);
    expect(shownOf(intended, { hook: 'stands', retains: false }, NOW + 1)?.retains).toBe(true);
    const state = { outcomes: 1, revision: 2, fingerprint: 'hook-made keep', made: intended };
    for (const policy of [{}, { mode: 'observe' }, { mode: 'off' }]) {
      const decision = decideHook(groupWith(lagging, { state }), circumstances(policy));
      expect(decision).toMatchObject({ silent: true, made: intended, wakeAt: NOW + MINUTE });
      expect(decision.act).toBeUndefined();
    }
  });

  it('is confirmed by a later read, and recorded as made where the function died before that', () => {
    const stands = (fingerprint: string | undefined) =>
      decideHook(
        groupWith(
          { hook: 'stands', retains: true },
          { state: { outcomes: 0, revision: 1, fingerprint, made: intended } },
        ),
        circumstances(),
      );
    expect(told(stands(undefined))).toBe('acted hook-made put');
    const later = stands('hook-made keep');
    expect([told(later), later.made]).toEqual(['done hook-stands', { at: NOW, retains: true }]);
  });

  it.each([
    [{ killSwitch: true }, 'skipped kill-switch silent'],
    [{ scope: { clusters: ['other'] } }, 'skipped out-of-scope silent'],
  ])('is left alone with %o', (more, expected) => {
    expect(told(decideHook(groupWith(), circumstances({}, more)))).toBe(expected);
  });
});
