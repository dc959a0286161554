import fc from 'fast-check';
import { expect, it } from 'vitest';
import { targeting } from '../shared/releases/target.fixture.ts';
import { HOUR, NOW, nodeGroup, observation } from './observation.fixture.ts';
import { plan } from './plan.ts';
import { policyOf } from './policy.fixture.ts';
import { DAY, type Group, Rollout, waved } from './rollout.fixture.ts';
import { rolloutsIn } from './waves.ts';

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
          if (taken === undefined || taken > at) continue;
          const isEnough = rollout.ranUntil(other, to, at) - taken >= bakeBetween;
          // Whoever left it sooner counts as one that never took it, and is no evidence where it left it for a withdrawn one.
          const ran = rollout.others[index]?.get(other) ?? '';
          const isExcused = rollout.withdrawn().includes(ran) || rollout.bakedInWave(other, to, at, bakeBetween);
          expect([at, to, isEnough || (ran !== to && isExcused)]).toEqual([at, to, true]);
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

it('a look at 2,000 groups in 100 clusters, on 30 releases of 40 on offer, takes less than a second of CPU', () => {
  const policy = policyOf({
    upgrades: { waves: ['canary', 'stage', 'prod'], concurrency: { perAccount: 20 } },
    overrides: [
      { name: 'a', match: { clusters: ['c0*'] }, upgrades: { wave: 'canary' } },
      { name: 'b', match: { clusters: ['c1*', 'c2*'] }, upgrades: { wave: 'stage' } },
      { name: 'c', match: { tags: { slow: '*' } }, upgrades: { bakeAge: '48h' } },
    ],
  });
  const versions = Array.from({ length: 40 }, (_, index) => `1.33.12-202605${String(index + 1).padStart(2, '0')}`);
  const target = targeting(NOW - 72 * HOUR, ...versions);
  const fleet = Array.from({ length: 2000 }, (_, index) => {
    const cluster = `c${String(Math.floor(index / 20)).padStart(2, '0')}`;
    // Half of the canaries have the newest.
    const releaseVersion = (index < 200 && index % 2 === 0 ? versions.at(-1) : versions[index % 30]) ?? '';
    const runs = { releaseVersion, since: NOW - 48 * HOUR };
    const progress = { pair: '1.33/AL2023_x86_64_STANDARD', runs, health: 'well' as const, seenAt: NOW };
    const key = { cluster, nodegroup: `g${index}` };
    return observation(nodeGroup({ target, releaseVersion, nodes: [] }), { progress }, key);
  });
  const states = new Map(fleet.map(({ key, state }) => [`${key.cluster}/${key.nodegroup}`, state]));
  const look = () => {
    const begun = process.cpuUsage();
    const rollouts = rolloutsIn(states, policy);
    const { decided } = plan(fleet, { policy, now: NOW, account: '111122223333', slots: {}, rollouts });
    const { user, system } = process.cpuUsage(begun);
    return { ms: (user + system) / 1000, decided };
  };
  const looks = [look(), look(), look()];
  const reasons = new Set(looks[0]?.decided.map(({ decision: { reason } }) => reason));
  expect([...reasons].sort()).toEqual([
    'account-concurrency',
    'cluster-concurrency',
    'earlier-wave',
    'up-to-date',
    'upgrade-started',
  ]);
  expect(Math.min(...looks.map(({ ms }) => ms))).toBeLessThan(1000);
});
