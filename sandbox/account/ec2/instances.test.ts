import {
  CreateSnapshotsCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  ModifyInstanceAttributeCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { nodesOf } from '../eks/nodes.ts';
import { ec2Account, nodeGroup, refusalCode } from './ec2.fixture.ts';

const two = [nodeGroup({ desiredSize: 2 })];
const tagsFor = (Key: string, Value: string) => [{ ResourceType: 'snapshot' as const, Tags: [{ Key, Value }] }];

describe('TerminateInstances', () => {
  it('ends an instance, which its Auto Scaling group replaces after a health check', async () => {
    const { ec2, at, workers } = ec2Account(two);
    const [worker, other] = workers();
    const gone: string[] = [];
    at.state.instances.onTerminated(({ id }) => gone.push(id));
    const call = () => ec2.send(new TerminateInstancesCommand({ InstanceIds: [worker!.id] }));
    expect((await call()).TerminatingInstances).toMatchObject([
      { InstanceId: worker!.id, PreviousState: { Name: 'running' }, CurrentState: { Name: 'shutting-down', Code: 32 } },
    ]);
    await at.play(60_000);
    expect(gone).toEqual([worker!.id]);
    expect((await call()).TerminatingInstances).toMatchObject([{ CurrentState: { Name: 'terminated' } }]);
    expect(workers().filter(({ state }) => state === 'running')).toEqual([other]);
    await at.play(120_000);
    const after = nodesOf(at.state.eks.nodeGroup('c', 'g'));
    expect(after).toHaveLength(2);
    expect(after).toContain(other);
    expect(after.map(({ id }) => id)).not.toContain(worker!.id);
    expect(after.map(({ state }) => state)).toEqual(['running', 'running']);
    expect(worker!.interfaces).toEqual([]);
    const shown = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [worker!.id] }));
    expect(shown.Reservations?.[0]?.Instances?.[0]).toMatchObject({ NetworkInterfaces: [], BlockDeviceMappings: [] });
  });

  it('is refused for all of them when one is protected, until it is no more', async () => {
    const { ec2, at, workers } = ec2Account(two);
    const InstanceIds = workers().map(({ id }) => id);
    const InstanceId = InstanceIds[1]!;
    const protect = (Value: boolean) =>
      ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, DisableApiTermination: { Value } }));
    const isProtected = async () => {
      const command = new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'disableApiTermination' });
      return (await ec2.send(command)).DisableApiTermination?.Value;
    };
    await protect(true);
    expect(await isProtected()).toBe(true);
    const terminate = () => ec2.send(new TerminateInstancesCommand({ InstanceIds }));
    expect(await refusalCode(terminate())).toBe('OperationNotPermitted');
    expect(at.state.instances.get(InstanceIds[0]!)?.state).toBe('running');
    await protect(false);
    expect(await isProtected()).toBe(false);
    expect((await terminate()).TerminatingInstances).toHaveLength(2);
  });

  it('is refused for an instance that is not there, or that EKS manages', async () => {
    const { ec2, at } = ec2Account([], { autoMode: { instances: 1 } });
    const terminate = (id: string) => ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
    expect(await refusalCode(terminate('i-00000000000000000'))).toBe('InvalidInstanceID.NotFound');
    expect(await refusalCode(terminate(at.state.instances.list()[0]!.id))).toBe('OperationNotPermitted');
  });

  it('refuses attributes that the sandbox does not keep', async () => {
    const { ec2, workers } = ec2Account();
    const InstanceId = workers()[0]!.id;
    const calls = [
      ec2.send(new DescribeInstanceAttributeCommand({ InstanceId, Attribute: 'userData' })),
      ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, Groups: ['sg-0'] })),
    ];
    for (const call of calls) expect(await refusalCode(call)).toBe('NotImplementedBySandbox');
    const nothing = ec2.send(new ModifyInstanceAttributeCommand({ InstanceId }));
    expect(await refusalCode(nothing)).toBe('InvalidParameterCombination');
  });
});

describe('snapshots', () => {
  const bottlerocket = nodeGroup({ amiType: 'BOTTLEROCKET_x86_64', releaseVersion: '1.62.0-5a1c9e07' });

  it('are made of every volume of an instance, once for each call, and are completed after minutes', async () => {
    const { ec2, at, workers } = ec2Account([bottlerocket]);
    const InstanceId = workers()[0]!.id;
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [InstanceId] }));
    const mappings = Reservations?.[0]?.Instances?.[0]?.BlockDeviceMappings ?? [];
    const volumeIds = mappings.map(({ Ebs }) => Ebs?.VolumeId);
    expect(mappings.map(({ DeviceName }) => DeviceName)).toEqual(['/dev/xvda', '/dev/xvdb']);
    const create = (value: string) =>
      ec2.send(
        new CreateSnapshotsCommand({
          InstanceSpecification: { InstanceId },
          Description: 'evidence',
          TagSpecifications: tagsFor('set', value),
        }),
      );
    expect((await create('1')).Snapshots).toMatchObject(
      volumeIds.map((VolumeId) => ({ VolumeId, State: 'pending', Tags: [{ Key: 'set', Value: '1' }] })),
    );
    expect(await refusalCode(create('1'))).toBe('SnapshotCreationPerVolumeRateExceeded');
    for (const value of ['1', '2']) {
      await at.play(15_000);
      await create(value);
    }
    const find = async (Name: string, ...Values: string[]) => {
      const command = new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters: [{ Name, Values }] });
      return (await ec2.send(command)).Snapshots ?? [];
    };
    expect(await find('tag:set', '1')).toHaveLength(4);
    expect(await find('volume-id', volumeIds[0]!)).toHaveLength(3);
    expect(await find('status', 'completed')).toEqual([]);
    await at.play(300_000);
    expect(await find('status', 'completed')).toHaveLength(6);
    const page = (NextToken?: string) => ec2.send(new DescribeSnapshotsCommand({ MaxResults: 5, NextToken }));
    const first = await page();
    expect([first, await page(first.NextToken)].map(({ Snapshots }) => Snapshots?.length)).toEqual([5, 1]);
    const ofOthers = await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['amazon'] }));
    expect(ofOthers.Snapshots).toEqual([]);
  });

  it('outlive their instance, of which no more can be made', async () => {
    const { ec2, at, workers } = ec2Account();
    const [worker] = workers();
    const InstanceSpecification = { InstanceId: worker!.id };
    const { Snapshots } = await ec2.send(new CreateSnapshotsCommand({ InstanceSpecification }));
    at.state.instances.terminate(worker!, 1000, () => {});
    const again = ec2.send(new CreateSnapshotsCommand({ InstanceSpecification }));
    expect(await refusalCode(again)).toBe('IncorrectState');
    await at.play(4_000_000);
    const SnapshotIds = [Snapshots![0]!.SnapshotId!];
    expect((await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds }))).Snapshots).toHaveLength(1);
  });

  it.each<[object, string]>([
    [{ InstanceSpecification: { InstanceId: 'i-00000000000000000' } }, 'InvalidInstanceID.NotFound'],
    [
      { InstanceSpecification: { InstanceId: 'i-00000000000000000', ExcludeBootVolume: true } },
      'NotImplementedBySandbox',
    ],
    [{ TagSpecifications: [{ ResourceType: 'volume' as const, Tags: [] }] }, 'InvalidParameterValue'],
    [{ TagSpecifications: tagsFor('aws:x', '1') }, 'InvalidParameterValue'],
  ])('are refused for %o', async (input, code) => {
    const { ec2, workers } = ec2Account();
    const InstanceSpecification = { InstanceId: workers()[0]!.id };
    const call = ec2.send(new CreateSnapshotsCommand({ InstanceSpecification, ...input }));
    expect(await refusalCode(call)).toBe(code);
  });
});

describe('tags', () => {
  it('are fifty at most, of so many characters, and none of a request is set where one is too many', () => {
    const { at, workers } = ec2Account([nodeGroup()]);
    const { id, tags } = workers()[0]!;
    const users = () => [...tags.keys()].filter((key) => !key.startsWith('aws:')).length;
    const set = (Tags: object[]) => at.call('ec2', 'CreateTags', { Resources: [id], Tags });
    while (users() < 49) tags.set(`key-${users()}`, '');
    expect(() => set([{ Key: 'a' }, { Key: 'b' }])).toThrow('maximum number of Tags');
    expect(users()).toBe(49);
    set([{ Key: 'a' }]);
    set([{ Key: 'a', Value: 'again' }]);
    expect(() => set([{ Key: 'a', Value: 'x'.repeat(257) }])).toThrow('256 characters');
    expect(() => set([{ Key: 'x'.repeat(129) }])).toThrow('128 characters');
  });

  it('are kept of interfaces, groups, snapshots, addresses and subnets', async () => {
    const { ec2, at, workers } = ec2Account();
    const { networks, snapshots } = at.state;
    const [worker] = workers();
    const one = worker!.interfaces[0]!;
    const snapshot = snapshots.create({ volumeId: 'vol-0', sizeGiB: 1, description: '', tags: new Map() });
    const address = networks.addresses.allocate();
    const subnet = networks.subnets.get(one.subnetId)!;
    const group = networks.securityGroups.get(one.securityGroupIds[0]!)!;
    const Resources = [one.id, group.id, snapshot.id, address.allocationId, subnet.id, worker!.id];
    const Tags = [{ Key: 'owner', Value: 'me' }];
    await ec2.send(new CreateTagsCommand({ Resources, Tags }));
    const owners = () => [one, group, snapshot, address, subnet, worker!].map(({ tags }) => tags.get('owner'));
    expect(owners()).toEqual(Array(6).fill('me'));
    await ec2.send(new DeleteTagsCommand({ Resources, Tags }));
    expect(owners()).toEqual(Array(6).fill(undefined));
  });

  it.each([
    ['sg-0', 'InvalidGroup.NotFound'],
    ['eni-0', 'InvalidNetworkInterfaceID.NotFound'],
    ['snap-0', 'InvalidSnapshot.NotFound'],
    ['vol-0', 'NotImplementedBySandbox'],
  ])('of %s are refused', async (id, code) => {
    const call = ec2Account().ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'a', Value: 'b' }] }));
    expect(await refusalCode(call)).toBe(code);
  });

  it('of a resource are what IAM judges a change of it by', () => {
    const { at, workers } = ec2Account([nodeGroup({ exposure: { interfaces: 2 } })]);
    const { id, tags } = workers()[0]!.interfaces[1]!;
    const operation = at.service('ec2').operations.ModifyNetworkInterfaceAttribute;
    expect(tags.get('cluster.k8s.amazonaws.com/name')).toBe('c');
    expect(operation?.permissions?.({ NetworkInterfaceId: id } as never)).toMatchObject([
      {
        action: 'ec2:ModifyNetworkInterfaceAttribute',
        resource: `arn:aws:ec2:eu-central-1:111122223333:network-interface/${id}`,
        context: { 'ec2:ResourceTag/cluster.k8s.amazonaws.com/name': 'c' },
      },
      { action: 'ec2:ModifyNetworkInterfaceAttribute', resource: expect.stringContaining(':subnet/subnet-') },
    ]);
    const creation = { InstanceSpecification: { InstanceId: workers()[0]!.id }, TagSpecifications: tagsFor('a', 'b') };
    const permissions = at.service('ec2').operations.CreateSnapshots?.permissions?.(creation as never);
    expect(permissions?.map(({ action, resource }) => [action, resource.replace(/[^/]*$/, '')])).toEqual([
      ['ec2:CreateSnapshots', 'arn:aws:ec2:eu-central-1:111122223333:instance/'],
      ['ec2:CreateSnapshots', 'arn:aws:ec2:eu-central-1:111122223333:volume/'],
      ['ec2:CreateSnapshots', 'arn:aws:ec2:eu-central-1::snapshot/'],
      ['ec2:CreateTags', 'arn:aws:ec2:eu-central-1::snapshot/'],
    ]);
    expect(permissions?.at(-1)?.context).toEqual({
      'aws:RequestTag/a': 'b',
      'aws:TagKeys': ['a'],
      'ec2:CreateAction': 'CreateSnapshots',
    });
  });
});
