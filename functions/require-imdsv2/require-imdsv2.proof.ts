import { it } from 'vitest';
import { MINUTE } from '../../test/harness.ts';
import { expectNoLoss, others } from '../../test/lost-records.ts';
import { privateFleet } from '../../test/quarantine.fixture.ts';
import * as reconcileRequest from './reconcile-request.ts';

const nodeGroup = { name: 'web', desiredSize: 1, releaseVersion: '1.33.13-20260714', ssm: { imdsTokens: 'optional' } };

it('loses no record, wherever it dies, when another event of the same worker comes first', () =>
  expectNoLoss(
    'require-imdsv2',
    {
      fleet: privateFleet({}, {}, { nodeGroups: [nodeGroup] }),
      policy: { imds: { mode: 'enforce' } },
      events: others(reconcileRequest.sample, MINUTE, { trigger: 'operator', clusterName: 'shop' }),
      play: '90m',
    },
    { imds: { remediation: 'require-imdsv2', about: 'instance' } },
  ));
