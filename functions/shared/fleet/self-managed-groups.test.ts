import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { expect, it } from 'vitest';
import { describeGroups } from './self-managed-groups.ts';

it('asks for no name that no group can have, with which the call would fail for all others', async () => {
  const asked: unknown[] = [];
  const client = new AutoScalingClient({ region: 'eu-central-1' });
  client.send = async ({ input }: { input: unknown }) => {
    asked.push(input);
    return { AutoScalingGroups: [] };
  };
  await describeGroups(client, ['', 'workers', 'x'.repeat(256), 'x'.repeat(255)]);
  expect(asked).toEqual([{ AutoScalingGroupNames: ['workers', 'x'.repeat(255)] }]);
  await describeGroups(client, ['']);
  expect(asked).toHaveLength(1);
});

it('reads on where Auto Scaling shows fewer than it was asked for, and more on the next page', async () => {
  const pages = [
    { AutoScalingGroups: [], NextToken: 'more' },
    { AutoScalingGroups: [{ AutoScalingGroupName: 'a' }], NextToken: 'last' },
    { AutoScalingGroups: [{ AutoScalingGroupName: 'b' }] },
  ];
  const client = new AutoScalingClient({ region: 'eu-central-1' });
  client.send = async () => pages.shift();
  expect(await describeGroups(client, ['a', 'b'])).toMatchObject([
    { AutoScalingGroupName: 'a' },
    { AutoScalingGroupName: 'b' },
  ]);
});
