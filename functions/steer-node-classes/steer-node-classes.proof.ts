import { it } from 'vitest';
import { sample } from '../../events/node-class-reconcile-request.ts';
import { HOUR } from '../../test/harness.ts';
import { expectNoLoss, others } from '../../test/lost-records.ts';
import { karpenterFleet, nodeClassPolicy } from '../../test/node-classes.fixture.ts';

it('loses no record, wherever it dies, when another event of the same cluster comes first', () =>
  expectNoLoss(
    'steer-node-classes',
    {
      fleet: karpenterFleet(),
      policy: nodeClassPolicy({ bakeAge: '1h' }),
      events: others(sample, HOUR, { trigger: 'operator', clusterName: 'shop' }),
      play: '5h',
    },
    { 'node-class': { remediation: 'steer-node-classes', about: 'nodegroup' } },
  ));
