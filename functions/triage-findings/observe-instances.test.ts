import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { findWorkers, listOthers, listWorkers } from './observe-instances.ts';

const asked: string[][] = [];
const ec2 = new EC2Client({ region: 'eu-central-1' });
ec2.send = async (command: unknown) => {
  if (!(command instanceof DescribeInstancesCommand)) throw new Error('only DescribeInstances is expected');
  asked.push((command.input.Filters ?? []).flatMap(({ Values = [] }) => Values));
  return { Reservations: [] };
};

it.each<[string, (count: number) => Promise<unknown>]>([
  ['node groups', (count) => listWorkers(ec2, nodeGroups(count))],
  [
    'instances',
    (count) =>
      findWorkers(
        ec2,
        nodeGroups(count).map(({ nodegroup }) => nodegroup),
      ),
  ],
])('asks about many %s in calls that have at most 200 filter values over all their filters', async (_what, ask) => {
  for (const count of [1, 95, 96, 100, 101, 200, 999]) {
    asked.length = 0;
    await ask(count);
    expect(Math.max(...asked.map(({ length }) => length))).toBeLessThanOrEqual(200);
    expect(asked.flat().filter((value) => value.startsWith('group-'))).toHaveLength(count);
  }
});

/** Each in a cluster of its own. */
const nodeGroups = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    cluster: `cluster-${index}`,
    nodegroup: `group-${index}`,
    autoScalingGroups: [`group-${index}`],
  }));

it('takes a node group’s workers by Auto Scaling’s own tag, whatever somebody has made of the others', async () => {
  const worker = (InstanceId: string, group: string, tags: Record<string, string> = {}) => ({
    InstanceId,
    ImageId: 'ami-1',
    Tags: Object.entries({ 'aws:autoscaling:groupName': group, ...tags }).map(([Key, Value]) => ({ Key, Value })),
  });
  const quarantined = { 'eks-host-remediator:quarantine': '2026-07-14T18:00:00Z' };
  const fleet = new EC2Client({ region: 'eu-central-1' });
  fleet.send = async () => ({
    Reservations: [
      {
        Instances: [
          worker('i-1', 'group-0', { 'eks:nodegroup-name': 'another', 'eks:cluster-name': 'another' }),
          worker('i-2', 'group-0', quarantined),
          worker('i-3', 'group-1', quarantined),
        ],
      },
    ],
  });
  const listed = await listWorkers(fleet, nodeGroups(3));
  expect([...listed].map(([subject, workers]) => [subject, workers.map(({ instanceId }) => instanceId)])).toEqual([
    ['cluster-0/group-0', ['i-1']],
    // Each worker bears the tag of a quarantine, which anybody may set. A group without workers would have no findings.
    ['cluster-1/group-1', ['i-3']],
  ]);
});

it('takes for the EC2NodeClass of a node only what may be the name of one: anybody may set the tag', async () => {
  const names = ['default', 'x'.repeat(64), '<b>Call 555-0100</b>'];
  const fleet = new EC2Client({ region: 'eu-central-1' });
  fleet.send = async () => ({
    Reservations: [
      {
        Instances: names.map((name, index) => ({
          InstanceId: `i-${index}`,
          ImageId: 'ami-1',
          Tags: Object.entries({
            'aws:eks:cluster-name': 'shop',
            'karpenter.sh/nodepool': 'general',
            'karpenter.k8s.aws/ec2nodeclass': name,
          }).map(([Key, Value]) => ({ Key, Value })),
        })),
      },
    ],
  });
  const key = { cluster: 'shop', nodegroup: 'karpenter:general' };
  const listed = await listOthers(fleet, [{ key, kind: 'node-pool', name: 'general' }]);
  expect(listed.get('shop/karpenter:general')?.map(({ nodeClass }) => nodeClass)).toEqual([
    'default',
    undefined,
    undefined,
  ]);
});

it('takes a worker that was detached from the group of its node group for a node in no group, and lists it with these', async () => {
  const joined = { 'aws:eks:cluster-name': 'shop', 'eks:cluster-name': 'shop', 'eks:nodegroup-name': 'web' };
  const instance = (InstanceId: string, tags: Record<string, string>) => ({
    InstanceId,
    ImageId: 'ami-1',
    Tags: Object.entries({ ...joined, ...tags }).map(([Key, Value]) => ({ Key, Value })),
  });
  const fleet = new EC2Client({ region: 'eu-central-1' });
  fleet.send = async () => ({
    Reservations: [{ Instances: [instance('i-1', {}), instance('i-2', { 'aws:autoscaling:groupName': 'eks-web-1' })] }],
  });
  const inNone = { cluster: 'shop', nodegroup: 'self-managed:*' };
  const found = await findWorkers(fleet, ['i-1', 'i-2']);
  expect(found.get('i-1')).toMatchObject({ ownership: 'self-managed', key: inNone });
  expect(found.get('i-2')).toMatchObject({ ownership: 'managed', key: { cluster: 'shop', nodegroup: 'web' } });
  const listed = await listOthers(fleet, [{ key: inNone, kind: 'nameless', name: '*' }]);
  expect([...listed]).toEqual([['shop/self-managed:*', [{ instanceId: 'i-1', imageId: 'ami-1' }]]]);
});
