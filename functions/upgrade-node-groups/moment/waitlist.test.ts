import { describe, expect, it } from 'vitest';
import type { Turn } from '../../shared/ledger/node-group-ledger.ts';
import type { Contender } from '../../shared/ledger/turn-order.ts';
import { rolloutsIn } from '../../shared/rollouts/waves.ts';
import type { Decision } from '../model/decision.ts';
import { HOUR, lineOf, NOW, slotsOf } from '../model/observation.fixture.ts';
import { policyOf } from '../policy.fixture.ts';
import { callNext, contendersOf, waitingSinceAfter } from './waitlist.ts';

const TURN: Turn = { published: 0, mayStartAt: NOW - HOUR, hasFailed: false };
const options = { account: '111122223333', region: 'eu-central-1', now: NOW, caller: 'look-1' };
const PUBLISHED = Date.parse('2026-06-01');
const keyOf = (subject: string) => {
  const [cluster = '', nodegroup = ''] = subject.split('/');
  return { cluster, nodegroup };
};
/** Waiting subjects, each waiting a minute less than the one before. */
const waiting = (...subjects: string[]): Contender[] =>
  subjects.map((subject, index) => ({
    key: keyOf(subject),
    subject,
    isHastened: false,
    turn: { published: PUBLISHED, mayStartAt: NOW - HOUR, hasFailed: false },
    since: NOW - HOUR + index * 60_000,
  }));
const called = (waitlist: Contender[], holders: Record<string, string>, perCluster: number, perAccount: number) =>
  callNext(waitlist, slotsOf(holders), { perCluster, perAccount }, options).map(
    ({ detail }) => `${detail.clusterName}/${detail.nodegroupName}`,
  );

describe('callNext', () => {
  it.each([
    ['as many as the account has room for', {}, 1, 2, ['a/1', 'b/1']],
    ['at most as many of a cluster as it has room for', {}, 2, 9, ['a/1', 'a/2', 'b/1', 'c/1']],
    ['nobody of a cluster that is full', { 'a/9': 'a' }, 1, 9, ['b/1', 'c/1']],
    ['nobody when the account is full', { 'x/1': 'x', 'y/1': 'y' }, 1, 2, []],
  ])('calls %s', (_what, holders, perCluster, perAccount, expected) => {
    expect(called(waiting('a/1', 'a/2', 'a/3', 'b/1', 'c/1'), holders, perCluster, perAccount)).toEqual(expected);
  });

  it('calls the longest waiting first, whatever the order of the waitlist', () => {
    expect(called(waiting('a/1', 'b/1', 'c/1').reverse(), {}, 1, 2)).toEqual(['a/1', 'b/1']);
  });

  it.each<[string, Partial<Contender>, string[]]>([
    [
      'the oldest release before those that wait longer',
      { turn: { ...TURN, published: PUBLISHED - HOUR } },
      ['c/1', 'a/1'],
    ],
    [
      'who follows its control plane before those that stay at their Kubernetes version',
      { turn: { ...TURN, published: PUBLISHED + HOUR, movesFrom: '1.33' } },
      ['c/1', 'a/1'],
    ],
    ['urgent findings before those that wait longer', { isHastened: true }, ['c/1', 'a/1']],
    [
      'who has failed after all that have not been tried',
      { since: 0, turn: { ...TURN, hasFailed: true } },
      ['a/1', 'b/1'],
    ],
  ])('calls %s', (_what, change, expected) => {
    const waitlist = waiting('a/1', 'b/1', 'c/1').map((each) =>
      each.subject === 'c/1' ? { ...each, ...change } : each,
    );
    expect(called(waitlist, {}, 1, 2)).toEqual(expected);
  });

  it('calls the oldest Kubernetes version first of those that follow their control planes, whatever their releases', () => {
    const versions = ['1.33', '1.9', '1.31'];
    const following = waiting('a/1', 'b/1', 'c/1').map((each, index) => ({
      ...each,
      turn: { ...TURN, published: PUBLISHED + index, movesFrom: versions[index] ?? '' },
    }));
    expect(called(following, {}, 1, 9)).toEqual(['b/1', 'c/1', 'a/1']);
  });

  it('does not call who holds a slot', () => {
    expect(called(waiting('a/1', 'b/1'), { 'a/1': 'a' }, 5, 5)).toEqual(['b/1']);
  });
});

describe('contendersOf', () => {
  const waitlist = new Map([
    ['a/ready', { outcomes: 1, turn: { ...TURN, mayStartAt: NOW } }],
    ['a/early', { outcomes: 1, turn: { ...TURN, mayStartAt: NOW + 1 } }],
    ['a/done', { outcomes: 1 }],
  ]);
  const names = (document: object, urgent: string[] = []) =>
    contendersOf(lineOf(waitlist, new Set(urgent)), policyOf(document), NOW).map(({ subject }) => subject);

  it('are those that could start at this moment', () => {
    expect(names({})).toEqual(['a/ready']);
  });

  it('are the same where the state of the fleet is known, and the policy has no waves', () => {
    const policy = policyOf({});
    const line = contendersOf(lineOf(waitlist), policy, NOW, rolloutsIn(waitlist, policy));
    expect(line.map(({ subject }) => subject)).toEqual(['a/ready']);
  });

  it('are none while every window is shut, but for urgent findings that pass windows', () => {
    const windows = [{ cron: '0 3 * * TUE', duration: '2h' }];
    expect(names({ upgrades: { windows } }, ['a/ready'])).toEqual([]);
    const passing = { upgrades: { windows, urgent: { ignoreWindows: true } } };
    expect(names(passing)).toEqual([]);
    expect(names(passing, ['a/ready'])).toEqual(['a/ready']);
  });
});

describe('a place on the waitlist', () => {
  const state = { since: NOW - HOUR };
  const about = (decision: Decision['decision'], reason: Decision['reason'], turn?: Turn) => ({
    decision,
    reason,
    ...(turn !== undefined && { turn }),
  });

  it.each([
    ['there is no room yet', about('waiting', 'cluster-concurrency', TURN)],
    ['the window closes', about('waiting', 'outside-change-window', TURN)],
    ['there is a newer release', about('waiting', 'baking', TURN)],
    ['somebody else updates the node group', about('waiting', 'update-in-progress')],
    ['the kill switch is on for a while', about('skipped', 'kill-switch')],
    ['the policy cannot be read for a while', about('refused', 'policy-invalid')],
    ['EKS does not tell for a while', about('failed', 'unreadable')],
  ])('is kept when %s', (_what, decision) => {
    expect(waitingSinceAfter(state, decision, NOW)).toBe(NOW - HOUR);
  });

  it.each([
    ['its turn has come', about('acted', 'upgrade-started', TURN)],
    ['EKS refuses the upgrade', about('failed', 'upgrade-refused')],
    ['it runs the release', about('done', 'up-to-date')],
  ])('is given up when %s', (_what, decision) => {
    expect(waitingSinceAfter(state, decision, NOW)).toBeUndefined();
  });

  it('is taken by who could be upgraded, and by nobody else', () => {
    expect(waitingSinceAfter({}, about('waiting', 'account-concurrency', TURN), NOW)).toBe(NOW);
    expect(waitingSinceAfter({}, about('skipped', 'kill-switch'), NOW)).toBeUndefined();
  });
});
