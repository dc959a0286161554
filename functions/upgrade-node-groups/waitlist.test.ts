import { describe, expect, it } from 'vitest';
import type { Decision } from './decision.ts';
import { HOUR, NOW, slotsOf } from './observation.fixture.ts';
import { callNext, waitingSinceAfter } from './waitlist.ts';

const options = {
  account: '111122223333',
  region: 'eu-central-1',
  now: NOW,
  caller: 'look-1',
  urgent: new Set<string>(),
};
const waiting = (...subjects: string[]) =>
  new Map(
    subjects.map((subject, index) => [
      subject,
      { outcomes: 1, reason: 'account-concurrency', since: NOW - HOUR + index },
    ]),
  );
const called = (
  line: ReturnType<typeof waiting>,
  holders: Record<string, string>,
  perCluster: number,
  perAccount: number,
) =>
  callNext(line, slotsOf(holders), { perCluster, perAccount }, options).map(
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

  it('calls the longest waiting first, whatever the order of the line', () => {
    const line = new Map([...waiting('a/1', 'b/1', 'c/1')].reverse());
    expect(called(line, {}, 1, 2)).toEqual(['a/1', 'b/1']);
  });

  it('calls who has failed after all that have not been tried', () => {
    const failures = { releaseVersion: '1.33.13-20260714', count: 1, lastAt: NOW - HOUR };
    const line = waiting('a/1', 'b/1', 'c/1');
    line.set('a/1', { ...line.get('a/1'), failures } as never);
    expect(called(line, {}, 1, 2)).toEqual(['b/1', 'c/1']);
  });

  it('calls urgent findings before those that wait longer', () => {
    const urgent = { ...options, urgent: new Set(['c/1']) };
    const requests = callNext(waiting('a/1', 'b/1', 'c/1'), {}, { perCluster: 1, perAccount: 2 }, urgent);
    expect(requests.map(({ detail }) => detail.clusterName)).toEqual(['c', 'a']);
  });

  it('does not call who holds a slot', () => {
    expect(called(waiting('a/1', 'b/1'), { 'a/1': 'a' }, 5, 5)).toEqual(['b/1']);
  });
});

describe('a place in the line', () => {
  const [RELEASE, NEWER] = ['1.33.13-20260714', '1.33.14-20260801'];
  const incident = { releaseVersion: RELEASE, correlationId: 'e-1' };
  const onWaitlist = { outcomes: 1, reason: 'cluster-concurrency', since: NOW - HOUR, incident };
  const about = (decision: Decision['decision'], reason: Decision['reason'], releaseVersion?: string) => ({
    decision,
    reason,
    ...(releaseVersion !== undefined && { releaseVersion }),
  });

  it.each([
    ['the cluster is still full', about('waiting', 'cluster-concurrency', RELEASE)],
    ['now the account is full', about('waiting', 'account-concurrency', RELEASE)],
    ['the window closes', about('waiting', 'outside-change-window', RELEASE)],
    ['somebody else updates the node group', about('waiting', 'update-in-progress')],
    ['the kill switch is on for a while', about('skipped', 'kill-switch')],
    ['the policy cannot be read for a while', about('refused', 'policy-invalid')],
    ['EKS does not tell for a while', about('failed', 'unreadable')],
  ])('is kept when %s', (_what, decision) => {
    expect(waitingSinceAfter(onWaitlist, decision, NOW)).toBe(NOW - HOUR);
  });

  it.each([
    ['its turn has come', about('acted', 'upgrade-started', RELEASE)],
    ['EKS refuses the upgrade', about('failed', 'upgrade-refused', RELEASE)],
    ['it runs the release', about('done', 'up-to-date', RELEASE)],
    ['there is a newer release', about('waiting', 'baking', NEWER)],
  ])('is given up when %s', (_what, decision) => {
    expect(waitingSinceAfter(onWaitlist, decision, NOW)).toBeUndefined();
  });

  it('is taken by who must wait for a slot, for each release anew, and by nobody else', () => {
    const { since: _, ...outside } = onWaitlist;
    expect(waitingSinceAfter(outside, about('waiting', 'account-concurrency', RELEASE), NOW)).toBe(NOW);
    expect(waitingSinceAfter(onWaitlist, about('waiting', 'account-concurrency', NEWER), NOW)).toBe(NOW);
    expect(waitingSinceAfter(outside, about('waiting', 'outside-change-window', RELEASE), NOW)).toBeUndefined();
  });
});
