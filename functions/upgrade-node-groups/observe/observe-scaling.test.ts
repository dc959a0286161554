import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client, type Filter } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { observeScaling } from './observe-scaling.ts';

const group = { clusterName: 'shop', resources: { autoScalingGroups: [{ name: 'eks-web' }] } };

/** A node group with these nodes; EC2 finds some of them by the cluster's tag, and all of them by their ids. */
function account(nodes: readonly string[], tagged: readonly string[]) {
  const asked: Filter[] = [];
  const autoScaling = new AutoScalingClient({ region: 'eu-central-1' });
  autoScaling.send = async () => ({
    AutoScalingGroups: [
      {
        AutoScalingGroupName: 'eks-web',
        Instances: nodes.map((InstanceId) => ({ InstanceId, LifecycleState: 'InService' })),
      },
    ],
  });
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async ({ input }: { input: { Filters: Filter[] } }) => {
    const [filter] = input.Filters;
    if (filter !== undefined) asked.push(filter);
    const found = filter?.Name === 'instance-id' ? (filter.Values ?? []) : tagged;
    return { InstanceImageMetadata: found.map((InstanceId) => ({ InstanceId, ImageMetadata: { Name: 'ami' } })) };
  };
  return { clients: { autoScaling, ec2 }, asked };
}

it('asks by id for the AMI of a node whose tags somebody has changed', async () => {
  const { clients, asked } = account(['i-1', 'i-2'], ['i-1']);
  const scalingOf = await observeScaling(clients, [group]);
  expect(scalingOf(group)?.nodes).toEqual([
    { instanceId: 'i-1', imageName: 'ami', imageId: undefined },
    { instanceId: 'i-2', imageName: 'ami', imageId: undefined },
  ]);
  expect(asked.at(-1)).toEqual({ Name: 'instance-id', Values: ['i-2'] });
});

it('asks for nodes that have their tags no second time', async () => {
  const { clients, asked } = account(['i-1', 'i-2'], ['i-1', 'i-2', 'i-3']);
  await observeScaling(clients, [group]);
  expect(asked).toEqual([{ Name: 'tag:eks:cluster-name', Values: ['shop'] }]);
});
