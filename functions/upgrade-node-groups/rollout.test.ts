import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, oldest, Rollout, type Scenario, START, scenario, versionAt } from './rollout.fixture.ts';

describe('a rollout over any fleet, history of releases, failures and windows', () => {
  it('brings every group that nothing forbids to the newest baked release, whoever runs the oldest first', () => {
    fc.assert(
      fc.property(scenario, (given) => {
        const rollout = new Rollout(given);
        rollout.play(26);
        for (const { releaseVersion } of rollout.groups.filter(rollout.isFree)) {
          // A group that had moved to a release before its withdrawal is not moved back.
          const stays = rollout.withdrawn().includes(releaseVersion) && releaseVersion > rollout.newestBaked();
          if (!stays) expect(releaseVersion).toBe(rollout.newestBaked());
        }
        expect(rollout.faults).toEqual([]);
        for (const { at, from, to, group } of rollout.starts) {
          expect(rollout.isOpen(at)).toBe(true);
          expect(from < to).toBe(true);
          expect(oldest < to || from <= oldest).toBe(true);
          expect(group.hindered === 'no' || at >= START + group.until * DAY).toBe(true);
        }
      }),
      { numRuns: 8 },
    );
  }, 60_000);

  it('upgrades nobody twice while another that could be waits on an older release', () => {
    const quiet = scenario.map((given) => ({
      ...given,
      groups: given.groups.map((group) => ({ ...group, hindered: 'no' as const, failing: 0, cluster: 0 })),
      concurrency: { perCluster: 1, perAccount: 1 },
      releases: given.releases.map(({ day }) => ({ day, withdrawnAfter: undefined })),
    }));
    const holds = (given: Scenario) => {
      const rollout = new Rollout(given);
      rollout.play(26);
      const runs = new Map(
        rollout.groups.map(({ key }, index) => [key.nodegroup, versionAt(-40 - (given.groups[index]?.age ?? 0))]),
      );
      const moved = new Set<string>();
      const firstOf = new Map<string, number>();
      for (const { group, from, to, at } of rollout.starts) {
        const { nodegroup } = group.key;
        firstOf.set(to, firstOf.get(to) ?? at);
        // Only in the sweep in which a release becomes the target may a group that has not moved yet be first because
        // it is reconciled first: until then nothing knows that the others wait.
        if ([...runs.values()].sort()[0] !== from) {
          expect(moved).not.toContain(nodegroup);
          expect(at).toBe(firstOf.get(to));
        }
        moved.add(nodegroup);
        runs.set(nodegroup, to);
      }
    };
    fc.assert(fc.property(quiet, holds), {
      numRuns: 8,
      // Found by chance: the three groups of the first batch do not know yet that the fourth runs an older release.
      examples: [
        [
          {
            groups: [0, 0, 0, 1].map((age) => ({ cluster: 0, age, failing: 0, hindered: 'no' as const, until: 3 })),
            releases: [{ day: 1, withdrawnAfter: undefined }],
            bakeDays: 0,
            hasWindow: false,
            concurrency: { perCluster: 1, perAccount: 1 },
            bakeBetweenDays: undefined,
          },
        ],
      ],
    });
  }, 60_000);
});
