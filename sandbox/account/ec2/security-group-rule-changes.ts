import type {
  AuthorizeSecurityGroupIngressCommandInput,
  ModifySecurityGroupRulesCommandInput,
  RevokeSecurityGroupIngressCommandInput,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../wire/aws-error.ts';
import { existingOne } from './search.ts';
import { describeRule, inWords, permissionOf, rulesFrom } from './security-group-rules.ts';
import { type NewRule, type SecurityGroup, type SecurityGroupRule, sameTerms } from './security-groups.ts';
import type { Ec2State } from './state.ts';

type AuthorizeInput = Pick<AuthorizeSecurityGroupIngressCommandInput, 'GroupId' | 'IpPermissions'>;
type RevokeInput = AuthorizeInput & Pick<RevokeSecurityGroupIngressCommandInput, 'SecurityGroupRuleIds'>;

/** @throws AwsError for a group that does not exist */
function existingGroup({ networks }: Ec2State, id: string | undefined): SecurityGroup {
  if (id === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter groupId');
  return existingOne(networks.securityGroups.get(id), id, 'InvalidGroup', 'security group');
}

/**
 * Limit per direction and address family. Source: VPC user guide, "Amazon VPC quotas", inbound or outbound rules per
 * security group.
 */
const MOST_RULES = 60;

/** @throws RulesPerSecurityGroupLimitExceeded; rules that name a group or a prefix list count for both families */
function refuseTooManyRules({ rules }: SecurityGroup, wanted: readonly NewRule[]): void {
  for (const egress of [false, true]) {
    for (const family of [/:/, /\./]) {
      const count = [...rules, ...wanted].filter(
        (rule) => rule.egress === egress && (/^(sg|pl)-/.test(rule.peer) || family.test(rule.peer)),
      ).length;
      if (count <= MOST_RULES || !wanted.some((rule) => rule.egress === egress)) continue;
      const message = 'The maximum number of rules per security group has been reached.';
      throw new AwsError('RulesPerSecurityGroupLimitExceeded', message);
    }
  }
}

/** @throws AwsError for a rule with an unknown peer, or one that exists already or is repeated in the request */
function refuseUnknownOrRepeated(state: Ec2State, present: readonly NewRule[], wanted: readonly NewRule[]): void {
  for (const [index, rule] of wanted.entries()) {
    if (rule.peer.startsWith('sg-')) existingGroup(state, rule.peer);
    if (rule.peer.startsWith('pl-')) {
      const list = state.networks.prefixLists.get(rule.peer);
      existingOne(list, rule.peer, 'InvalidPrefixListID', 'prefix list ID');
    }
    if ([...present, ...wanted.slice(0, index)].some((other) => sameTerms(rule, other))) {
      throw new AwsError('InvalidPermission.Duplicate', `the specified rule "${inWords(rule)}" already exists`);
    }
  }
}

/** Adds all rules, or none: a rule that exists already, or is repeated in the request, fails the call. */
export function authorize(state: Ec2State, { GroupId, IpPermissions = [] }: AuthorizeInput, egress: boolean) {
  const group = existingGroup(state, GroupId);
  const wanted = rulesFrom(IpPermissions, egress);
  if (wanted.length === 0) {
    throw new AwsError('MissingParameter', 'Either ipPermissions or a source must be specified');
  }
  refuseTooManyRules(group, wanted);
  refuseUnknownOrRepeated(state, group.rules, wanted);
  return { group, added: state.networks.securityGroups.add(group, wanted) };
}

/** The response to an authorization. */
export const described = ({ world }: Ec2State, group: SecurityGroup, added: readonly SecurityGroupRule[]) => ({
  Return: true,
  SecurityGroupRules: added.map((rule) => describeRule(rule, group.id, world.accountId)),
});

/** Modifies all rules, or none. Each gets the terms of the request, and keeps its id and its direction. */
export function modify(state: Ec2State, { GroupId, SecurityGroupRules = [] }: ModifySecurityGroupRulesCommandInput) {
  const group = existingGroup(state, GroupId);
  const modified = SecurityGroupRules.map(({ SecurityGroupRuleId: id = '', SecurityGroupRule: request }) => {
    const known = group.rules.find((rule) => rule.id === id);
    const { egress } = existingOne(known, id, 'InvalidSecurityGroupRuleId', 'security group rule ID');
    const [terms, ...others] = rulesFrom([permissionOf(request ?? {})], egress);
    if (terms === undefined || others.length > 0) {
      const message = 'Specify exactly one source or destination for the security group rule.';
      throw new AwsError('InvalidParameterCombination', message);
    }
    return { description: undefined, ...terms, id };
  });
  const others = group.rules.filter((rule) => !modified.some(({ id }) => id === rule.id));
  refuseUnknownOrRepeated(state, others, modified);
  state.networks.securityGroups.replace(group, modified);
  return { group, modified };
}

/** Removes rules by their ids or by their terms: all, or none. */
export function revoke(
  state: Ec2State,
  { GroupId, IpPermissions, SecurityGroupRuleIds }: RevokeInput,
  egress: boolean,
) {
  const group = existingGroup(state, GroupId);
  if ((IpPermissions === undefined) === (SecurityGroupRuleIds === undefined)) {
    const message = 'Exactly one of ipPermissions and securityGroupRuleIds must be specified';
    throw new AwsError('InvalidParameterCombination', message);
  }
  const own = group.rules.filter((rule) => rule.egress === egress);
  const byId = (SecurityGroupRuleIds ?? []).map((id) => {
    const found = own.find((rule) => rule.id === id);
    return existingOne(found, id, 'InvalidSecurityGroupRuleId', 'security group rule ID');
  });
  const byTerms = rulesFrom(IpPermissions ?? [], egress).map((wanted) => {
    const found = own.find((rule) => sameTerms(rule, wanted));
    if (found !== undefined) return found;
    throw new AwsError('InvalidPermission.NotFound', 'The specified rule does not exist in this security group.');
  });
  const revoked = [...byId, ...byTerms];
  state.networks.securityGroups.remove(group, revoked);
  return {
    Return: true,
    RevokedSecurityGroupRules: revoked.map((rule) => {
      const { ReferencedGroupInfo, GroupOwnerId, Tags, ...shown } = describeRule(rule, group.id, '');
      return { ...shown, ...(ReferencedGroupInfo && { ReferencedGroupId: ReferencedGroupInfo.GroupId }) };
    }),
  };
}
