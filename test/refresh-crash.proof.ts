import { it } from 'vitest';
import { sample } from '../events/refresh-reconcile-request.ts';
import { MINUTE } from './harness.ts';
import { expectNoLoss, others } from './lost-records.ts';
import { cluster, fleet, group, policy } from './refresh-groups.fixture.ts';

it('refresh-groups loses no record, and records whatever it has done, wherever it dies', () =>
  expectNoLoss(
    'refresh-groups',
    {
      fleet: fleet(
        cluster('shop', [group('latest', { launchesFrom: '$Latest' })], {
          controlPlaneUpdates: [{ at: '-30d', version: '1.33' }],
        }),
      ),
      policy: policy({ floating: 'pin' }),
      events: others(sample, 60 * MINUTE, { clusterName: 'shop', nodegroupName: 'self-managed:shop-latest' }),
      play: '3h',
    },
    { refresh: { remediation: 'refresh-groups', about: 'nodegroup' } },
  ));
