import { describe, expect, it } from 'vitest';
import { callNext } from './line.ts';
import { HOUR, NOW, slotsOf } from './observation.fixture.ts';

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

  it('calls urgent findings before those that wait longer', () => {
    const urgent = { ...options, urgent: new Set(['c/1']) };
    const hints = callNext(waiting('a/1', 'b/1', 'c/1'), {}, { perCluster: 1, perAccount: 2 }, urgent);
    expect(hints.map(({ detail }) => detail.clusterName)).toEqual(['c', 'a']);
  });

  it('does not call who holds a slot', () => {
    expect(called(waiting('a/1', 'b/1'), { 'a/1': 'a' }, 5, 5)).toEqual(['b/1']);
  });
});
