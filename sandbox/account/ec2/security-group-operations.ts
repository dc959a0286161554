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
import { authorize, described, modify, revoke } from './security-group-rule-changes.ts';
import { describeRule, permissionsOf } from './security-group-rules.ts';
import type { SecurityGroup } from './security-groups.ts';
import type { Ec2State } from './state.ts';
import { trailOfIngress, trailOfModification } from './trail.ts';

/** Describes and creates security groups, and changes their rules. */
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
        // Without VpcId it would go to the default VPC, which this account has deleted, as is good practice.
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
