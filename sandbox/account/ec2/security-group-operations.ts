import {
  AuthorizeSecurityGroupEgress$,
  type AuthorizeSecurityGroupEgressCommandInput,
  type AuthorizeSecurityGroupEgressCommandOutput,
  AuthorizeSecurityGroupIngress$,
  type AuthorizeSecurityGroupIngressCommandInput,
  type AuthorizeSecurityGroupIngressCommandOutput,
  CreateSecurityGroup$,
  type CreateSecurityGroupCommandInput,
  type CreateSecurityGroupCommandOutput,
  DeleteSecurityGroup$,
  type DeleteSecurityGroupCommandInput,
  type DeleteSecurityGroupCommandOutput,
  type SecurityGroup as DescribedGroup,
  DescribeSecurityGroupRules$,
  type DescribeSecurityGroupRulesCommandInput,
  type DescribeSecurityGroupRulesCommandOutput,
  DescribeSecurityGroups$,
  type DescribeSecurityGroupsCommandInput,
  type DescribeSecurityGroupsCommandOutput,
  ModifySecurityGroupRules$,
  type ModifySecurityGroupRulesCommandInput,
  type ModifySecurityGroupRulesCommandOutput,
  RevokeSecurityGroupEgress$,
  type RevokeSecurityGroupEgressCommandInput,
  type RevokeSecurityGroupEgressCommandOutput,
  RevokeSecurityGroupIngress$,
  type RevokeSecurityGroupIngressCommandInput,
  type RevokeSecurityGroupIngressCommandOutput,
} from '@aws-sdk/client-ec2';
import { AwsError } from '../../wire/aws-error.ts';
import { type Operation, operation } from '../service.ts';
import type { FilterFields } from './filters.ts';
import { arnOf, creationPermissions, permissionOn, requestedTags } from './resources.ts';
import { describedTags, existingOne, namedOnes, search } from './search.ts';
import { describeRule, inWords, permissionOf, permissionsOf, rulesFrom } from './security-group-rules.ts';
import { type NewRule, type SecurityGroup, type SecurityGroupRule, sameTerms } from './security-groups.ts';
import type { Ec2State } from './state.ts';
import { trailOfIngress, trailOfModification } from './trail.ts';

/** Looks at security groups, makes them, and changes their rules. */
export function securityGroupOperations(state: Ec2State): Record<string, Operation> {
  const { world, networks, cloudTrail } = state;
  const { securityGroups } = networks;
  const onGroup =
    (action: string) =>
    ({ GroupId = '' }: { readonly GroupId?: string | undefined }) => [permissionOn(state, action, GroupId)];
  return {
    DescribeSecurityGroups: operation<DescribeSecurityGroupsCommandInput, DescribeSecurityGroupsCommandOutput>(
      DescribeSecurityGroups$,
      ['GroupIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ GroupIds, ...request }) => {
        const id = (group: SecurityGroup) => group.id;
        const named = namedOnes(securityGroups.list(), id, GroupIds, 'InvalidGroup', 'security group');
        const { items, nextToken } = search(named, id, groupFields(world.accountId), ({ tags }) => tags, request, 1000);
        return { SecurityGroups: items.map((group) => describe(state, group)), NextToken: nextToken };
      },
    ),
    DescribeSecurityGroupRules: operation<
      DescribeSecurityGroupRulesCommandInput,
      DescribeSecurityGroupRulesCommandOutput
    >(
      DescribeSecurityGroupRules$,
      ['SecurityGroupRuleIds', 'Filters', 'MaxResults', 'NextToken'],
      ({ SecurityGroupRuleIds, ...request }) => {
        const all = securityGroups
          .list()
          .flatMap((group) => group.rules.map((rule) => ({ ...rule, groupId: group.id })));
        const id = (rule: { readonly id: string }) => rule.id;
        const [code, what] = ['InvalidSecurityGroupRuleId', 'security group rule ID'];
        const named = namedOnes(all, id, SecurityGroupRuleIds, code, what);
        const fields = { 'group-id': ({ groupId }: { groupId: string }) => groupId, 'security-group-rule-id': id };
        const { items, nextToken } = search(named, id, fields, () => new Map(), request, 1000);
        const described = items.map(({ groupId, ...rule }) => describeRule(rule, groupId, world.accountId));
        return { SecurityGroupRules: described, NextToken: nextToken };
      },
    ),
    CreateSecurityGroup: operation<CreateSecurityGroupCommandInput, CreateSecurityGroupCommandOutput>(
      CreateSecurityGroup$,
      ['GroupName', 'Description', 'VpcId', 'TagSpecifications'],
      ({ GroupName: name = '', Description: description = '', VpcId: vpcId, TagSpecifications }) => {
        // Without one it would go to the default VPC, which the account has deleted, as good accounts have.
        if (vpcId === undefined) throw new AwsError('VPCIdNotSpecified', 'No default VPC for this user');
        existingOne(networks.routeTables.hasVpc(vpcId) ? vpcId : undefined, vpcId, 'InvalidVpcID', 'vpc ID');
        if (/^sg-/.test(name) || name.length > 255) {
          throw new AwsError('InvalidParameterValue', `Value (${name}) for parameter GroupName is invalid.`);
        }
        const tags = requestedTags(TagSpecifications, 'security-group');
        if (securityGroups.list().some((group) => group.vpcId === vpcId && group.name === name)) {
          const message = `The security group '${name}' already exists for VPC '${vpcId}'`;
          throw new AwsError('InvalidGroup.Duplicate', message);
        }
        const { id } = securityGroups.create({ id: securityGroups.newId(), vpcId, name, description, tags });
        return { GroupId: id, SecurityGroupArn: arnOf(state, 'security-group', id), Tags: describedTags(tags) };
      },
      ({ VpcId = '', TagSpecifications }) => [
        { action: 'ec2:CreateSecurityGroup', resource: arnOf(state, 'vpc', VpcId) },
        ...creationPermissions(state, 'CreateSecurityGroup', 'security-group', TagSpecifications),
      ],
    ),
    DeleteSecurityGroup: operation<DeleteSecurityGroupCommandInput, DeleteSecurityGroupCommandOutput>(
      DeleteSecurityGroup$,
      ['GroupId'],
      ({ GroupId = '' }) => {
        const group = existingOne(securityGroups.get(GroupId), GroupId, 'InvalidGroup', 'security group');
        const isUsed = networks.interfaces.list().some(({ securityGroupIds }) => securityGroupIds.includes(GroupId));
        if (isUsed) throw new AwsError('DependencyViolation', `resource ${GroupId} has a dependent object`);
        securityGroups.delete(group);
        return { Return: true, GroupId };
      },
      onGroup('DeleteSecurityGroup'),
    ),
    AuthorizeSecurityGroupIngress: operation<
      AuthorizeSecurityGroupIngressCommandInput,
      AuthorizeSecurityGroupIngressCommandOutput
    >(
      AuthorizeSecurityGroupIngress$,
      ['GroupId', 'IpPermissions'],
      (input, context) => {
        const { group, added } = authorize(state, input, false);
        cloudTrail.called(context, trailOfIngress(group.id, added, world.accountId));
        return described(state, group, added);
      },
      onGroup('AuthorizeSecurityGroupIngress'),
    ),
    AuthorizeSecurityGroupEgress: operation<
      AuthorizeSecurityGroupEgressCommandInput,
      AuthorizeSecurityGroupEgressCommandOutput
    >(
      AuthorizeSecurityGroupEgress$,
      ['GroupId', 'IpPermissions'],
      (input) => {
        const { group, added } = authorize(state, input, true);
        return described(state, group, added);
      },
      onGroup('AuthorizeSecurityGroupEgress'),
    ),
    ModifySecurityGroupRules: operation<ModifySecurityGroupRulesCommandInput, ModifySecurityGroupRulesCommandOutput>(
      ModifySecurityGroupRules$,
      ['GroupId', 'SecurityGroupRules'],
      (input, context) => {
        const { group, modified } = modify(state, input);
        cloudTrail.called(context, trailOfModification(group.id, modified));
        return { Return: true };
      },
      onGroup('ModifySecurityGroupRules'),
    ),
    RevokeSecurityGroupIngress: operation<
      RevokeSecurityGroupIngressCommandInput,
      RevokeSecurityGroupIngressCommandOutput
    >(
      RevokeSecurityGroupIngress$,
      ['GroupId', 'IpPermissions', 'SecurityGroupRuleIds'],
      (input) => revoke(state, input, false),
      onGroup('RevokeSecurityGroupIngress'),
    ),
    RevokeSecurityGroupEgress: operation<RevokeSecurityGroupEgressCommandInput, RevokeSecurityGroupEgressCommandOutput>(
      RevokeSecurityGroupEgress$,
      ['GroupId', 'IpPermissions', 'SecurityGroupRuleIds'],
      (input) => revoke(state, input, true),
      onGroup('RevokeSecurityGroupEgress'),
    ),
  };
}

type AuthorizeInput = Pick<AuthorizeSecurityGroupIngressCommandInput, 'GroupId' | 'IpPermissions'>;
type RevokeInput = AuthorizeInput & Pick<RevokeSecurityGroupIngressCommandInput, 'SecurityGroupRuleIds'>;

function existingGroup({ networks }: Ec2State, id: string | undefined): SecurityGroup {
  if (id === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter groupId');
  return existingOne(networks.securityGroups.get(id), id, 'InvalidGroup', 'security group');
}

/** For each direction and family. Source: VPC user guide, "Amazon VPC quotas", inbound or outbound rules per security group. */
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

/** All rules, or none: one that is there already, or twice in the request, refuses the call. */
function authorize(state: Ec2State, { GroupId, IpPermissions = [] }: AuthorizeInput, egress: boolean) {
  const group = existingGroup(state, GroupId);
  const wanted = rulesFrom(IpPermissions, egress);
  if (wanted.length === 0) {
    throw new AwsError('MissingParameter', 'Either ipPermissions or a source must be specified');
  }
  refuseTooManyRules(group, wanted);
  for (const [index, rule] of wanted.entries()) {
    if (rule.peer.startsWith('sg-')) existingGroup(state, rule.peer);
    if (rule.peer.startsWith('pl-')) {
      const list = state.networks.prefixLists.get(rule.peer);
      existingOne(list, rule.peer, 'InvalidPrefixListID', 'prefix list ID');
    }
    if ([...group.rules, ...wanted.slice(0, index)].some((other) => sameTerms(rule, other))) {
      throw new AwsError('InvalidPermission.Duplicate', `the specified rule "${inWords(rule)}" already exists`);
    }
  }
  return { group, added: state.networks.securityGroups.add(group, wanted) };
}

const described = ({ world }: Ec2State, group: SecurityGroup, added: readonly SecurityGroupRule[]) => ({
  Return: true,
  SecurityGroupRules: added.map((rule) => describeRule(rule, group.id, world.accountId)),
});

/** All rules, or none. Each gets the terms that the request has, and stays what it is: by its id, inbound or outbound. */
function modify(state: Ec2State, { GroupId, SecurityGroupRules = [] }: ModifySecurityGroupRulesCommandInput) {
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
  for (const [index, rule] of modified.entries()) {
    if (rule.peer.startsWith('sg-')) existingGroup(state, rule.peer);
    if ([...others, ...modified.slice(0, index)].some((other) => sameTerms(rule, other))) {
      throw new AwsError('InvalidPermission.Duplicate', `the specified rule "${inWords(rule)}" already exists`);
    }
  }
  state.networks.securityGroups.replace(group, modified);
  return { group, modified };
}

function revoke(state: Ec2State, { GroupId, IpPermissions, SecurityGroupRuleIds }: RevokeInput, egress: boolean) {
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

function describe(state: Ec2State, { id, vpcId, name, description, tags, rules }: SecurityGroup): DescribedGroup {
  const { accountId } = state.world;
  const shown = (egress: boolean) =>
    permissionsOf(
      rules.filter((rule) => rule.egress === egress),
      accountId,
    );
  return {
    GroupId: id,
    VpcId: vpcId,
    GroupName: name,
    Description: description,
    OwnerId: accountId,
    SecurityGroupArn: arnOf(state, 'security-group', id),
    IpPermissions: shown(false),
    IpPermissionsEgress: shown(true),
    Tags: describedTags(tags),
  };
}

const groupFields = (accountId: string): FilterFields<SecurityGroup> => ({
  'group-id': ({ id }) => id,
  'group-name': ({ name }) => name,
  description: ({ description }) => description,
  'owner-id': () => accountId,
  'vpc-id': ({ vpcId }) => vpcId,
  'ip-permission.prefix-list-id': ({ rules }) =>
    rules.flatMap(({ egress, peer }) => (!egress && peer.startsWith('pl-') ? peer : [])),
});
