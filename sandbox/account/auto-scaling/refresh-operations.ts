import {
  CancelInstanceRefresh$,
  type CancelInstanceRefreshCommandInput,
  type CancelInstanceRefreshCommandOutput,
  DescribeInstanceRefreshes$,
  type DescribeInstanceRefreshesCommandInput,
  type DescribeInstanceRefreshesCommandOutput,
  RollbackInstanceRefresh$,
  type RollbackInstanceRefreshCommandInput,
  type RollbackInstanceRefreshCommandOutput,
  StartInstanceRefresh$,
  type StartInstanceRefreshCommandInput,
  type StartInstanceRefreshCommandOutput,
} from '@aws-sdk/client-auto-scaling';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { pageOf } from '../pagination.ts';
import { operation, type Permission, type Service } from '../service.ts';
import type { World } from '../world.ts';
import type { AutoScalingGroup } from './group.ts';
import type { AutoScalingGroups } from './groups.ts';
import { InstanceRefresh, noActive } from './instance-refresh.ts';
import { desiredVersionOf } from './refresh-preferences.ts';
import { desiredImagesOf } from './root-volumes.ts';

const DEFAULT_PAGE = 50;
const MAX_PAGE = 100;
/** How long refreshes are returned after their start, ms. Source: API reference, DescribeInstanceRefreshes. */
const KEPT_MS = 42 * 24 * 3_600_000;

/**
 * The operations on instance refreshes.
 * @param groupPermissions the right to an action on a group
 */
export function refreshOperations(
  world: World,
  groups: AutoScalingGroups,
  groupPermissions: (action: string) => (input: { AutoScalingGroupName: string | undefined }) => Permission[],
): Service['operations'] {
  const random = world.random.fork('instance-refreshes');
  const refreshes: InstanceRefresh[] = [];
  const existing = (name = ''): AutoScalingGroup => groups.existing(name);
  const active = (group: AutoScalingGroup) => refreshes.find((each) => each.group === group && each.isActive);
  const activeOf = (name: string | undefined): InstanceRefresh => {
    const group = existing(name);
    const found = active(group);
    if (found === undefined) throw noActive(group.name);
    return found;
  };
  return {
    StartInstanceRefresh: operation<StartInstanceRefreshCommandInput, StartInstanceRefreshCommandOutput>(
      StartInstanceRefresh$,
      ['AutoScalingGroupName', 'Strategy', 'DesiredConfiguration', 'Preferences'],
      (input) => {
        const group = existing(input.AutoScalingGroupName);
        // AWS accepts this, and EKS then reports AutoScalingGroupInstanceRefreshActive, which the sandbox does not
        // play.
        if (group.tags['eks:nodegroup-name'] !== undefined) {
          throw new NotImplemented('StartInstanceRefresh of the group of a managed node group');
        }
        const desired = desiredVersionOf(group, input);
        const rootImages = input.Strategy === 'ReplaceRootVolume' ? desiredImagesOf(group, input) : undefined;
        const { Alarms = [] } = input.Preferences?.AlarmSpecification ?? {};
        // AWS does not document its answer for an unknown alarm. The sandbox refuses, which is the stricter answer.
        const missing = Alarms.find((name) => groups.alarmState(name) === undefined);
        if (missing !== undefined) throw new AwsError('ValidationError', `The alarm ${missing} does not exist.`);
        if (active(group) !== undefined) {
          const message = `An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.`;
          throw new AwsError('InstanceRefreshInProgress', message);
        }
        const wanted = {
          id: random.uuid(),
          desired,
          preferences: input.Preferences ?? {},
          ...(rootImages !== undefined && { rootImages }),
        };
        const refresh = new InstanceRefresh(world, groups, group, wanted);
        refreshes.push(refresh);
        void refresh.run();
        return { InstanceRefreshId: refresh.id };
      },
      (input) => [...groupPermissions('StartInstanceRefresh')(input), ...launches(world, groups, input)],
    ),
    DescribeInstanceRefreshes: operation<DescribeInstanceRefreshesCommandInput, DescribeInstanceRefreshesCommandOutput>(
      DescribeInstanceRefreshes$,
      ['AutoScalingGroupName', 'InstanceRefreshIds', 'MaxRecords', 'NextToken'],
      ({ AutoScalingGroupName, InstanceRefreshIds = [], MaxRecords = DEFAULT_PAGE, NextToken }) => {
        const group = existing(AutoScalingGroupName);
        if (MaxRecords < 1 || MaxRecords > MAX_PAGE) {
          throw new AwsError('ValidationError', `MaxRecords must be between 1 and ${MAX_PAGE}`);
        }
        const found = refreshes
          .filter((each) => each.group === group && each.startedAt >= group.createdAt)
          .filter(({ startedAt }) => startedAt > world.time.now - KEPT_MS)
          .filter(({ id }) => InstanceRefreshIds.length === 0 || InstanceRefreshIds.includes(id))
          .reverse()
          .map((each, index) => ({ each, id: String(index).padStart(6, '0') }));
        const { items, nextToken } = pageOf(
          found,
          ({ id }) => id,
          MaxRecords,
          NextToken,
          () => {
            return new AwsError('InvalidNextToken', 'The NextToken value is not valid.');
          },
        );
        return { InstanceRefreshes: items.map(({ each }) => each.describe()), NextToken: nextToken };
      },
    ),
    CancelInstanceRefresh: operation<CancelInstanceRefreshCommandInput, CancelInstanceRefreshCommandOutput>(
      CancelInstanceRefresh$,
      ['AutoScalingGroupName'],
      ({ AutoScalingGroupName }) => {
        const refresh = activeOf(AutoScalingGroupName);
        refresh.cancel();
        return { InstanceRefreshId: refresh.id };
      },
      groupPermissions('CancelInstanceRefresh'),
    ),
    RollbackInstanceRefresh: operation<RollbackInstanceRefreshCommandInput, RollbackInstanceRefreshCommandOutput>(
      RollbackInstanceRefresh$,
      ['AutoScalingGroupName'],
      ({ AutoScalingGroupName }) => {
        const refresh = activeOf(AutoScalingGroupName);
        refresh.rollBack();
        return { InstanceRefreshId: refresh.id };
      },
      groupPermissions('RollbackInstanceRefresh'),
    ),
  };
}

/**
 * The rights to launch that Auto Scaling requires of whoever names a launch template: to use what the template names,
 * to tag where it sets tags, and to pass its role. Sources: user guide, "IAM support for launch templates". The role of
 * an instance profile is judged by iam:PassRole, and a resource's tags do not matter for that.
 */
export function launches(
  { partition, region, accountId }: World,
  groups: AutoScalingGroups,
  { AutoScalingGroupName = '', DesiredConfiguration }: Partial<StartInstanceRefreshCommandInput>,
): Permission[] {
  const group = groups.get(AutoScalingGroupName);
  const { LaunchTemplateId, Version } = DesiredConfiguration?.LaunchTemplate ?? {};
  const data = group?.templateVersion?.(Number(Version));
  if (group === undefined || LaunchTemplateId === undefined || data === undefined) return [];
  const arn = (resource: string, account = accountId) => `arn:${partition}:ec2:${region}:${account}:${resource}`;
  const template = arn(`launch-template/${LaunchTemplateId}`);
  const launch = (resource: string, isOfTemplate: boolean): Permission => ({
    action: 'ec2:RunInstances',
    resource,
    context: { 'ec2:LaunchTemplate': template, 'ec2:IsLaunchTemplateResource': String(isOfTemplate) },
  });
  const alone = (resource: string): Permission => ({ action: 'ec2:RunInstances', resource, context: {} });
  const { CapacityReservationId: reservation, CapacityReservationResourceGroupArn: reservations } =
    data.CapacityReservationSpecification?.CapacityReservationTarget ?? {};
  const role = data.IamInstanceProfile === undefined ? undefined : group.roleArn;
  return [
    ...['instance/*', 'network-interface/*', 'volume/*', `subnet/${group.subnets[0]?.id}`].map((each) =>
      launch(arn(each), false),
    ),
    launch(arn(`image/${data.ImageId}`, ''), true),
    launch(template, true),
    ...(data.SecurityGroupIds ?? []).map((id) => launch(arn(`security-group/${id}`), true)),
    ...(data.KeyName === undefined ? [] : [launch(arn(`key-pair/${data.KeyName}`), true)]),
    ...(data.Placement?.GroupName === undefined
      ? []
      : [launch(arn(`placement-group/${data.Placement.GroupName}`), true)]),
    ...(reservation === undefined ? [] : [launch(arn(`capacity-reservation/${reservation}`), true)]),
    // These resources have no condition key for a launch template. Source: service authorization reference of EC2.
    ...(data.InstanceMarketOptions?.MarketType === 'spot' ? [alone(arn('spot-instances-request/*'))] : []),
    ...(data.LicenseSpecifications ?? []).map(({ LicenseConfigurationArn = '' }) => alone(LicenseConfigurationArn)),
    ...(reservations === undefined ? [] : [alone(reservations)]),
    ...(data.TagSpecifications ?? []).map(({ ResourceType }) => ({
      action: 'ec2:CreateTags',
      resource: arn(`${ResourceType}/*`),
      context: { 'ec2:CreateAction': 'RunInstances' },
    })),
    ...(role === undefined
      ? []
      : [{ action: 'iam:PassRole', resource: role, context: { 'iam:PassedToService': 'ec2.amazonaws.com' } }]),
  ];
}
