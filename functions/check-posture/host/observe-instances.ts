import {
  type EC2Client,
  type Instance,
  type IpPermission,
  paginateDescribeSecurityGroups,
  type SecurityGroup,
} from '@aws-sdk/client-ec2';
import { describeInstances, filtersOf } from '../../shared/fleet/instances.ts';
import type { Door, InstanceFacts } from './instance-facts.ts';

/** Where shells listen: SSH and the Remote Desktop Protocol. */
const PORTS = [22, 3389];

/** What EC2 tells of these workers, by id: a call for as many as filters take, and likewise of their security groups. */
export async function readInstanceFacts(
  ec2: EC2Client,
  instanceIds: readonly string[],
): Promise<Map<string, InstanceFacts>> {
  const instances = await describeInstances(
    ec2,
    filtersOf('instance-id', instanceIds).map((filter) => [filter]),
  );
  const groups = await readGroups(ec2, [...new Set(instances.flatMap(groupIdsOf))]);
  return new Map(instances.map((instance) => [instance.InstanceId ?? '', factsOf(instance, groups)]));
}

const groupIdsOf = ({ NetworkInterfaces = [] }: Instance): string[] =>
  NetworkInterfaces.flatMap(({ Groups = [] }) => Groups.flatMap(({ GroupId }) => GroupId ?? []));

async function readGroups(ec2: EC2Client, ids: readonly string[]): Promise<Map<string, SecurityGroup>> {
  const groups = new Map<string, SecurityGroup>();
  for (const filter of filtersOf('group-id', ids))
    for await (const page of paginateDescribeSecurityGroups({ client: ec2, pageSize: 1000 }, { Filters: [filter] }))
      for (const group of page.SecurityGroups ?? []) groups.set(group.GroupId ?? '', group);
  return groups;
}

function factsOf(instance: Instance, groups: ReadonlyMap<string, SecurityGroup>): InstanceFacts {
  const { KeyName, MetadataOptions = {} } = instance;
  const { HttpTokens, HttpEndpoint, HttpPutResponseHopLimit, InstanceMetadataTags } = MetadataOptions;
  const ids = [...new Set(groupIdsOf(instance))];
  const doors = ids.every((id) => groups.has(id))
    ? ids.flatMap((id) => (groups.get(id)?.IpPermissions ?? []).flatMap((rule) => doorsIn(id, rule)))
    : undefined;
  return {
    ...(KeyName !== undefined && { keyName: KeyName }),
    ...(HttpTokens !== undefined && { httpTokens: HttpTokens }),
    ...(HttpEndpoint !== undefined && { httpEndpoint: HttpEndpoint }),
    ...(HttpPutResponseHopLimit !== undefined && { hopLimit: HttpPutResponseHopLimit }),
    ...(InstanceMetadataTags !== undefined && { metadataTags: InstanceMetadataTags }),
    ...(doors !== undefined && { doors }),
  };
}

/**
 * The doors that a rule opens. Protocol -1 is all of them, with all ports, whatever else the rule says (EC2 API reference,
 * IpPermission).
 */
export function doorsIn(group: string, rule: IpPermission): Door[] {
  const { IpProtocol, FromPort = 0, ToPort = 65_535 } = rule;
  const ports = PORTS.filter(
    (port) =>
      IpProtocol === '-1' || ((IpProtocol === 'tcp' || IpProtocol === '6') && FromPort <= port && port <= ToPort),
  );
  const sources = [
    ...(rule.IpRanges ?? []).map(({ CidrIp }) => CidrIp),
    ...(rule.Ipv6Ranges ?? []).map(({ CidrIpv6 }) => CidrIpv6),
    ...(rule.PrefixListIds ?? []).map(({ PrefixListId }) => PrefixListId),
    ...(rule.UserIdGroupPairs ?? []).map(({ GroupId }) => GroupId),
  ].filter((from) => from !== undefined);
  return ports.flatMap((port) => sources.map((from) => ({ group, port, from })));
}
