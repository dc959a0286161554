import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NEW_NODE_GROUP, type NodeGroupState } from '../shared/ledger/node-group-ledger.ts';
import { fleetPlanOf } from './fleet-plan.ts';
import type { LastWord } from './fleet-status.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-07-20T12:00:00Z');
const RELEASE = '1.33.13-20260714';

const turn = (published: number, more: object = {}) => ({ published, mayStartAt: NOW, hasFailed: false, ...more });
const state = (reason: string, more: Partial<NodeGroupState> = {}): NodeGroupState => ({
  ...NEW_NODE_GROUP,
  reason,
  ...more,
});
const word = (
  subject: string,
  decision: LastWord['decision'],
  reason: string,
  more: Partial<LastWord> = {},
): LastWord => {
  const [cluster = '', nodegroup = '', instance = ''] = subject.split('/');
  return {
    remediation: 'upgrade-node-groups',
    cluster,
    nodegroup,
    instance,
    decision,
    reason,
    at: NOW,
    id: subject,
    ...more,
  };
};
const told = (states: Record<string, NodeGroupState>, words: LastWord[] = []) =>
  fleetPlanOf(new Map(Object.entries(states)), words, NOW).map(
    ({ place, wave, cluster, nodegroup, reason, notBefore }) =>
      [
        place ?? '-',
        ...(wave === undefined ? [] : [wave]),
        `${cluster}/${nodegroup}`,
        reason,
        ...(notBefore === undefined ? [] : [(notBefore - NOW) / HOUR]),
      ].join(' '),
  );

describe('what comes next, by the ledger', () => {
  it('is who is under way, who would start, who waits for its time, then all others', () => {
    expect(
      told(
        {
          'a/current': state('up-to-date'),
          'a/later': state('baking', { turn: turn(1, { mayStartAt: NOW + 3 * HOUR }) }),
          'a/young': state('would-upgrade', { turn: turn(9) }),
          'a/old': state('cluster-concurrency', { turn: turn(2) }),
          'a/urgent': state('approval-required', { turn: turn(9, { isHastened: true }) }),
          'a/soon': state('outside-change-window', { turn: turn(5, { mayStartAt: NOW + HOUR }) }),
          'a/running': state('upgrade-started', { upgrade: { releaseVersion: RELEASE, attempt: 1, requestedAt: NOW } }),
          'a/broken': state('halted'),
          'a/ignored': state('opted-out'),
          'a/gone': state('node-group-gone'),
        },
        [
          word('a/current', 'done', 'up-to-date'),
          word('a/broken', 'refused', 'halted'),
          word('a/ignored', 'skipped', 'opted-out'),
        ],
      ),
    ).toEqual([
      '- a/running upgrade-started',
      '1 a/urgent approval-required',
      '2 a/old cluster-concurrency',
      '3 a/young would-upgrade',
      '4 a/soon outside-change-window 1',
      '5 a/later baking 3',
      '- a/broken halted',
      '- a/current up-to-date',
      '- a/ignored opted-out',
    ]);
  });

  it('goes wave after wave', () => {
    const [canary, prod] = [
      { name: 'canary', place: 0 },
      { name: 'prod', place: 1 },
    ];
    expect(
      told({
        'a/prod': state('earlier-wave', { turn: turn(1, { wave: prod }) }),
        'b/prod': state('baking', { turn: turn(0, { wave: prod, mayStartAt: NOW + HOUR }) }),
        'b/canary': state('baking', { turn: turn(3, { wave: canary, mayStartAt: NOW + 9 * HOUR }) }),
      }),
    ).toEqual(['1 canary b/canary baking 9', '2 prod a/prod earlier-wave', '3 prod b/prod baking 1']);
  });

  it('goes by the last word where the ledger is older, and adds what is proposed for workers', () => {
    const words = [
      word('a/one', 'waiting', 'cluster-concurrency'),
      word('a/one/i-0a', 'would-act', 'would-quarantine', { remediation: 'quarantine-workers' }),
      word('a/one/i-0b', 'done', 'agent-verified', { remediation: 'manage-ssm-agent' }),
    ];
    expect(told({ 'a/one': state('baking', { turn: turn(1) }) }, words)).toEqual([
      '1 a/one cluster-concurrency',
      '- a/one would-quarantine',
    ]);
  });

  it('names each node group once, with places from 1 on, whatever is remembered', () => {
    const arbitraryState = fc.record({
      outcomes: fc.constant(1),
      reason: fc.constantFrom('baking', 'would-upgrade', 'halted', 'up-to-date', 'earlier-wave'),
      turn: fc.option(
        fc.record({
          published: fc.integer({ min: 0, max: 3 }),
          mayStartAt: fc.integer({ min: NOW - HOUR, max: NOW + HOUR }),
          hasFailed: fc.boolean(),
        }),
        { nil: undefined },
      ),
    });
    const arbitraryStates = fc.dictionary(fc.constantFrom('a/1', 'a/2', 'b/1', 'b/2', 'c/1'), arbitraryState);
    fc.assert(
      fc.property(arbitraryStates, (states) => {
        const all = new Map(Object.entries(states)) as Map<string, NodeGroupState>;
        const lines = fleetPlanOf(all, [], NOW);
        expect(lines.map(({ cluster, nodegroup }) => `${cluster}/${nodegroup}`).toSorted()).toEqual(
          [...all.keys()].toSorted(),
        );
        const places = lines.flatMap(({ place }) => place ?? []);
        expect(places).toEqual(places.map((_, index) => index + 1));
        expect(places).toHaveLength([...all.values()].filter((each) => each.turn !== undefined).length);
      }),
    );
  });
});
