import { describe, it } from 'vitest';
import * as agentRequest from '../events/agent-reconcile-request.ts';
import * as findingsRequest from '../events/findings-reconcile-request.ts';
import * as postureRequest from '../events/posture-reconcile-request.ts';
import * as quarantineRequest from '../events/quarantine-reconcile-request.ts';
import * as upgradeRequest from '../events/upgrade-reconcile-request.ts';
import { findingsFleet, HASTY } from './findings.fixture.ts';
import { MINUTE, type Scenario } from './harness.ts';
import { expectNoLoss, others } from './lost-records.ts';
import { OPEN } from './posture.fixture.ts';
import { privateFleet } from './quarantine.fixture.ts';
import { launch } from './ssm-agent.fixture.ts';

const ofShop = { trigger: 'operator', clusterName: 'shop', instanceIds: undefined };

const group = (ssm: object) => ({ name: 'web', desiredSize: 1, releaseVersion: '1.33.13-20260714', ssm });

const CASES: Readonly<Record<string, Scenario>> = {
  'check-posture': {
    fleet: {
      startsAt: '2026-07-14T00:00:00Z',
      clusters: [
        {
          name: 'shop',
          version: '1.33',
          nodeGroups: [
            {
              name: 'web',
              amiType: 'AL2023_x86_64_STANDARD',
              releaseVersion: '1.33.5-20260601',
              ssm: { commands: { host: OPEN } },
            },
          ],
        },
      ],
    },
    events: others(postureRequest.sample, MINUTE, { trigger: 'operator', clusterName: 'shop' }),
    play: '90m',
  },
  'manage-ssm-agent': {
    ...launch('selfManagedGroup', { agent: 'missing', osImage: 'Ubuntu 22.04.5 LTS' }),
    events: others(agentRequest.sample, 2 * MINUTE, ofShop),
    play: '100m',
  },
  'triage-findings': {
    ...findingsFleet(),
    policy: HASTY,
    events: others(findingsRequest.sample, 15 * MINUTE, { clusterName: 'shop', nodegroupName: 'web' }),
    play: '310m',
  },
  'quarantine-workers': {
    fleet: privateFleet(group({}), {
      changes: [{ at: '+2m', cluster: 'shop', nodeGroup: 'web', associateAddress: true }],
    }),
    policy: { quarantine: { mode: 'enforce' } },
    events: others(quarantineRequest.sample, 2 * MINUTE, ofShop),
    play: '40m',
  },
  'upgrade-node-groups': {
    ...findingsFleet({ vulnerabilities: [] }),
    policy: HASTY,
    events: others(upgradeRequest.sample, 160 * MINUTE, {
      trigger: 'operator',
      clusterName: 'shop',
      nodegroupName: 'web',
    }),
    play: '260m',
  },
};

describe.each(Object.entries(CASES))('%s', (name, scenario) => {
  it('loses no record, wherever it dies, when another event of the same subject comes first', () =>
    expectNoLoss(name, scenario));
});
