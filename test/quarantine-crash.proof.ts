import { it } from 'vitest';
import { sample as reconcile } from '../events/quarantine-reconcile-request.ts';
import { sample as request } from '../events/quarantine-request.ts';
import { eventAt, MINUTE } from './harness.ts';
import { expectNoLoss, others } from './lost-records.ts';
import { privateFleet, publicLaunch, scenario } from './quarantine.fixture.ts';

const byDesign = {
  revokeIngress: 'enforce',
  closeSubnets: 'enforce',
  allowedIngress: [{ protocol: 'tcp', fromPort: 443, toPort: 443 }],
};
const publicGroup = { desiredSize: 4, exposure: { subnets: 'public', openPorts: [22, 443] } };
const askAt = (after: number, detail: object) =>
  eventAt(after, { ...request, id: `ask-${after}`, detail: { ...request.detail, why: 'a test', ...detail } as never });
const web = { clusterName: 'shop', nodegroupName: 'web', instanceId: undefined };

it.each([
  ['isolates a worker', privateFleet({}, publicLaunch()), {}, []],
  ['strips a worker', privateFleet({}, publicLaunch()), { respond: 'strip' }, []],
  ['closes a group', privateFleet(publicGroup), { publicByDesign: byDesign }, []],
  [
    'opens a group again',
    privateFleet(publicGroup),
    { publicByDesign: byDesign },
    [askAt(70 * MINUTE, { action: 'release', ...web })],
  ],
])(
  'quarantine-workers loses no record, and records whatever it has done, where it %s',
  (_what, fleet, quarantine, asks) =>
    expectNoLoss(
      'quarantine-workers',
      scenario(
        fleet,
        { quarantine: { mode: 'enforce', ...quarantine }, imds: { mode: 'off' } },
        {
          play: '3h',
          events: [...others(reconcile, 15 * MINUTE, { trigger: 'operator', clusterName: 'shop' }), ...asks],
        },
      ),
    ),
);
