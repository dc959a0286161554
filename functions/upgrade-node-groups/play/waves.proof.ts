import { expect, it } from 'vitest';
import { targeting } from '../../shared/releases/target.fixture.ts';
import { rolloutsIn } from '../../shared/rollouts/waves.ts';
import { HOUR, NOW, nodeGroup, observation } from '../model/observation.fixture.ts';
import { plan } from '../plan/plan.ts';
import { policyOf } from '../policy.fixture.ts';

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
    // Half of the canaries have the newest release.
    const releaseVersion = (index < 200 && index % 2 === 0 ? versions.at(-1) : versions[index % 30]) ?? '';
    const runs = { releaseVersion, since: NOW - 48 * HOUR };
    const progress = { pair: '1.33/AL2023_x86_64_STANDARD', runs, health: 'well' as const, seenAt: NOW };
    const key = { cluster, nodegroup: `g${index}` };
    return observation(nodeGroup({ target, releaseVersion, nodes: [] }), { progress }, key);
  });
  const states = new Map(fleet.map(({ key, state }) => [`${key.cluster}/${key.nodegroup}`, state]));
  const look = () => {
    const begun = process.threadCpuUsage();
    const rollouts = rolloutsIn(states, policy);
    const { decided } = plan(fleet, { policy, now: NOW, account: '111122223333', slots: {}, rollouts });
    const { user, system } = process.threadCpuUsage(begun);
    return { ms: (user + system) / 1000, decided };
  };
  // Whatever else runs on the machine makes a look slower, and none faster.
  const looks = Array.from({ length: 8 }, look);
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
