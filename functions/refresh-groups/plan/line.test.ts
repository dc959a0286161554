import { describe, expect, it } from 'vitest';
import type { RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import { begun, NOW, need, policyWith, seen } from '../model/observation.fixture.ts';
import { inOrder, nextInLine } from './line.ts';

const waiting = (reason: string, more: Partial<RefreshState> = {}): RefreshState => ({
  outcomes: 1,
  revision: 1,
  reason,
  ...more,
});
const ENDED = 'shop/self-managed:ended';
const [SLOT, WAVE] = ['refresh-waits-for-slot', 'earlier-wave'];

/** Who is called once a refresh in cluster shop has ended. */
const called = (
  states: Readonly<Record<string, RefreshState>>,
  policy = policyWith(),
  { ended = [ENDED], underWay = [] as string[], hastened = [] as string[] } = {},
) =>
  nextInLine(
    {
      states: new Map(Object.entries(states)),
      ended,
      underWay: new Set(underWay),
      needs: new Map(hastened.map((subject) => [subject, need])),
    },
    policy,
    NOW,
  ).map(({ cluster, nodegroup }) => `${cluster}/${nodegroup}`);

/** A policy by which findings hasten nothing in a cluster. */
const observingIn = (cluster: string) =>
  policyWith({}, { overrides: [{ name: 'calm', match: { clusters: [cluster] }, findings: { mode: 'observe' } }] });

it.each([
  ['goes first', policyWith(), ['self-managed:b', 'self-managed:a']],
  ['of a cluster where findings hasten nothing does not', observingIn('data'), ['self-managed:a', 'self-managed:b']],
  ['goes first where that holds for another cluster', observingIn('shop'), ['self-managed:b', 'self-managed:a']],
])('a group with urgent findings %s among those that are decided together', (_what, policy, expected) => {
  const observations = [
    seen({ key: { cluster: 'shop', nodegroup: 'self-managed:a' } }),
    seen({ key: { cluster: 'data', nodegroup: 'self-managed:b' }, need }),
  ];
  expect(inOrder(observations, policy, NOW).map(({ key }) => key.nodegroup)).toEqual(expected);
});

describe('once a refresh has ended', () => {
  const line = {
    'shop/self-managed:a': waiting(SLOT),
    'data/self-managed:b': waiting(SLOT),
    'shop/self-managed:other': waiting('refresh-outside-window'),
    'shop/self-managed:moving': waiting(SLOT, { refresh: begun }),
  };

  it('those are looked at that wait for a slot', () => {
    expect(called(line)).toEqual(['shop/self-managed:a', 'data/self-managed:b']);
  });

  it('those with urgent findings come first', () => {
    const hastened = ['data/self-managed:b'];
    expect(called(line, policyWith(), { hastened })).toEqual(['data/self-managed:b', 'shop/self-managed:a']);
    const observing = policyWith({}, { findings: { mode: 'observe' } });
    expect(called(line, observing, { hastened })).toEqual(['shop/self-managed:a', 'data/self-managed:b']);
    expect(called(line, observingIn('data'), { hastened })).toEqual(['shop/self-managed:a', 'data/self-managed:b']);
    expect(called(line, observingIn('shop'), { hastened })).toEqual(['data/self-managed:b', 'shop/self-managed:a']);
  });

  it('nobody is looked at where none has ended, or the policy cannot be read', () => {
    expect(called(line, policyWith(), { ended: [] })).toEqual([]);
    expect(
      nextInLine(
        { states: new Map(Object.entries(line)), ended: [ENDED], underWay: new Set(), needs: new Map() },
        { error: 'no' },
        NOW,
      ),
    ).toEqual([]);
  });

  it('nobody is looked at where there is no room', () => {
    expect(called(line, policyWith(), { underWay: ['shop/self-managed:x'] })).toEqual(['data/self-managed:b']);
    const full = ['x/self-managed:1', 'y/self-managed:2', 'z/self-managed:3'];
    expect(called(line, policyWith(), { underWay: full })).toEqual([]);
  });

  it('those of its wave are looked at that waited for the first of them', () => {
    const policy = policyWith(
      {},
      {
        upgrades: { waves: ['canary', 'prod'] },
        overrides: [{ name: 'first', match: { clusters: ['shop'] }, upgrades: { wave: 'canary' } }],
      },
    );
    const both = { 'shop/self-managed:a': waiting(WAVE), 'data/self-managed:b': waiting(WAVE) };
    expect(called(both, policy)).toEqual(['shop/self-managed:a']);
  });
});
