import { serialize } from 'node:v8';
import type { Instance } from '@aws-sdk/client-ec2';
import { expect, it } from 'vitest';
import { descriptionsOf, primaryGroupIds } from './described-instance.ts';

const FIVE_HUNDRED = Array.from({ length: 500 }, (_, index) => index);

/** An instance as EC2 describes a worker with two interfaces of ten addresses each. No part is that of another one. */
function instanceOf(index: number): Instance {
  const id = index.toString(16).padStart(16, '0');
  const addressOf = (device: number, each: number) => ({
    Primary: each === 0,
    PrivateDnsName: `ip-10-${device}-${index % 256}-${each}.eu-central-1.compute.internal`,
    PrivateIpAddress: `10.${device}.${index % 256}.${each}`,
  });
  const interfaceOf = (device: number) => ({
    Attachment: { AttachmentId: `eni-attach-${device}${id}`, DeleteOnTermination: true, DeviceIndex: device },
    Description: `aws-K8S-i-0${id}`,
    Groups: [{ GroupId: 'sg-0123456789abcdef0', GroupName: 'eks-cluster-sg-shop-1234567890' }],
    InterfaceType: 'interface',
    MacAddress: `06:${device}0:00:00:00:00`,
    NetworkInterfaceId: `eni-${device}${id}`,
    OwnerId: '111122223333',
    PrivateIpAddresses: Array.from({ length: 10 }, (_, each) => addressOf(device, each)),
    SourceDestCheck: true,
    Status: 'in-use',
    SubnetId: 'subnet-0123456789abcdef0',
    VpcId: 'vpc-0123456789abcdef0',
  });
  const tags = {
    'eks:cluster-name': 'shop',
    'eks:nodegroup-name': 'web',
    'kubernetes.io/cluster/shop': 'owned',
    'aws:eks:cluster-name': 'shop',
    'aws:autoscaling:groupName': 'eks-web-77d13660-2cf8-46d3-8314-78dad92c97f7',
    'aws:ec2launchtemplate:id': 'lt-0123456789abcdef0',
    'aws:ec2launchtemplate:version': '1',
  };
  const whole = {
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { DeleteOnTermination: true, VolumeId: `vol-0${id}` } }],
    IamInstanceProfile: { Arn: 'arn:aws:iam::111122223333:instance-profile/eks-web', Id: 'AIPA0123456789ABCDEF0' },
    ImageId: 'ami-0123456789abcdef0',
    InstanceId: `i-0${id}`,
    MetadataOptions: { HttpEndpoint: 'enabled', HttpPutResponseHopLimit: 2, HttpTokens: 'required', State: 'applied' },
    NetworkInterfaces: [interfaceOf(0), interfaceOf(1)],
    Placement: { AvailabilityZone: 'eu-central-1a', Tenancy: 'default' },
    PrivateDnsName: `ip-10-0-${index % 256}-0.eu-central-1.compute.internal`,
    PrivateIpAddress: `10.0.${index % 256}.0`,
    SecurityGroups: [{ GroupId: 'sg-0123456789abcdef0', GroupName: 'eks-cluster-sg-shop-1234567890' }],
    State: { Code: 16, Name: 'running' },
    SubnetId: 'subnet-0123456789abcdef0',
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    VpcId: 'vpc-0123456789abcdef0',
  };
  // Parsed text has strings of its own, as an answer of EC2 has.
  return { ...JSON.parse(JSON.stringify(whole)), LaunchTime: new Date(1_750_000_000_000 + index) };
}

/** What each of many instances takes as V8 writes them, KiB. An object that several of them share is written once. */
function kibibytesOfEach(keep: (instance: Instance) => unknown): number {
  const kept = FIVE_HUNDRED.map((index) => keep(instanceOf(index)));
  return serialize(kept).byteLength / 1_024 / kept.length;
}

it('an instance with twenty addresses keeps less than 4 KiB, and less than half of what EC2 describes', () => {
  const whole = kibibytesOfEach((instance) => instance);
  const described = kibibytesOfEach(descriptionsOf());
  expect(described).toBeLessThan(4);
  expect(described).toBeLessThan(whole / 2);
});

it('what functions read is as EC2 describes it', () => {
  const instance = { ...instanceOf(1), PublicIpAddress: '203.0.113.7', InstanceLifecycle: 'spot' } as const;
  const [first] = instance.NetworkInterfaces ?? [];
  const Association = { PublicIp: '203.0.113.7', IpOwnerId: 'amazon' };
  const open = {
    ...instance,
    NetworkInterfaces: [{ ...first, PrivateIpAddresses: [{ PrivateIpAddress: '10.0.1.0', Association }] }],
  };
  const described = descriptionsOf()(open);
  expect(open).toMatchObject(JSON.parse(JSON.stringify({ ...described, LaunchTime: undefined })));
  expect(described).toMatchObject({
    LaunchTime: instance.LaunchTime,
    PublicIpAddress: '203.0.113.7',
    InstanceLifecycle: 'spot',
    Tags: instance.Tags,
    NetworkInterfaces: [{ PrivateIpAddresses: [{ PrivateIpAddress: '10.0.1.0', Association }] }],
  });
});

it('equal parts of several instances are one, and others stay apart', () => {
  const describe = descriptionsOf();
  const [one, two] = [describe(instanceOf(1)), describe(instanceOf(2))];
  const other = describe({ ...instanceOf(3), Tags: [{ Key: 'eks:cluster-name', Value: 'other' }] });
  expect(one.Tags?.[0]).toBe(two.Tags?.[0]);
  expect(one.NetworkInterfaces?.[0]?.Groups).toBe(two.NetworkInterfaces?.[1]?.Groups);
  expect(other.Tags).toEqual([{ Key: 'eks:cluster-name', Value: 'other' }]);
  expect(one.InstanceId).not.toBe(two.InstanceId);
});

it('takes the first device of the first network card for primary: other cards may have a first device, too', () => {
  const on = (NetworkCardIndex: number, GroupId: string) => ({
    Attachment: { DeviceIndex: 0, NetworkCardIndex },
    InterfaceType: NetworkCardIndex === 0 ? 'interface' : 'efa-only',
    Groups: [{ GroupId }],
  });
  expect(primaryGroupIds({ NetworkInterfaces: [on(2, 'sg-efa'), on(1, 'sg-efa'), on(0, 'sg-node')] })).toEqual([
    'sg-node',
  ]);
});
