import { EC2Client } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { group } from '../model/observation.fixture.ts';
import { hostOfUser, observeShellIngress, type ShellIngressClients } from './observe.ts';

it('finds nothing out about a group without workers, and asks for no VPC and no security group', async () => {
  const asked: string[] = [];
  const send = async (command: object) => {
    asked.push(command.constructor.name);
    return {};
  };
  const ec2 = Object.assign(new EC2Client({ region: 'eu-central-1' }), { send }) as EC2Client;
  const clients = { ec2 } as ShellIngressClients;
  const owner = { tags: {}, autoScalingGroups: ['eks-web'] };
  const noCluster = async () => ({ kind: 'gone' }) as const;
  expect(await observeShellIngress(clients, noCluster, { ...group({ owner }), waived: [] })).toBeUndefined();
  expect(new Set(asked)).toEqual(new Set(['DescribeInstancesCommand']));
});

it('takes no worker of another subnet for alike, since it may have no way to Session Manager', () => {
  const [a, b, c] = ['subnet-1', 'subnet-2', 'subnet-1'].map(
    (subnetId) => hostOfUser({ instanceId: 'i-1', cluster: 'shop', nodegroup: 'web', subnetId }).alike,
  );
  expect([a === b, a === c]).toEqual([false, true]);
});
