import { policyOf } from '../policy.fixture.ts';
import type { Policy } from '../policy.ts';
import type { AnyFleet } from './any-fleet.fixture.ts';

const WAVES = ['canary', 'stage', 'prod'];
const ZONE = 'Europe/Berlin';
/** The hours at which windows open in Berlin, and for how many hours. */
export const WINDOWS = { early: { hour: 4, hours: 3 }, night: { hour: 22, hours: 8 } };

const windows = (which: keyof typeof WINDOWS | 'always') =>
  which === 'always'
    ? []
    : [{ cron: `0 ${WINDOWS[which].hour} * * *`, duration: `${WINDOWS[which].hours}h`, timeZone: ZONE }];

/** The policy of a fleet. The laws go by the fleet, and not by this policy. */
export function policyFor({ policy, groups }: AnyFleet, killSwitch: boolean): Policy {
  const named = groups.flatMap(({ special }, index) => (special === 'named' ? [`g${index}`] : []));
  const byTag = (tag: string, upgrades: object) => ({ name: tag, match: { tags: { [tag]: '*' } }, upgrades });
  return policyOf({
    killSwitch,
    upgrades: {
      bakeAge: `${policy.bakeHours}h`,
      bakeBetween: `${policy.bakeBetween}h`,
      windows: windows(policy.windows),
      concurrency: { perCluster: policy.perCluster, perAccount: policy.perAccount },
      gates: { alarms: ['errors'], calendars: ['freeze'], nodesAndPods: policy.areNodesAndPodsAGate },
      stopAfterFailures: policy.stopAfterFailures,
      breaker: { release: policy.releaseBreaker },
      retryAfter: '1h',
      waitForQuarantine: '12h',
      approvalExpiresAfter: `${policy.approvalExpiresAfter}h`,
      controlPlane: { mode: policy.followMode, followAfter: `${policy.followAfter}h` },
      keyPairs: { mode: 'off' },
      image: { mode: 'enforce', templates: 'change', wanted: { ssmParameter: '/images/eks' } },
      ...(policy.isWaved && { waves: WAVES }),
    },
    overrides: [
      ...(policy.isWaved
        ? WAVES.map((wave, index) => ({ name: wave, match: { clusters: [`c${index}`] }, upgrades: { wave } }))
        : []),
      { name: 'roomy', match: { clusters: ['c1'] }, upgrades: { concurrency: { perCluster: 2 } } },
      ...(named.length > 0
        ? [
            {
              name: 'named',
              match: { nodegroups: named },
              upgrades: { bakeAge: '0h', ...(policy.isWaved && { wave: 'canary' }) },
            },
          ]
        : []),
      byTag('slow', { bakeAge: '36h' }),
      ...(policy.isWaved ? [byTag('late', { wave: 'prod' })] : []),
      byTag('asked', { approval: 'required' }),
      // A tag gives a node group windows only where the policy has none.
      ...(policy.windows === 'always' ? [byTag('shut', { windows: windows('early') })] : []),
    ],
  });
}
