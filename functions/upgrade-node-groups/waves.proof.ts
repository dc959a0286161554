import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HOUR } from './observation.fixture.ts';
import { DAY, type Group, Rollout, waved } from './rollout.fixture.ts';

it('takes wave after wave, each once the earlier ones have run the release well for long enough, and all get there', () => {
  let started = 0;
  fc.assert(
    fc.property(waved, (given) => {
      const rollout = new Rollout(given);
      rollout.play(33);
      for (const { releaseVersion, key } of rollout.groups.filter(rollout.isFree)) {
        const stays = rollout.withdrawn().includes(releaseVersion) && releaseVersion > rollout.newestBaked();
        if (!stays) expect([key, releaseVersion]).toEqual([key, rollout.newestBaked()]);
      }
      const bakeBetween = (given.bakeBetweenDays ?? 0) * DAY;
      const running: Array<{ readonly group: Group; readonly to: string; readonly at: number }> = [];
      for (const [index, { group, at, to }] of rollout.starts.entries()) {
        const waiting = rollout.groups.filter(
          (other) =>
            other.key.cluster < group.key.cluster &&
            other.hindered !== 'opted-out' &&
            rollout.took.get(other)?.get(to) === undefined,
        );
        // Whoever of an earlier wave has never taken it was beyond it, by a release that Amazon has withdrawn since.
        for (const other of waiting) {
          const ran = rollout.others[index]?.get(other) ?? '';
          expect([at, ran > to && (rollout.withdrawn().includes(ran) || rollout.tookInWave(other, to))]).toEqual([
            at,
            true,
          ]);
        }
        for (const other of rollout.groups.filter(({ key }) => key.cluster < group.key.cluster)) {
          const taken = rollout.took.get(other)?.get(to);
          if (taken !== undefined) expect(taken + bakeBetween).toBeLessThanOrEqual(at);
        }
        // The first one goes alone.
        const others = running.filter((each) => each.to === to && each.group !== group);
        const [first] = others;
        if (first !== undefined) {
          const hasOne = others.some((each) => (rollout.took.get(each.group)?.get(to) ?? Infinity) <= at);
          expect([to, hasOne || others.every((each) => each.at + HOUR / 2 <= at)]).toEqual([to, true]);
        }
        running.push({ group, to, at });
      }
      started += rollout.starts.length;
      expect(rollout.faults).toEqual([]);
    }),
    { numRuns: 5 },
  );
  expect(started).toBeGreaterThan(5);
}, 120_000);
