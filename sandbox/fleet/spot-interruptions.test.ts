import type { DescribeInstancesResult } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { testAccount } from './test-account.ts';

const MINUTE = 60_000;

it('EC2 takes a Spot Instance back two minutes after its warning, and the group replaces it', async () => {
  const group = { name: 'g', size: 2, imageId: 'ami-0aaaaaaaaaaaaaaaa', terminationHooks: [{ name: 'drain' }] };
  const spotInterruptions = [{ at: '+1h', node: 1 }];
  const at = testAccount({
    clusters: [{ name: 'c', version: '1.33', selfManagedGroups: [{ ...group, spotInterruptions }] }],
  });
  const members = () => [...(at.state.autoScalingGroups.list()[0]?.members.keys() ?? [])];
  const [, id = ''] = members();
  const shown = () =>
    at.call<DescribeInstancesResult>('ec2', 'DescribeInstances', { InstanceIds: [id] }).Reservations?.[0]
      ?.Instances?.[0];
  expect(shown()).toMatchObject({ InstanceLifecycle: 'spot', State: { Name: 'running' } });
  await at.play(61 * MINUTE);
  expect(shown()?.State?.Name).toBe('running');
  const arn = `arn:aws:ec2:eu-central-1:111122223333:instance/${id}`;
  const told = () => at.events.flatMap(({ resources, detailType }) => (resources?.includes(arn) ? detailType : []));
  expect(told()).toEqual(['EC2 Spot Instance Interruption Warning']);
  await at.play(2 * MINUTE);
  expect(shown()?.State?.Name).toMatch(/^(shutting-down|terminated)$/);
  await at.play(30 * MINUTE);
  expect([members().length, members().includes(id)]).toEqual([2, false]);
});

it.each([
  ['launches a replacement before it ends the instance, through its hook', true],
  ['does nothing where it does not rebalance its capacity', false],
])('upon a rebalance recommendation a group %s', async (_what, capacityRebalance) => {
  const group = {
    name: 'g',
    size: 2,
    imageId: 'ami-0aaaaaaaaaaaaaaaa',
    terminationHooks: [{ name: 'drain', drains: false, heartbeatTimeout: 3600 }],
    rebalanceRecommendations: [{ at: '+1h', node: 0 }],
    capacityRebalance,
  };
  const at = testAccount({ clusters: [{ name: 'c', version: '1.33', selfManagedGroups: [group] }] });
  const members = at.state.autoScalingGroups.list()[0]?.members ?? new Map();
  const [id = ''] = members.keys();
  const states = () => [...members.values()].map(({ lifecycleState }) => lifecycleState);
  await at.play(60 * MINUTE + 5_000);
  expect(at.events.filter(({ detailType }) => detailType === 'EC2 Instance Rebalance Recommendation')).toMatchObject([
    { detail: { 'instance-id': id } },
  ]);
  expect(states()).toEqual(['InService', 'InService', ...(capacityRebalance ? ['Pending'] : [])]);
  await at.play(20 * MINUTE);
  if (!capacityRebalance) return expect(states()).toEqual(['InService', 'InService']);
  expect(states()).toEqual(['Terminating:Wait', 'InService', 'InService']);
  await at.play(60 * MINUTE);
  expect([states(), members.has(id)]).toEqual([['InService', 'InService'], false]);
});
