import type { SecurityGroupRule as DescribedRule, IpPermission, SecurityGroupRuleRequest } from '@aws-sdk/client-ec2';
import { AwsError } from '../../wire/aws-error.ts';
import type { NewRule, SecurityGroupRule } from './security-groups.ts';

const PROTOCOLS: Readonly<Record<string, string>> = { '1': 'icmp', '6': 'tcp', '17': 'udp', '58': 'icmpv6' };

/**
 * Converts permissions to rules: one per address block, group and prefix list.
 * @throws InvalidParameterValue, InvalidPermission.Malformed
 */
export function rulesFrom(permissions: readonly IpPermission[], egress: boolean): NewRule[] {
  return permissions.flatMap((permission) => {
    const { IpRanges = [], Ipv6Ranges = [], UserIdGroupPairs = [], PrefixListIds = [] } = permission;
    const terms = { egress, ...ports(permission) };
    const rules = [
      ...IpRanges.map(({ CidrIp, Description }) => ({ ...terms, peer: block(CidrIp), description: Description })),
      ...Ipv6Ranges.map(({ CidrIpv6, Description }) => ({ ...terms, peer: block(CidrIpv6), description: Description })),
      ...UserIdGroupPairs.map(({ GroupId = '', Description }) => ({
        ...terms,
        peer: GroupId,
        description: Description,
      })),
      ...PrefixListIds.map(({ PrefixListId = '', Description }) => ({
        ...terms,
        peer: PrefixListId,
        description: Description,
      })),
    ];
    if (rules.length === 0) {
      throw new AwsError('InvalidPermission.Malformed', 'A security group rule must have a source or a destination.');
    }
    return rules;
  });
}

/** Converts a request of ModifySecurityGroupRules to the format of the older calls. */
export function permissionOf({ Description, ...request }: SecurityGroupRuleRequest): IpPermission {
  const { IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6, PrefixListId, ReferencedGroupId } = request;
  return {
    IpProtocol,
    FromPort,
    ToPort,
    ...(CidrIpv4 !== undefined && { IpRanges: [{ CidrIp: CidrIpv4, Description }] }),
    ...(CidrIpv6 !== undefined && { Ipv6Ranges: [{ CidrIpv6, Description }] }),
    ...(PrefixListId !== undefined && { PrefixListIds: [{ PrefixListId, Description }] }),
    ...(ReferencedGroupId !== undefined && { UserIdGroupPairs: [{ GroupId: ReferencedGroupId, Description }] }),
  };
}

function ports({ IpProtocol = '', FromPort, ToPort }: IpPermission) {
  const protocol = PROTOCOLS[IpProtocol] ?? IpProtocol;
  if (!/^(-1|tcp|udp|icmp|icmpv6|\d{1,3})$/.test(protocol)) {
    throw new AwsError('InvalidParameterValue', `Invalid value '${IpProtocol}' for IP protocol. Unknown protocol.`);
  }
  const hasPorts = protocol !== '-1' && !/^\d/.test(protocol);
  if (!hasPorts) return { protocol, fromPort: undefined, toPort: undefined };
  if (FromPort === undefined || ToPort === undefined) {
    const message = "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.";
    throw new AwsError('InvalidParameterValue', message);
  }
  if (!protocol.startsWith('icmp') && (FromPort > ToPort || FromPort < 0 || ToPort > 65_535)) {
    throw new AwsError('InvalidParameterValue', `Invalid value '${FromPort}-${ToPort}' for portRange.`);
  }
  return { protocol, fromPort: FromPort, toPort: ToPort };
}

function block(text = ''): string {
  if (/^(\d{1,3}(\.\d{1,3}){3}\/\d{1,2}|[0-9a-f:]+\/\d{1,3})$/i.test(text)) return text.toLowerCase();
  throw new AwsError('InvalidParameterValue', `CIDR block ${text} is malformed`);
}

/** Rules as DescribeSecurityGroups returns them, grouped by protocol and ports. */
export function permissionsOf(rules: readonly SecurityGroupRule[], userId: string): IpPermission[] {
  const together = Map.groupBy(rules, ({ protocol, fromPort, toPort }) => [protocol, fromPort, toPort].join(' '));
  return [...together.values()].map((alike) => {
    const [first] = alike;
    const of = (kind: ReturnType<typeof kindOf>) =>
      alike
        .filter(({ peer }) => kindOf(peer) === kind)
        .map(({ peer, description }) => ({
          peer,
          more: description === undefined ? {} : { Description: description },
        }));
    return {
      IpProtocol: first?.protocol,
      ...(first?.fromPort === undefined ? {} : { FromPort: first.fromPort, ToPort: first.toPort }),
      UserIdGroupPairs: of('group').map(({ peer, more }) => ({ GroupId: peer, UserId: userId, ...more })),
      IpRanges: of('ipv4').map(({ peer, more }) => ({ CidrIp: peer, ...more })),
      Ipv6Ranges: of('ipv6').map(({ peer, more }) => ({ CidrIpv6: peer, ...more })),
      PrefixListIds: of('prefix-list').map(({ peer, more }) => ({ PrefixListId: peer, ...more })),
    };
  });
}

/** A rule as DescribeSecurityGroupRules returns it. */
export function describeRule(rule: SecurityGroupRule, groupId: string, ownerId: string): DescribedRule {
  const { id, egress, protocol, fromPort = -1, toPort = -1, peer, description } = rule;
  const kind = kindOf(peer);
  return {
    SecurityGroupRuleId: id,
    GroupId: groupId,
    GroupOwnerId: ownerId,
    IsEgress: egress,
    IpProtocol: protocol,
    FromPort: fromPort,
    ToPort: toPort,
    ...(kind === 'ipv4' && { CidrIpv4: peer }),
    ...(kind === 'ipv6' && { CidrIpv6: peer }),
    ...(kind === 'prefix-list' && { PrefixListId: peer }),
    ...(kind === 'group' && { ReferencedGroupInfo: { GroupId: peer, UserId: ownerId } }),
    ...(description !== undefined && { Description: description }),
    Tags: [],
  };
}

function kindOf(peer: string): 'group' | 'prefix-list' | 'ipv4' | 'ipv6' {
  if (peer.startsWith('pl-')) return 'prefix-list';
  if (peer.startsWith('sg-')) return 'group';
  return peer.includes(':') ? 'ipv6' : 'ipv4';
}

/** A rule in the wording of EC2's errors. */
export function inWords({ peer, protocol, fromPort, toPort }: NewRule): string {
  const range = fromPort === undefined ? '' : `, from port: ${fromPort}, to port: ${toPort}`;
  return `peer: ${peer}, ${protocol === '-1' ? 'ALL' : protocol.toUpperCase()}${range}, ALLOW`;
}
