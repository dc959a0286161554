import { it } from 'vitest';
import { sample } from '../events/agent-reconcile-request.ts';
import { MINUTE } from './harness.ts';
import { expectNoLoss, others } from './lost-records.ts';
import { privateFleet } from './quarantine.fixture.ts';

const nodeGroup = { name: 'web', desiredSize: 2, releaseVersion: '1.33.13-20260714' };

it.each([
  ['attaches the policy', { managedPolicy: false }, {}],
  ['updates the agent', { latest: false, network: 'nat' }, {}],
  ['installs the agent', { agent: 'missing', network: 'nat' }, {}],
])('manage-ssm-agent loses no record, and records whatever it has done, where it %s', (_what, ssm, ssmAgent) =>
  expectNoLoss('manage-ssm-agent', {
    fleet: privateFleet({}, {}, { nodeGroups: [{ ...nodeGroup, ssm }] }),
    policy: { ssmAgent: { mode: 'enforce', ...ssmAgent }, imds: { mode: 'off' }, posture: { mode: 'off' } },
    events: others(sample, 10 * MINUTE, { trigger: 'operator', clusterName: 'shop' }),
    play: '3h',
  }),
);
