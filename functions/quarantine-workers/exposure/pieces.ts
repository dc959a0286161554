import type { IpPermission } from '@aws-sdk/client-ec2';
import { isOf, isWorld, isWorldShare, worldShareOf } from './cidr.ts';
import { contains, type Family, type PortRange, type Referred } from './routes.ts';

/** The ports of a rule; without ports, all of its protocol. */
export function rangeOf({ IpProtocol = '-1', FromPort, ToPort }: IpPermission): PortRange {
  const hasPorts = FromPort !== undefined && FromPort >= 0 && !IpProtocol.startsWith('icmp');
  return { protocol: IpProtocol, ...(hasPorts && { from: FromPort, to: ToPort }) };
}

/**
 * Most rules of an interface that are compared with each other, which costs the square of their number: as many as EC2's
 * default quotas let it have, sixty in each of five security groups (VPC user guide, "Amazon VPC quotas").
 */
const MOST_COMPARED = 300;

/**
 * Tells of the rules of an interface whether those for the same ports admit the world together, none of which does alone.
 * They are compared with each other only where all of them together would. Where they are too many to be compared, each
 * is taken for a piece of the world.
 */
export function inPieces(
  rules: readonly IpPermission[],
  family: Family,
  listRanges: Referred['listRanges'] = new Map(),
): (rule: IpPermission) => boolean {
  const sourcesOf = ({ IpRanges = [], Ipv6Ranges = [], PrefixListIds = [] }: IpPermission): string[] => {
    const listed = PrefixListIds.flatMap(({ PrefixListId = '' }) => listRanges.get(PrefixListId) ?? []);
    const own =
      family === 'ipv4' ? IpRanges.map(({ CidrIp = '' }) => CidrIp) : Ipv6Ranges.map(({ CidrIpv6 = '' }) => CidrIpv6);
    return [...own, ...listed.filter(isOf(family))].filter((cidr) => !isWorld(cidr));
  };
  const narrow = rules.flatMap((rule) => {
    const sources = sourcesOf(rule);
    return sources.length === 0 ? [] : [{ rule, sources, range: rangeOf(rule) }];
  });
  const shares = new Map(narrow.flatMap(({ sources }) => sources).map((cidr) => [cidr, worldShareOf(cidr)]));
  const shareOf = (cidr: string) => shares.get(cidr) ?? 0;
  if (!isWorldShare(shares.keys(), shareOf)) return () => false;
  if (narrow.length > MOST_COMPARED) {
    const all = new Set(narrow.map(({ rule }) => rule));
    return (rule) => all.has(rule);
  }
  const own = new Map(narrow.map(({ rule, range }) => [rule, range]));
  return (rule) => {
    const range = own.get(rule);
    if (range === undefined) return false;
    const together = narrow.filter((other) => contains(other.range, range)).flatMap(({ sources }) => sources);
    return isWorldShare(new Set(together), shareOf);
  };
}
