import { DescribeInstancesCommand, DescribeTagsCommand, EC2Client, type Instance } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { readLaunches } from './authorities.ts';

it('nodes that a warm pool keeps stopped are read with the others, by their first launch', async () => {
  const [first, again] = [new Date('2026-06-01T00:00:00Z'), new Date('2026-07-09T00:00:00Z')];
  const node = (InstanceId: string, Name: 'running' | 'stopped' | 'terminated', others: Instance = {}): Instance => ({
    InstanceId,
    State: { Name },
    LaunchTime: again,
    Tags: [
      { Key: 'aws:eks:cluster-name', Value: 'shop' },
      { Key: 'aws:autoscaling:groupName', Value: 'batch' },
    ],
    ...others,
  });
  const attached = { NetworkInterfaces: [{ Attachment: { DeviceIndex: 0, AttachTime: first } }] };
  const claims = (group: string) => ({
    Tags: [
      { Key: 'kubernetes.io/cluster/shop', Value: 'owned' },
      { Key: 'aws:autoscaling:groupName', Value: group },
    ],
  });
  // One of the pool has never joined. That of another group only claims to be a node.
  const pooled = [node('i-4', 'stopped', claims('batch')), node('i-5', 'stopped', claims('other'))];
  const all = [node('i-1', 'running'), node('i-2', 'stopped', attached), node('i-3', 'terminated'), ...pooled];
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async (command: unknown) => {
    if (command instanceof DescribeTagsCommand) return { Tags: [] };
    if (!(command instanceof DescribeInstancesCommand)) throw new Error('only DescribeInstances is expected');
    const states = command.input.Filters?.find(({ Name }) => Name === 'instance-state-name')?.Values ?? [];
    return { Reservations: [{ Instances: all.filter(({ State }) => states.includes(State?.Name ?? '')) }] };
  };
  const group = { cluster: 'shop', nodegroup: 'self-managed:batch' };
  expect(await readLaunches(ec2, ['shop'])).toEqual([
    { id: 'i-1', ...group, launchedAt: again.getTime() },
    { id: 'i-2', ...group, launchedAt: first.getTime() },
    { id: 'i-4', ...group, launchedAt: again.getTime() },
  ]);
});
