import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isInvalid } from '../functions/shared/policy/policy.ts';
import { targeting } from '../functions/shared/releases/target.fixture.ts';
import {
  arbitraryObservation,
  arbitraryPolicy,
  HOUR,
  NOW,
  nodeGroup,
  observation,
  slotsOf,
  unreadable,
} from '../functions/upgrade-node-groups/model/observation.fixture.ts';
import { plan } from '../functions/upgrade-node-groups/plan/plan.ts';
import { policyOf } from '../functions/upgrade-node-groups/policy.fixture.ts';
import { plannedUpgrades } from './upgrade-plan.ts';

const given = (document: object = {}, slots = {}) => ({
  policy: policyOf(document),
  now: NOW,
  account: '111122223333',
  slots,
});
const at = (subject: string, view = {}, state = {}) => {
  const [cluster = '', nodegroup = ''] = subject.split('/');
  return observation(nodeGroup(view), state, { cluster, nodegroup });
};
const BAKING = { target: targeting(NOW - 2 * HOUR, '1.33.13-20260714') };
const CURRENT = { releaseVersion: '1.33.13-20260714' };
const fleet = [
  at('a/custom', { amiType: 'CUSTOM' }),
  at('a/baking', BAKING),
  at('a/aged', { ...BAKING, releaseVersion: '1.33.10-20260403' }),
  at('a/later', { target: targeting(NOW - HOUR, '1.33.13-20260714') }),
  at('a/one'),
  at('a/oldest', { releaseVersion: '1.33.10-20260403' }),
  at('b/one'),
  observation(unreadable(), {}, { cluster: 'b', nodegroup: 'dark' }),
];
const linesOf = (planned: ReturnType<typeof plannedUpgrades>) =>
  planned.map(({ place, decision, cluster, nodegroup, reason, notBefore }) =>
    [
      place ?? '-',
      decision,
      `${cluster}/${nodegroup}`,
      reason,
      ...(notBefore === undefined ? [] : [(notBefore - NOW) / HOUR]),
    ].join(' '),
  );

describe('the plan of a fleet', () => {
  it('goes wave after wave, each no sooner than the one before has started and baked', () => {
    const document = {
      upgrades: {
        waves: ['canary', 'prod'],
        bakeBetween: '8h',
        windows: [{ cron: '0 9 * * *', duration: '8h' }],
      },
      overrides: [{ name: 'lab', match: { clusters: ['lab'] }, upgrades: { wave: 'canary' } }],
    };
    const planned = plannedUpgrades(
      [at('a/one'), at('b/late', BAKING), at('lab/one'), at('lab/two', BAKING)],
      given(document),
    );
    // The window is open at the time of the test, at noon, and opens at nine in the morning.
    expect(
      planned.map(({ wave, cluster, nodegroup, reason, notBefore = NOW }) => [
        wave,
        `${cluster}/${nodegroup}`,
        reason,
        (notBefore - NOW) / HOUR,
      ]),
    ).toEqual([
      ['canary', 'lab/one', 'upgrade-started', 0],
      ['canary', 'lab/two', 'baking', 22],
      ['prod', 'a/one', 'earlier-wave', 45],
      ['prod', 'b/late', 'baking', 45],
    ]);
  });

  it('has who starts, who waits for room, who waits for its time, and what is left alone and why', () => {
    expect(linesOf(plannedUpgrades(fleet, given()))).toEqual([
      '1 acted a/oldest upgrade-started',
      '2 acted b/one upgrade-started',
      '3 waiting a/one cluster-concurrency',
      '4 waiting a/aged baking 22',
      '5 waiting a/baking baking 22',
      '6 waiting a/later baking 23',
      '- failed b/dark unreadable',
      '- skipped a/custom custom-ami',
    ]);
  });

  it('has the same order where mode observe only proposes, and says that', () => {
    const planned = plannedUpgrades(fleet, given({ upgrades: { mode: 'observe' } }));
    expect(linesOf(planned).slice(0, 4)).toEqual([
      '1 would-act a/oldest would-upgrade',
      '2 would-act b/one would-upgrade',
      '3 would-act a/one cluster-concurrency',
      '4 waiting a/aged baking 22',
    ]);
    expect(planned[0]?.message).toMatch(/^The node group would be upgraded from/);
  });

  it('goes by the overrides of each place', () => {
    const overrides = [
      { name: 'frozen', match: { clusters: ['b'] }, upgrades: { mode: 'off' } },
      { name: 'watched', match: { nodegroups: ['one'] }, upgrades: { mode: 'observe' } },
    ];
    const lines = linesOf(plannedUpgrades([at('a/one'), at('b/two'), at('c/two')], given({ overrides })));
    expect(lines).toEqual([
      '1 would-act a/one would-upgrade',
      '2 acted c/two upgrade-started',
      '- skipped b/two mode-off',
    ]);
  });

  it('has what is under way first, and nobody in its room', () => {
    const upgrade = { ...CURRENT, attempt: 1, requestedAt: NOW - HOUR, updateId: 'u-1' };
    const running = at(
      'a/running',
      { status: 'UPDATING', update: { kind: 'in-progress', updateId: 'u-1' } },
      { upgrade },
    );
    const planned = plannedUpgrades([at('a/one'), running], given({}, slotsOf({ 'a/running': 'a' })));
    expect(linesOf(planned)).toEqual(['- waiting a/running upgrade-in-flight', '1 waiting a/one cluster-concurrency']);
  });

  it('says for any fleet and policy what the function itself would start, and in its order', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(arbitraryObservation, {
          selector: ({ key }) => `${key.cluster}/${key.nodegroup}`,
          maxLength: 12,
        }),
        arbitraryPolicy,
        (seen, policy) => {
          const circumstances = { policy, now: NOW, account: '111122223333', slots: {} };
          const planned = plannedUpgrades(seen, circumstances);
          expect(planned).toHaveLength(seen.length);
          if (!isInvalid(policy) && policy.upgrades.mode === 'observe') return;
          const started = plan(seen, circumstances).decided.filter(({ decision }) => decision.start !== undefined);
          expect(
            planned
              .filter(({ reason }) => reason === 'upgrade-started')
              .flatMap(({ place, cluster, nodegroup }) => (place === undefined ? [] : `${cluster}/${nodegroup}`)),
          ).toEqual(started.map(({ observation: { key } }) => `${key.cluster}/${key.nodegroup}`));
        },
      ),
    );
  });
});
