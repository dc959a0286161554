import type { Instance as DescribedInstance } from '@aws-sdk/client-ec2';
import type { Instance } from './ec2-instances.ts';
import type { Networks } from './ec2-network.ts';
import type { Iam } from './iam-state.ts';
import type { World } from './world.ts';

export const instanceStateCodes = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** What DescribeInstances tells of an instance. */
export function describeInstance(world: World, instance: Instance, networks: Networks, iam: Iam): DescribedInstance {
  const { operator, instanceProfile = '' } = instance;
  const profile = iam.findInstanceProfile(instanceProfile);
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    InstanceType: instance.instanceType,
    State: { Code: instanceStateCodes[instance.state], Name: instance.state },
    ...describeNetwork(world, instance, networks),
    LaunchTime: new Date(instance.launchedAt),
    Placement: { AvailabilityZone: instance.availabilityZone, Tenancy: 'default' },
    Architecture: instance.architecture,
    PlatformDetails: instance.windows ? 'Windows' : 'Linux/UNIX',
    IamInstanceProfile: profile && { Arn: profile.arn, Id: profile.id },
    MetadataOptions: {
      State: 'applied',
      HttpTokens: 'required',
      HttpPutResponseHopLimit: 2,
      HttpEndpoint: instance.metadataEndpoint,
      HttpProtocolIpv6: 'disabled',
      InstanceMetadataTags: 'disabled',
    },
    Tags: [...instance.tags].map(([Key, Value]) => ({ Key, Value })),
    Operator:
      operator === undefined ? { Managed: false } : { Managed: true, Principal: operator, HiddenByDefault: true },
  };
}

/** A terminated instance has no place in the network any more. */
function describeNetwork({ accountId }: World, instance: Instance, networks: Networks): DescribedInstance {
  if (instance.state === 'terminated') {
    return { PrivateDnsName: '', PublicDnsName: '', SecurityGroups: [], NetworkInterfaces: [] };
  }
  const { privateIp, privateDnsName, publicIp, subnetId, vpcId } = instance;
  const groups = instance.securityGroupIds.map((GroupId) => ({
    GroupId,
    GroupName: networks.securityGroups.get(GroupId)?.GroupName,
  }));
  const association =
    publicIp === undefined ? {} : { Association: { PublicIp: publicIp, PublicDnsName: '', IpOwnerId: 'amazon' } };
  return {
    PrivateIpAddress: privateIp,
    PrivateDnsName: privateDnsName,
    ...(publicIp === undefined ? {} : { PublicIpAddress: publicIp }),
    PublicDnsName: '',
    SubnetId: subnetId,
    VpcId: vpcId,
    SourceDestCheck: true,
    SecurityGroups: groups,
    NetworkInterfaces: [
      {
        NetworkInterfaceId: instance.networkInterfaceId,
        InterfaceType: 'interface',
        OwnerId: accountId,
        Status: 'in-use',
        SourceDestCheck: true,
        Groups: groups,
        PrivateIpAddress: privateIp,
        PrivateDnsName: privateDnsName,
        PrivateIpAddresses: [
          { Primary: true, PrivateIpAddress: privateIp, PrivateDnsName: privateDnsName, ...association },
        ],
        ...association,
        Attachment: {
          AttachmentId: `eni-attach-${instance.networkInterfaceId.slice(4)}`,
          AttachTime: new Date(instance.launchedAt),
          DeleteOnTermination: true,
          DeviceIndex: 0,
          NetworkCardIndex: 0,
          Status: 'attached',
        },
        SubnetId: subnetId,
        VpcId: vpcId,
      },
    ],
  };
}
