import type { Instance, InstanceNetworkInterface, InstancePrivateIpAddress } from '@aws-sdk/client-ec2';

/** What functions read of a network interface of an instance. */
export interface DescribedInterface
  extends Pick<
    InstanceNetworkInterface,
    | 'Association'
    | 'Attachment'
    | 'Groups'
    | 'InterfaceType'
    | 'Ipv4Prefixes'
    | 'Ipv6Addresses'
    | 'Ipv6Prefixes'
    | 'NetworkInterfaceId'
    | 'SourceDestCheck'
    | 'SubnetId'
    | 'VpcId'
  > {
  readonly PrivateIpAddresses?: Array<Pick<InstancePrivateIpAddress, 'Association' | 'PrivateIpAddress'>> | undefined;
}

/**
 * What functions read of an instance. Whoever reads a further member names it here and in {@link descriptionsOf}, as the
 * compiler asks.
 */
export interface DescribedInstance
  extends Pick<
    Instance,
    | 'IamInstanceProfile'
    | 'ImageId'
    | 'InstanceId'
    | 'InstanceLifecycle'
    | 'KeyName'
    | 'LaunchTime'
    | 'MetadataOptions'
    | 'Operator'
    | 'Platform'
    | 'PlatformDetails'
    | 'PrivateDnsName'
    | 'PrivateIpAddress'
    | 'PublicIpAddress'
    | 'SecurityGroups'
    | 'SourceDestCheck'
    | 'State'
    | 'SubnetId'
    | 'Tags'
    | 'VpcId'
  > {
  readonly NetworkInterfaces?: DescribedInterface[] | undefined;
}

/**
 * Creates a function that copies of an instance only what functions read, so that the rest of a page can go. Parts that
 * are alike, such as tags and security groups, are one object for all instances that the function copies: a worker with
 * two interfaces of ten addresses each takes 3 KiB instead of 11.
 */
export function descriptionsOf(): (instance: Instance) => DescribedInstance {
  const one = sharing();
  const interfaceOf = (each: InstanceNetworkInterface): DescribedInterface => ({
    Association: each.Association,
    Attachment: each.Attachment,
    Groups: one(each.Groups),
    InterfaceType: one(each.InterfaceType),
    Ipv4Prefixes: each.Ipv4Prefixes,
    Ipv6Addresses: each.Ipv6Addresses,
    Ipv6Prefixes: each.Ipv6Prefixes,
    NetworkInterfaceId: each.NetworkInterfaceId,
    PrivateIpAddresses: each.PrivateIpAddresses?.map(({ Association, PrivateIpAddress }) =>
      Association === undefined ? { PrivateIpAddress } : { Association, PrivateIpAddress },
    ),
    SourceDestCheck: each.SourceDestCheck,
    SubnetId: one(each.SubnetId),
    VpcId: one(each.VpcId),
  });
  return (instance) => ({
    IamInstanceProfile: one(instance.IamInstanceProfile),
    ImageId: one(instance.ImageId),
    InstanceId: instance.InstanceId,
    InstanceLifecycle: instance.InstanceLifecycle,
    KeyName: one(instance.KeyName),
    LaunchTime: instance.LaunchTime,
    MetadataOptions: one(instance.MetadataOptions),
    NetworkInterfaces: instance.NetworkInterfaces?.map(interfaceOf),
    Operator: one(instance.Operator),
    Platform: one(instance.Platform),
    PlatformDetails: one(instance.PlatformDetails),
    PrivateDnsName: instance.PrivateDnsName,
    PrivateIpAddress: instance.PrivateIpAddress,
    PublicIpAddress: instance.PublicIpAddress,
    SecurityGroups: one(instance.SecurityGroups),
    SourceDestCheck: instance.SourceDestCheck,
    State: one(instance.State),
    SubnetId: one(instance.SubnetId),
    Tags: instance.Tags?.map(one),
    VpcId: one(instance.VpcId),
  });
}

/**
 * Whether an interface is the primary one of its instance: the first device of the first network card. Other cards may have
 * a first device, too. Source: EC2 user guide, "Maximize network bandwidth on Amazon EC2 instances with multiple network
 * cards" (EFA-only interfaces of P5 instances).
 */
export const isPrimary = ({ Attachment }: Pick<InstanceNetworkInterface, 'Attachment'>): boolean =>
  Attachment?.DeviceIndex === 0 && (Attachment.NetworkCardIndex ?? 0) === 0;

/** The security groups of an instance's primary interface. EC2 shows the same ones for the instance itself. */
export function primaryGroupIds({ NetworkInterfaces = [], SecurityGroups = [] }: DescribedInstance): string[] {
  const primary = NetworkInterfaces.find(isPrimary);
  return (primary?.Groups ?? SecurityGroups).flatMap(({ GroupId }) => GroupId ?? []);
}

/** Creates a function that returns the first of all equal values, of plain data without dates. */
function sharing(): <Value>(value: Value) => Value {
  const known = new Map<string, unknown>();
  return <Value>(value: Value): Value => {
    const key = JSON.stringify(value);
    if (key === undefined) return value;
    if (!known.has(key)) known.set(key, value);
    return known.get(key) as Value;
  };
}
