import {
  type EC2Client,
  type Image,
  type IpPermission,
  paginateDescribeVolumes,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import type { DescribedInstance } from '../../shared/fleet/described-instance.ts';
import { describeInstances, filtersOf } from '../../shared/fleet/instances.ts';
import { read } from '../../shared/fleet/reading.ts';
import { readSecurityGroups } from '../../shared/fleet/security-groups.ts';
import { shellPortsOf } from '../../shared/fleet/shell-ports.ts';
import type { Door, InstanceFacts } from './instance-facts.ts';

/** Reads images by id. Clusters share images, so a reconcile reads each set once. */
export type ImageReader = (...ids: readonly string[]) => Promise<ReadonlyMap<string, Image>>;

/**
 * Reads what EC2 returns about these workers and what belongs to them, by id, with one call for as many as filters
 * take. A missing fact is left out, and hosts are judged by the rest.
 */
export async function readInstanceFacts(
  ec2: EC2Client,
  instanceIds: readonly string[],
  { account, readImages }: { readonly account: string; readonly readImages: ImageReader },
): Promise<Map<string, InstanceFacts>> {
  const filters = filtersOf('instance-id', instanceIds).map((filter) => [filter]);
  const instances = (await unlessUntold(() => describeInstances(ec2, filters))) ?? [];
  const groupIds = instances.flatMap(groupIdsOf);
  const imageIds = [...new Set(instances.flatMap(({ ImageId }) => ImageId ?? []))].toSorted();
  const groups = await unlessUntold(() => readSecurityGroups(ec2, groupIds));
  const volumes = await unlessUntold(() => readVolumes(ec2, instanceIds));
  const images = await unlessUntold(() => readImages(...imageIds));
  return new Map(
    instances.map((instance): [string, InstanceFacts] => {
      const { InstanceId: id = '', ImageId = '' } = instance;
      const image = images?.get(ImageId);
      const { OwnerId = '', ImageOwnerAlias, Public } = image ?? {};
      return [
        id,
        {
          ...factsOf(instance, groups ?? new Map()),
          ...(volumes !== undefined && { volumes: volumes.get(id) ?? [] }),
          ...(image !== undefined && {
            image: {
              id: ImageId,
              owner: OwnerId,
              isAmazons: ImageOwnerAlias === 'amazon',
              isOwn: OwnerId === account,
              ...(Public !== undefined && { isPublic: Public }),
            },
          }),
        },
      ];
    }),
  );
}

/** @returns undefined where AWS refuses or does not answer */
async function unlessUntold<T>(describe: () => Promise<T>): Promise<T | undefined> {
  const reading = await read(describe, 'tell');
  return reading.kind === 'found' ? reading.found : undefined;
}

type Volumes = NonNullable<InstanceFacts['volumes']>;

async function readVolumes(ec2: EC2Client, ids: readonly string[]): Promise<Map<string, Volumes>> {
  const volumes = new Map<string, Volumes>();
  for (const filter of filtersOf('attachment.instance-id', ids))
    for await (const page of paginateDescribeVolumes({ client: ec2, pageSize: 500 }, { Filters: [filter] }))
      for (const { VolumeId = '', Encrypted, Attachments = [] } of page.Volumes ?? [])
        for (const { InstanceId = '', Device = '' } of Attachments)
          volumes.set(InstanceId, [
            ...(volumes.get(InstanceId) ?? []),
            { id: VolumeId, device: Device, ...(Encrypted !== undefined && { isEncrypted: Encrypted }) },
          ]);
  return volumes;
}

const groupIdsOf = ({ NetworkInterfaces = [] }: DescribedInstance): string[] =>
  NetworkInterfaces.flatMap(({ Groups = [] }) => Groups.flatMap(({ GroupId }) => GroupId ?? []));

function factsOf(instance: DescribedInstance, groups: ReadonlyMap<string, SecurityGroup>): InstanceFacts {
  const { KeyName, PrivateDnsName, VpcId, PublicIpAddress, NetworkInterfaces = [], MetadataOptions = {} } = instance;
  const { HttpTokens, HttpEndpoint, HttpPutResponseHopLimit, InstanceMetadataTags } = MetadataOptions;
  const ids = [...new Set(groupIdsOf(instance))];
  const doors = ids.every((id) => groups.has(id))
    ? ids.flatMap((id) => (groups.get(id)?.IpPermissions ?? []).flatMap((rule) => doorsIn(id, rule)))
    : undefined;
  return {
    ...(KeyName !== undefined && { keyName: KeyName }),
    ...(PrivateDnsName !== undefined && PrivateDnsName !== '' && { privateDnsName: PrivateDnsName }),
    ...(VpcId !== undefined && { vpc: VpcId }),
    hasPublicAddress:
      PublicIpAddress !== undefined ||
      NetworkInterfaces.some(
        ({ Association, PrivateIpAddresses = [], Ipv6Addresses = [] }) =>
          Association?.PublicIp !== undefined ||
          Ipv6Addresses.length > 0 ||
          PrivateIpAddresses.some((address) => address.Association?.PublicIp !== undefined),
      ),
    ...(HttpTokens !== undefined && { httpTokens: HttpTokens }),
    ...(HttpEndpoint !== undefined && { httpEndpoint: HttpEndpoint }),
    ...(HttpPutResponseHopLimit !== undefined && { hopLimit: HttpPutResponseHopLimit }),
    ...(InstanceMetadataTags !== undefined && { metadataTags: InstanceMetadataTags }),
    ...(doors !== undefined && { doors }),
  };
}

/** The ports of shells that a rule opens. */
export function doorsIn(group: string, rule: IpPermission): Door[] {
  const sources = [
    ...(rule.IpRanges ?? []).map(({ CidrIp }) => CidrIp),
    ...(rule.Ipv6Ranges ?? []).map(({ CidrIpv6 }) => CidrIpv6),
    ...(rule.PrefixListIds ?? []).map(({ PrefixListId }) => PrefixListId),
    ...(rule.UserIdGroupPairs ?? []).map(({ GroupId }) => GroupId),
  ].filter((from) => from !== undefined);
  return shellPortsOf(rule).flatMap((port) => sources.map((from) => ({ group, port, from })));
}
