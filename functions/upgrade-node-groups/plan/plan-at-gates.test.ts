import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Gates } from '../../shared/gates/gates.ts';
import { arbitraryObservation, HOUR, NOW, nodeGroup, observation, request } from '../model/observation.fixture.ts';
import { policyOf } from '../policy.fixture.ts';
import { plan } from './plan.ts';
import { planAtGates } from './plan-at-gates.ts';

const gatesWith = (state: 'OK' | 'ALARM'): Gates => ({
  alarms: new Map([['a', { kind: 'alarm', state }]]),
  calendars: new Map(),
});
const given = (upgrades: object = {}) => ({
  policy: policyOf({ upgrades: { gates: { alarms: ['a'] }, ...upgrades } }),
  now: NOW,
  account: '111122223333',
  slots: {},
});
/** Makes a reader, and counts how often it has read. */
const counting = (gates: Gates) => {
  let times = 0;
  const read = async () => {
    times += 1;
    return gates;
  };
  return { read, times: () => times };
};
const up = observation(nodeGroup({ releaseVersion: '1.33.13-20260714' }));

describe('gates', () => {
  it.each<[string, Parameters<typeof planAtGates>[1], object, number]>([
    ['something would start', [observation(nodeGroup()), up], {}, 1],
    ['nothing is due', [up], {}, 0],
    ['something is held up by what comes before them', [observation(nodeGroup())], { bakeAge: '30d' }, 0],
    ['something would start, and the policy names none', [observation(nodeGroup())], { gates: {} }, 0],
    ['an operator is answered', [{ ...up, request: request('retry') }], {}, 1],
    ['something is proposed', [observation(nodeGroup())], { mode: 'observe' }, 1],
  ])('are read only where a decision depends on them: %s', async (_what, observations, upgrades, times) => {
    const reader = counting(gatesWith('OK'));
    await planAtGates(reader.read, observations, given(upgrades));
    expect(reader.times()).toBe(times);
  });

  it('are not read again for a proposal that stands', async () => {
    const reader = counting(gatesWith('ALARM'));
    const circumstances = given({ mode: 'observe' });
    const { planned } = await planAtGates(reader.read, [observation(nodeGroup())], circumstances);
    const [first] = planned.decided;
    expect(first?.decision.message).toContain('If approved now, it waits. Alarms keep it from starting');
    const told = observation(nodeGroup(), { fingerprint: `would-upgrade ${first?.decision.variant}` });
    await planAtGates(reader.read, [told], { ...circumstances, now: NOW + HOUR });
    expect(reader.times()).toBe(1);
  });

  it('come to the same plan as if they had been read first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(arbitraryObservation, {
          maxLength: 6,
          selector: ({ key: { cluster, nodegroup } }) => `${cluster}/${nodegroup}`,
        }),
        fc.constantFrom('OK' as const, 'ALARM' as const),
        async (observations, state) => {
          const gates = gatesWith(state);
          const { planned } = await planAtGates(async () => gates, observations, given());
          expect(planned).toEqual(plan(observations, { ...given(), gates }));
        },
      ),
      { numRuns: 60 },
    );
  });
});
