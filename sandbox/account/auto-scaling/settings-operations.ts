import {
  TerminateInstanceInAutoScalingGroup$,
  type TerminateInstanceInAutoScalingGroupCommandInput,
  type TerminateInstanceInAutoScalingGroupCommandOutput,
  UpdateAutoScalingGroup$,
  type UpdateAutoScalingGroupCommandInput,
  type UpdateAutoScalingGroupCommandOutput,
} from '@aws-sdk/client-auto-scaling';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { operation, type Permission, type Service } from '../service.ts';
import type { World } from '../world.ts';
import { begunActivity } from './activities.ts';
import type { AutoScalingGroup } from './group.ts';
import type { AutoScalingGroups } from './groups.ts';
import { needsHook } from './lifecycle-operations.ts';
import { launches } from './refresh-operations.ts';

const TERMINATION_MS = 60_000;

const invalid = (message: string) => new AwsError('ValidationError', message);

/** The operations on the source of a group's launches, on retention, and on the end of one instance. */
export function settingsOperations(
  world: World,
  groups: AutoScalingGroups,
  groupPermissions: (action: string) => (input: { AutoScalingGroupName: string | undefined }) => Permission[],
): Service['operations'] {
  const random = world.random.fork('auto-scaling-terminations');
  return {
    UpdateAutoScalingGroup: operation<UpdateAutoScalingGroupCommandInput, UpdateAutoScalingGroupCommandOutput>(
      UpdateAutoScalingGroup$,
      ['AutoScalingGroupName', 'LaunchTemplate', 'InstanceLifecyclePolicy'],
      ({ AutoScalingGroupName = '', LaunchTemplate, InstanceLifecyclePolicy }) => {
        const group = groups.existing(AutoScalingGroupName);
        const retention = InstanceLifecyclePolicy?.RetentionTriggers?.TerminateHookAbandon;
        if (retention === 'retain' && group.hooks.size === 0) throw needsHook(group);
        if (LaunchTemplate !== undefined) pin(group, LaunchTemplate);
        if (retention !== undefined) group.retainsAbandoned = retention === 'retain';
        return {};
      },
      (input) => {
        const { AutoScalingGroupName, LaunchTemplate } = input;
        if (LaunchTemplate === undefined) return groupPermissions('UpdateAutoScalingGroup')(input);
        // Source: service authorization reference of Auto Scaling.
        const isNumbered = /^\d+$/.test(LaunchTemplate.Version ?? '');
        const context = { 'autoscaling:LaunchTemplateVersionSpecified': String(isNumbered) };
        return [
          ...groupPermissions('UpdateAutoScalingGroup')(input).map((each) => ({
            ...each,
            context: { ...each.context, ...context },
          })),
          ...launches(world, groups, { AutoScalingGroupName, DesiredConfiguration: { LaunchTemplate } }),
        ];
      },
    ),
    TerminateInstanceInAutoScalingGroup: operation<
      TerminateInstanceInAutoScalingGroupCommandInput,
      TerminateInstanceInAutoScalingGroupCommandOutput
    >(
      TerminateInstanceInAutoScalingGroup$,
      ['InstanceId', 'ShouldDecrementDesiredCapacity'],
      ({ InstanceId = '', ShouldDecrementDesiredCapacity = false }) => {
        const group = groupWith(groups, InstanceId);
        const member = group?.members.get(InstanceId);
        if (group === undefined || member === undefined) {
          throw invalid(`Instance Id not found - No managed instance found for instance ID ${InstanceId}`);
        }
        if (member.lifecycleState.endsWith(':Retained')) groups.departures.terminateRetained(group, member);
        else {
          if (ShouldDecrementDesiredCapacity && group.desired <= group.min) {
            throw invalid(
              "Currently, desiredSize equals minSize. Terminating an instance without replacement will violate group's min size constraint.",
            );
          }
          if (ShouldDecrementDesiredCapacity) group.desired -= 1;
          groups.terminate(group, member.instance, TERMINATION_MS);
          groups.settleSoon(group);
        }
        const words = {
          description: 'Terminating EC2 instance',
          cause: 'was taken out of service in response to a user request',
        };
        const activity = begunActivity(world, group, member.instance, random.uuid(), words);
        return { Activity: groups.activities.add(activity) };
      },
      ({ InstanceId = '' }) =>
        groupPermissions('TerminateInstanceInAutoScalingGroup')({
          AutoScalingGroupName: groupWith(groups, InstanceId)?.name,
        }),
    ),
  };
}

/** Sets the version of its own launch template that a group launches from. This replaces no instance by itself. */
function pin(
  group: AutoScalingGroup,
  {
    LaunchTemplateId,
    LaunchTemplateName,
    Version = '$Default',
  }: NonNullable<UpdateAutoScalingGroupCommandInput['LaunchTemplate']>,
): void {
  if ((LaunchTemplateId === undefined) === (LaunchTemplateName === undefined)) {
    throw invalid('Valid requests must contain either launchTemplateId or LaunchTemplateName');
  }
  // Source: Auto Scaling user guide, "How an instance refresh works".
  if (group.isLocked === true) {
    throw invalid(
      'An active instance refresh with a desired configuration exists. All configuration options derived from the desired configuration are not available for update while the instance refresh is active.',
    );
  }
  const { id, name } = group.launchTemplate;
  if (LaunchTemplateId !== id && LaunchTemplateName !== name) {
    throw new NotImplemented('UpdateAutoScalingGroup to another launch template than that of the group');
  }
  if (Version === '$Latest' || Version === '$Default') {
    group.launchesFrom = Version;
    return;
  }
  const version = Number(Version);
  if (group.templateVersion?.(version) === undefined) {
    throw invalid(`The specified launch template version ${Version} does not exist.`);
  }
  group.launchTemplate.version = version;
  delete group.launchesFrom;
}

const groupWith = (groups: AutoScalingGroups, instanceId: string): AutoScalingGroup | undefined =>
  groups.list().find(({ members }) => members.has(instanceId));
