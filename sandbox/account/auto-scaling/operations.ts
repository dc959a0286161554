import {
  DescribeAutoScalingInstances$,
  type DescribeAutoScalingInstancesCommandInput,
  type DescribeAutoScalingInstancesCommandOutput,
  DetachInstances$,
  type DetachInstancesCommandInput,
  type DetachInstancesCommandOutput,
  EnterStandby$,
  type EnterStandbyCommandInput,
  type EnterStandbyCommandOutput,
  ExitStandby$,
  type ExitStandbyCommandInput,
  type ExitStandbyCommandOutput,
} from '@aws-sdk/client-auto-scaling';
import * as z from 'zod';
import { AwsError } from '../../wire/aws-error.ts';
import { byText, pageOf } from '../pagination.ts';
import { operation, type Permission, type Service } from '../service.ts';
import type { World } from '../world.ts';
import { describeMember } from './descriptions.ts';
import type { AutoScalingGroups } from './groups.ts';
import { lifecycleOperations } from './lifecycle-operations.ts';
import { refreshOperations } from './refresh-operations.ts';
import { settingsOperations } from './settings-operations.ts';
import { Standby } from './standby.ts';
import { warmPoolOperations } from './warm-pool-operations.ts';

const MAX_INSTANCES = 50;

/** The operations on the instances of Auto Scaling groups, and the refreshes that replace them. */
export function instanceOperations(world: World, groups: AutoScalingGroups): Service['operations'] {
  const standby = new Standby(world, groups);
  const permissions =
    (action: string) =>
    ({ AutoScalingGroupName = '' }: { AutoScalingGroupName: string | undefined }): Permission[] => {
      const { partition, region, accountId } = world;
      const group = groups.get(AutoScalingGroupName);
      const anyOfThatName = `arn:${partition}:autoscaling:${region}:${accountId}:autoScalingGroup:*:autoScalingGroupName/${AutoScalingGroupName}`;
      const tags = Object.entries(group?.tags ?? {}).flatMap(([key, value]) => [
        [`autoscaling:ResourceTag/${key}`, value],
        [`aws:ResourceTag/${key}`, value],
      ]);
      return [
        {
          action: `autoscaling:${action}`,
          resource: group?.arn ?? anyOfThatName,
          context: Object.fromEntries(tags),
        },
      ];
    };
  return refusingForeign(groups, {
    DescribeAutoScalingInstances: operation<
      DescribeAutoScalingInstancesCommandInput,
      DescribeAutoScalingInstancesCommandOutput
    >(
      DescribeAutoScalingInstances$,
      ['InstanceIds', 'MaxRecords', 'NextToken'],
      ({ InstanceIds = [], MaxRecords = MAX_INSTANCES, NextToken }) => {
        if (InstanceIds.length > MAX_INSTANCES) {
          const message = `The number of instance ids that may be passed in is limited to ${MAX_INSTANCES}`;
          throw new AwsError('ValidationError', message);
        }
        if (MaxRecords < 1 || MaxRecords > MAX_INSTANCES) {
          throw new AwsError('ValidationError', `MaxRecords must be between 1 and ${MAX_INSTANCES}`);
        }
        const wanted = new Set(InstanceIds);
        const found = groups
          .list()
          .flatMap((group) => [...group.members.values()].map((member) => ({ group, member })))
          .filter(({ member }) => wanted.size === 0 || wanted.has(member.instance.id));
        const id = ({ member }: (typeof found)[number]) => member.instance.id;
        const { items, nextToken } = pageOf(found.sort(byText(id)), id, MaxRecords, NextToken, () => {
          return new AwsError('InvalidNextToken', 'The NextToken value is not valid.');
        });
        return {
          AutoScalingInstances: items.map(({ group, member }) => ({
            ...describeMember(group, member),
            AutoScalingGroupName: group.name,
            // This operation returns upper case where DescribeAutoScalingGroups returns `Healthy`.
            HealthStatus: 'HEALTHY',
          })),
          NextToken: nextToken,
        };
      },
    ),
    DetachInstances: operation<DetachInstancesCommandInput, DetachInstancesCommandOutput>(
      DetachInstances$,
      ['InstanceIds', 'AutoScalingGroupName', 'ShouldDecrementDesiredCapacity'],
      ({ AutoScalingGroupName = '', InstanceIds = [], ShouldDecrementDesiredCapacity = false }) => ({
        Activities: standby.detach(AutoScalingGroupName, InstanceIds, ShouldDecrementDesiredCapacity),
      }),
      permissions('DetachInstances'),
    ),
    EnterStandby: operation<EnterStandbyCommandInput, EnterStandbyCommandOutput>(
      EnterStandby$,
      ['InstanceIds', 'AutoScalingGroupName', 'ShouldDecrementDesiredCapacity'],
      ({ AutoScalingGroupName = '', InstanceIds = [], ShouldDecrementDesiredCapacity = false }) => ({
        Activities: standby.enter(AutoScalingGroupName, InstanceIds, ShouldDecrementDesiredCapacity),
      }),
      permissions('EnterStandby'),
    ),
    ExitStandby: operation<ExitStandbyCommandInput, ExitStandbyCommandOutput>(
      ExitStandby$,
      ['InstanceIds', 'AutoScalingGroupName'],
      ({ AutoScalingGroupName = '', InstanceIds = [] }) => ({
        Activities: standby.exit(AutoScalingGroupName, InstanceIds),
      }),
      permissions('ExitStandby'),
    ),
    ...refreshOperations(world, groups, permissions),
    ...lifecycleOperations(groups, permissions),
    ...settingsOperations(world, groups, permissions),
    ...warmPoolOperations(groups, permissions),
  });
}

/**
 * The operations, of which those that change a group refuse one with an operator. Source: API reference of Auto
 * Scaling, CreateAutoScalingGroup, Operator: "All mutating API calls from non-operator callers are rejected with an
 * AccessDenied exception." AWS does not document the text.
 */
function refusingForeign(groups: AutoScalingGroups, operations: Service['operations']): Service['operations'] {
  const refusing = Object.entries(operations).map(([name, { run, ...rest }]) => {
    if (name.startsWith('Describe')) return [name, { run, ...rest }] as const;
    const guarded: typeof run = (input, context) => {
      const { AutoScalingGroupName, InstanceId } = named.parse(input);
      const group = groups
        .list()
        .find(
          (each) => each.name === AutoScalingGroupName || (InstanceId !== undefined && each.members.has(InstanceId)),
        );
      if (group?.operator === undefined) return run(input, context);
      throw new AwsError('AccessDenied', `The Auto Scaling group ${group.name} is managed by ${group.operator}.`, 403);
    };
    return [name, { ...rest, run: guarded }] as const;
  });
  return Object.fromEntries(refusing);
}

/** What names the group that a request changes. */
const named = z.looseObject({ AutoScalingGroupName: z.string().optional(), InstanceId: z.string().optional() });
