import type { IpPermission, SecurityGroup } from '@aws-sdk/client-ec2';
import { type Addresses, block, common, union, without } from './ipv4.ts';
import { type Judgement, no, unsure, YES } from './judgement.ts';
import { HTTPS } from './network-acls.ts';

/** Blocks of prefix lists, by id; undefined for lists that cannot be read. */
export type PrefixListEntries = ReadonlyMap<string, Addresses | undefined>;

/** The other end of a connection: its possible addresses, and the security groups of its interface. */
export interface OtherEnd {
  readonly addresses: Addresses;
  readonly groupIds: readonly string[];
  /** Security groups of the host's further interfaces. Connections do not usually come from those. */
  readonly furtherGroupIds?: readonly string[];
  /** Name of the other end in sentences. */
  readonly name: string;
}

/** Whether a rule covers TCP on port 443. Protocols are given by name or by number. */
const isAboutHttps = ({ IpProtocol, FromPort = 0, ToPort = 65_535 }: IpPermission): boolean =>
  IpProtocol === '-1' || ((IpProtocol === 'tcp' || IpProtocol === '6') && FromPort <= HTTPS && HTTPS <= ToPort);

/** The prefix lists that the HTTPS rules of a security group name. */
export const prefixListsOf = ({ IpPermissions = [], IpPermissionsEgress = [] }: SecurityGroup): string[] =>
  [...IpPermissions, ...IpPermissionsEgress]
    .filter(isAboutHttps)
    .flatMap(({ PrefixListIds = [] }) => PrefixListIds.flatMap(({ PrefixListId }) => PrefixListId ?? []));

/**
 * Whether rules let HTTPS pass to, or from, the other end. Security groups are stateful, so responses need no rule.
 *
 * @param why the clause for a no
 */
export function judgeRules(
  rules: readonly IpPermission[],
  { addresses, groupIds, furtherGroupIds = [], name }: OtherEnd,
  lists: PrefixListEntries,
  why: string,
): Judgement {
  const relevant = rules.filter(isAboutHttps);
  const named = relevant.flatMap(({ UserIdGroupPairs = [] }) => UserIdGroupPairs.map(({ GroupId = '' }) => GroupId));
  if (named.some((id) => groupIds.includes(id))) return YES;
  const listIds = relevant.flatMap(({ PrefixListIds = [] }) =>
    PrefixListIds.map(({ PrefixListId = '' }) => PrefixListId),
  );
  const blocks = relevant.flatMap(({ IpRanges = [] }) => IpRanges.map(({ CidrIp = '' }) => block(CidrIp)));
  const admitted = common(union(...blocks, ...listIds.map((id) => lists.get(id) ?? [])), addresses);
  if (without(addresses, admitted).length === 0) return YES;
  const unread = listIds.find((id) => lists.get(id) === undefined);
  if (unread !== undefined) return unsure(`prefix list ${unread} cannot be read, which may stand for ${name}`);
  const further = named.find((id) => furtherGroupIds.includes(id));
  if (further !== undefined)
    return unsure(`${further}, which only another interface of the instance has, is let through`);
  return admitted.length === 0 ? no(why) : unsure(`only some addresses are let through, which may be those of ${name}`);
}
