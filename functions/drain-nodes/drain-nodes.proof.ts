import { it } from 'vitest';
import { sample } from '../../events/drain-reconcile-request.ts';
import { drainFleet, drainPolicy } from '../../test/drain-nodes.fixture.ts';
import { MINUTE } from '../../test/harness.ts';
import { expectNoLoss, others } from '../../test/lost-records.ts';

it('loses no record, wherever it dies, when another event of the same group comes first', () =>
  expectNoLoss(
    'drain-nodes',
    {
      fleet: drainFleet(),
      policy: drainPolicy(),
      events: others(sample, MINUTE, { trigger: 'operator', clusterName: 'shop' }),
      play: '90m',
    },
    { 'drain-hook': { remediation: 'drain-nodes', about: 'nodegroup' } },
  ));
