import type {
  NetworkInterface as DescribedInterface,
  GroupIdentifier,
  InstanceNetworkInterface,
} from '@aws-sdk/client-ec2';
import type { World } from '../world.ts';
import type { Networks } from './network.ts';
import type { NetworkInterface } from './network-interfaces.ts';
import { describedTags } from './search.ts';

/** An interface as DescribeInstances returns it. */
export function describeInstanceInterface(
  world: World,
  shown: NetworkInterface,
  networks: Networks,
): InstanceNetworkInterface {
  return {
    ...describeCommon(world, shown, networks),
    ...associationOf(world, shown, shown.privateIps[0], false),
    PrivateIpAddresses: describePrivateAddresses(world, shown, false),
    Attachment: describeAttachment(shown),
  };
}

/**
 * An interface as DescribeNetworkInterfaces returns it.
 *
 * @param operator the AWS service that owns its instance
 */
export function describeInterface(
  world: World,
  shown: NetworkInterface,
  networks: Networks,
  operator: string | undefined,
): DescribedInterface {
  return {
    ...describeCommon(world, shown, networks),
    ...associationOf(world, shown, shown.privateIps[0], true),
    PrivateIpAddresses: describePrivateAddresses(world, shown, true),
    Attachment: {
      ...describeAttachment(shown),
      ...(shown.attachment.instanceId !== undefined && { InstanceId: shown.attachment.instanceId }),
      InstanceOwnerId: shown.attachment.instanceOwnerId,
    },
    AvailabilityZone: shown.availabilityZone,
    ...(shown.denyAllIgwTraffic && { DenyAllIgwTraffic: true }),
    ...(shown.requesterId !== undefined && { RequesterId: shown.requesterId }),
    // False for interfaces that EKS creates.
    RequesterManaged: shown.kind === 'vpc_endpoint',
    ...(operator !== undefined && { Operator: { Managed: true, Principal: operator } }),
    TagSet: describedTags(shown.tags),
  };
}

/** Security groups with their names. */
export const groupIdentifiers = (ids: readonly string[], { securityGroups }: Networks): GroupIdentifier[] =>
  ids.map((GroupId) => ({ GroupId, GroupName: securityGroups.get(GroupId)?.name }));

/** The DNS name of a private address within its VPC. */
export const privateDnsName = ({ region }: World, privateIp: string): string =>
  `ip-${privateIp.replaceAll('.', '-')}.${region}.compute.internal`;

function describeCommon(world: World, shown: NetworkInterface, networks: Networks) {
  const [privateIp] = shown.privateIps;
  return {
    NetworkInterfaceId: shown.id,
    InterfaceType: shown.kind,
    Description: shown.description,
    OwnerId: world.accountId,
    Status: 'in-use',
    SourceDestCheck: shown.sourceDestCheck,
    MacAddress: shown.macAddress,
    Groups: groupIdentifiers(shown.securityGroupIds, networks),
    PrivateIpAddress: privateIp,
    PrivateDnsName: privateDnsName(world, privateIp),
    Ipv6Addresses: shown.ipv6Addresses.map(({ address, primary }) => ({
      Ipv6Address: address,
      IsPrimaryIpv6: primary,
    })),
    Ipv6Prefixes: shown.ipv6Prefixes.map((Ipv6Prefix) => ({ Ipv6Prefix })),
    Ipv4Prefixes: shown.ipv4Prefixes.map((Ipv4Prefix) => ({ Ipv4Prefix })),
    SubnetId: shown.subnetId,
    VpcId: shown.vpcId,
  } as const;
}

const describePrivateAddresses = (world: World, shown: NetworkInterface, full: boolean) =>
  shown.privateIps.map((address, index) => ({
    Primary: index === 0,
    PrivateIpAddress: address,
    PrivateDnsName: privateDnsName(world, address),
    ...associationOf(world, shown, address, full),
  }));

const describeAttachment = ({ attachment }: NetworkInterface) =>
  ({
    AttachmentId: attachment.id,
    AttachTime: new Date(attachment.attachedAt),
    DeleteOnTermination: true,
    DeviceIndex: attachment.deviceIndex,
    NetworkCardIndex: 0,
    Status: 'attached',
  }) as const;

/** @param full with the ids of an Elastic IP address, which DescribeInstances does not return */
function associationOf({ accountId }: World, { associations }: NetworkInterface, privateIp: string, full: boolean) {
  const association = associations.get(privateIp);
  if (association === undefined) return {};
  const { publicIp, elastic } = association;
  const ids = full && elastic !== undefined;
  return {
    Association: {
      PublicIp: publicIp,
      PublicDnsName: '',
      IpOwnerId: elastic === undefined ? 'amazon' : accountId,
      ...(ids && { AllocationId: elastic.allocationId, AssociationId: elastic.associationId }),
    },
  };
}
