import type { Instance as DescribedInstance } from '@aws-sdk/client-ec2';
import type { Iam } from '../iam/state.ts';
import type { World } from '../world.ts';
import { type Instance, launchTimeOf } from './instance.ts';
import { describeInstanceInterface, groupIdentifiers } from './interface-descriptions.ts';
import type { Networks } from './network.ts';
import { describedTags } from './search.ts';

export const instanceStateCodes = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** An instance as DescribeInstances returns it. */
export function describeInstance(world: World, instance: Instance, networks: Networks, iam: Iam): DescribedInstance {
  const { operator, instanceProfile = '' } = instance;
  const profile = iam.findInstanceProfile(instanceProfile);
  return {
    InstanceId: instance.id,
    ImageId: instance.imageId,
    InstanceType: instance.instanceType,
    KeyName: instance.keyName,
    State: { Code: instanceStateCodes[instance.state], Name: instance.state },
    ...describeNetwork(world, instance, networks),
    ...describeVolumes(instance),
    LaunchTime: launchTimeOf(instance),
    Placement: { AvailabilityZone: instance.availabilityZone, Tenancy: 'default' },
    Architecture: instance.architecture,
    ...(instance.spot === true && { InstanceLifecycle: 'spot' as const }),
    ...(instance.capacityBlock === true && { InstanceLifecycle: 'capacity-block' as const }),
    // Source: EC2 API reference, Instance: "This value is `windows` for Windows instances; otherwise, it is empty." Its API
    // model has the word in another case.
    ...(instance.windows && { Platform: 'windows' as 'Windows' }),
    PlatformDetails: instance.windows ? 'Windows' : 'Linux/UNIX',
    IamInstanceProfile: profile && { Arn: profile.arn, Id: profile.id },
    MetadataOptions: {
      State: 'applied',
      HttpTokens: instance.metadataTokens,
      HttpPutResponseHopLimit: instance.metadataHopLimit ?? 2,
      HttpEndpoint: instance.metadataEndpoint,
      HttpProtocolIpv6: 'disabled',
      InstanceMetadataTags: 'disabled',
    },
    Tags: describedTags(instance.tags),
    Operator:
      operator === undefined ? { Managed: false } : { Managed: true, Principal: operator, HiddenByDefault: true },
  };
}

/** A terminated instance has no network details any more. */
function describeNetwork(world: World, instance: Instance, networks: Networks): DescribedInstance {
  const [primary] = instance.interfaces;
  if (primary === undefined) {
    return { PrivateDnsName: '', PublicDnsName: '', SecurityGroups: [], NetworkInterfaces: [] };
  }
  const publicIp = primary.associations.get(primary.privateIps[0])?.publicIp;
  const [ipv6] = primary.ipv6Addresses;
  return {
    PrivateIpAddress: instance.privateIp,
    PrivateDnsName: instance.privateDnsName,
    ...(publicIp === undefined ? {} : { PublicIpAddress: publicIp }),
    ...(ipv6 === undefined ? {} : { Ipv6Address: ipv6.address }),
    PublicDnsName: '',
    SubnetId: instance.subnetId,
    VpcId: instance.vpcId,
    SourceDestCheck: primary.sourceDestCheck,
    SecurityGroups: groupIdentifiers(primary.securityGroupIds, networks),
    NetworkInterfaces: instance.interfaces.map((one) => describeInstanceInterface(world, one, networks)),
  };
}

function describeVolumes({ state, volumes, launchedAt }: Instance): DescribedInstance {
  const attached = state === 'terminated' ? [] : volumes;
  return {
    RootDeviceType: 'ebs',
    VirtualizationType: 'hvm',
    RootDeviceName: volumes[0]?.deviceName,
    BlockDeviceMappings: attached.map(({ id, deviceName }) => ({
      DeviceName: deviceName,
      Ebs: { VolumeId: id, Status: 'attached', AttachTime: new Date(launchedAt), DeleteOnTermination: true },
    })),
  };
}
