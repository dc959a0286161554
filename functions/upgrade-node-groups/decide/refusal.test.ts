import { expect, it } from 'vitest';
import { parsePolicy } from '../../policy-document.ts';
import type { Circumstances } from '../model/decision.ts';
import { NOW, nodeGroup, observation } from '../model/observation.fixture.ts';
import type { HealthIssue } from '../model/observation.ts';
import { decide } from './decide.ts';
import { afterRefusal } from './refusal.ts';

const circumstances: Circumstances = {
  policy: parsePolicy(JSON.stringify({ upgrades: { bakeAge: '0m' } }), 'enforce'),
  now: NOW,
  account: '111122223333',
  slots: {},
};

it.each([
  'Requested release version 1.33.13-20260714 is not valid for kubernetes version 1.33.',
  'Requested Nodegroup release version 1.33.13-20260714 is invalid. Allowed release version is 1.33.12-20260701',
])('a release that EKS does not take yet is no failure, in whichever words EKS says so: %s', (message) => {
  const view = nodeGroup();
  const attempted = { observation: observation(view), view, circumstances };
  const start = decide(attempted.observation, circumstances);
  expect(start.reason).toBe('upgrade-started');
  const error = Object.assign(new Error(message), {
    name: 'InvalidParameterException',
    $metadata: { httpStatusCode: 400 },
  });
  const refusal = afterRefusal(error, start, attempted);
  expect([refusal?.decision, refusal?.reason]).toEqual(['waiting', 'upgrade-deferred']);
  expect(refusal?.memory.upgrade).toBeUndefined();
});

it('who is told after a day that EKS does not take an update reads the words of EKS, also between two tries', () => {
  const view = nodeGroup();
  const words = 'Requested release version 1.33.13-20260714 is not valid for kubernetes version 1.33';
  const error = Object.assign(new Error(`${words}.`), {
    name: 'InvalidParameterException',
    $metadata: { httpStatusCode: 400 },
  });
  const first = observation(view);
  const refused = afterRefusal(error, decide(first, circumstances), { observation: first, view, circumstances });
  expect(refused?.message).toContain(`${words}. It is tried again`);
  const obstacle = refused?.memory.obstacle;
  if (obstacle === undefined) throw new Error('it is deferred');
  const now = NOW + 25 * 3_600_000;
  const again = observation(view, { obstacle: { ...obstacle, until: now + 60_000 } });
  const told = decide(again, { ...circumstances, now });
  expect([told.decision, told.reason]).toEqual(['refused', 'upgrade-deferred']);
  expect(told.message).toContain(`InvalidParameterException: ${words}. It is tried again`);
});

it.each<[string, HealthIssue[], number, string]>([
  ['known only now', [], 3, 'waiting upgrade-deferred'],
  [
    'known before, where no node can suffer',
    [{ code: 'Ec2SubnetNotFound', message: '' }],
    0,
    'refused node-group-unhealthy',
  ],
])('a refusal for the health of an ACTIVE node group is no failure: %s', (_what, healthIssues, desired, expected) => {
  const view = nodeGroup({ healthIssues, desired });
  const attempted = { observation: observation(view), view, circumstances };
  const message =
    'Nodegroup health has issues other than [ AsgInstanceLaunchFailures, InstanceLimitExceeded, InsufficientFreeAddresses, ClusterUnreachable ]';
  const error = Object.assign(new Error(message), {
    name: 'InvalidRequestException',
    $metadata: { httpStatusCode: 400 },
  });
  const start = decide(attempted.observation, circumstances);
  expect(start.reason).toBe('upgrade-started');
  const refusal = afterRefusal(error, start, attempted);
  expect(`${refusal?.decision} ${refusal?.reason}`).toBe(expected);
  expect([refusal?.memory.upgrade, refusal?.memory.failures, refusal?.memory.setbacks]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
