import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AnyFleet, anyFleet } from './any-fleet.fixture.ts';
import { judge, newerFirst, overtaken } from './rollout.fixture.ts';

describe('a rollout over any fleet, with waves, windows, gates, approvals, failures and control planes that change', () => {
  // `rollout.proof.ts` plays many more fleets.
  it('breaks no law, and brings every group that nothing forbids for ever to the newest release it may take', async () => {
    let starts = 0;
    const holds = async (fleet: AnyFleet) => {
      starts += (await judge(fleet)).events.filter(({ kind }) => kind === 'start').length;
    };
    await fc.assert(fc.asyncProperty(anyFleet, holds), { numRuns: 8 });
    expect(starts).toBeGreaterThan(5);
  }, 60_000);

  const quiet = anyFleet.map(
    (fleet): AnyFleet => ({
      ...fleet,
      clusters: fleet.clusters.map(() => ({ upgradedAt: undefined, rolledBackAfter: undefined })),
      groups: fleet.groups.map(({ age }) => ({
        cluster: 0,
        age,
        behind: 0,
        isCustom: false,
        special: undefined,
        failing: 0,
        troubles: [],
      })),
      releases: fleet.releases.map(({ day }) => ({ day, withdrawnAfter: undefined, isBad: false })),
      policy: { ...fleet.policy, perCluster: 1, perAccount: 1, isWaved: false },
      gates: [],
      insights: undefined,
      killSwitch: undefined,
    }),
  );

  it('has the oldest Kubernetes versions follow their control plane first', async () => {
    const behind = fc.tuple(quiet, fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 6, maxLength: 6 })).map(
      ([fleet, versions]): AnyFleet => ({
        ...fleet,
        groups: fleet.groups.map((each, index) => ({ ...each, behind: versions[index] ?? 1 })),
        policy: { ...fleet.policy, followMode: 'enforce' },
      }),
    );
    let followed = 0;
    const holds = async (fleet: AnyFleet) => {
      const play = await judge(fleet);
      const { early, starts } = newerFirst(play);
      followed += starts;
      expect(early).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(behind, holds), { numRuns: 4 });
    expect(followed).toBeGreaterThan(3);
  }, 60_000);

  it('upgrades nobody twice while another that could be waits on an older release', async () => {
    const holds = async (fleet: AnyFleet) => {
      expect(overtaken(await judge(fleet))).toEqual([]);
    };
    await fc.assert(fc.asyncProperty(quiet, holds), { numRuns: 4 });
  }, 60_000);
});
