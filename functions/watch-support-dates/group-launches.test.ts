import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { DescribeNodegroupCommand, EKSClient, ListNodegroupsCommand } from '@aws-sdk/client-eks';
import { expect, it } from 'vitest';
import { type LaunchSource, readGroupLaunches } from './group-launches.ts';

it('groups of a cluster that cannot be listed hide those of no other cluster', async () => {
  const region = 'eu-central-1';
  const eks = new EKSClient({ region });
  eks.send = async (command: unknown) => {
    if (command instanceof ListNodegroupsCommand) {
      if (command.input.clusterName === 'closed')
        throw Object.assign(new Error('no'), { name: 'AccessDeniedException', $metadata: {} });
      return { nodegroups: ['web'] };
    }
    if (!(command instanceof DescribeNodegroupCommand)) throw new Error('an unexpected call');
    return { nodegroup: { launchTemplate: { id: 'lt-1', version: '3' } } };
  };
  const autoScaling = new AutoScalingClient({ region });
  autoScaling.send = async () => ({ AutoScalingGroups: [] });
  const source: LaunchSource = {
    kind: 'template',
    name: 'version 3 of launch template nodes (lt-1)',
    id: 'lt-1 3',
    details: { templateId: 'lt-1', version: 3 },
    userData: { embedded: [] },
  };
  const troubles: unknown[] = [];
  const found = await readGroupLaunches(
    { autoScaling, eks, ec2: new EC2Client({ region }) },
    async () => source,
    ['closed', 'shop'],
    [],
    (error) => void troubles.push(error),
  );
  expect([...found]).toEqual([['shop', [{ cluster: 'shop', nodegroup: 'web', sources: [source] }]]]);
  expect(troubles).toEqual([expect.objectContaining({ message: expect.stringContaining('node groups of closed') })]);
});
