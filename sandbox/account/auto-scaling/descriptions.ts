import type { AutoScalingGroup as DescribedGroup, Instance as DescribedMember } from '@aws-sdk/client-auto-scaling';
import { type AutoScalingGroup, configurationName, type Member, type WarmPool } from './group.ts';
import { pooledMembers } from './warm-pools.ts';

/** A group as DescribeAutoScalingGroups returns it. */
export function describeGroup(group: AutoScalingGroup, includeInstances: boolean): DescribedGroup {
  return {
    AutoScalingGroupName: group.name,
    AutoScalingGroupARN: group.arn,
    ...launchSource(group),
    MinSize: group.min,
    MaxSize: group.max + group.surge,
    DesiredCapacity: group.desired + group.surge,
    DefaultCooldown: 300,
    AvailabilityZones: group.subnets.map(({ availabilityZone }) => availabilityZone),
    TargetGroupARNs: group.targetGroups.map(({ arn }) => arn),
    HealthCheckType: 'EC2',
    HealthCheckGracePeriod: 15,
    Instances: includeInstances
      ? [...group.members.values()]
          .filter(({ lifecycleState }) => !lifecycleState.startsWith('Warmed:'))
          .map((member) => describeMember(group, member))
      : [],
    ...(group.warmPool !== undefined && {
      WarmPoolConfiguration: describeWarmPool(group.warmPool),
      WarmPoolSize: pooledMembers(group).length,
    }),
    CreatedTime: new Date(group.createdAt),
    VPCZoneIdentifier: group.subnets.map(({ id }) => id).join(','),
    Tags: Object.entries(group.tags).map(([Key, Value]) => ({
      ResourceId: group.name,
      ResourceType: 'auto-scaling-group',
      Key,
      Value,
      PropagateAtLaunch: true,
    })),
    TerminationPolicies: ['AllocationStrategy', 'OldestLaunchTemplate', 'OldestInstance'],
    ...(group.rebalancesCapacity === true && { CapacityRebalance: true }),
    NewInstancesProtectedFromScaleIn: group.protectsInstances === true,
    ...(group.operator !== undefined && { Operator: { Principal: group.operator } }),
    ...(group.retainsAbandoned !== undefined && {
      InstanceLifecyclePolicy: {
        RetentionTriggers: {
          TerminateHookAbandon: group.retainsAbandoned ? ('retain' as const) : ('terminate' as const),
        },
      },
    }),
    SuspendedProcesses: [...group.suspended].map((ProcessName) => ({
      ProcessName,
      SuspensionReason: 'User suspended',
    })),
  };
}

/** The settings of a warm pool as Auto Scaling returns them. */
export const describeWarmPool = ({ minSize, maxPrepared, state, reuseOnScaleIn, isEnding }: WarmPool) => ({
  MinSize: minSize,
  ...(maxPrepared !== undefined && { MaxGroupPreparedCapacity: maxPrepared }),
  PoolState: state,
  ...(reuseOnScaleIn && { InstanceReusePolicy: { ReuseOnScaleIn: true } }),
  ...(isEnding === true && { Status: 'PendingDelete' as const }),
});

/** A member as Auto Scaling returns it. */
export function describeMember(
  group: AutoScalingGroup,
  { instance, lifecycleState, launchConfiguration }: Member,
): DescribedMember {
  return {
    InstanceId: instance.id,
    InstanceType: instance.instanceType,
    ...(group.overrideImages !== undefined && { ImageId: instance.imageId }),
    AvailabilityZone: instance.availabilityZone,
    LifecycleState: lifecycleState,
    HealthStatus: 'Healthy',
    ...(launchConfiguration !== undefined
      ? { LaunchConfigurationName: launchConfiguration }
      : { LaunchTemplate: launchTemplate(group, instance.tags.get('aws:ec2launchtemplate:version') ?? '1') }),
    ProtectedFromScaleIn: group.protectsInstances === true,
  };
}

const launchTemplate = ({ launchTemplate: { id, name } }: AutoScalingGroup, version: string) => ({
  LaunchTemplateId: id,
  LaunchTemplateName: name,
  Version: version,
});

/** The source of the group's launches, as its description names it. */
function launchSource(group: AutoScalingGroup): Partial<DescribedGroup> {
  const { launchesFrom, launchTemplate: template } = group;
  if (launchesFrom === 'launch-configuration') {
    return { LaunchConfigurationName: configurationName(group, template.version) };
  }
  const numbered = launchTemplate(group, String(template.version));
  if (launchesFrom === undefined) return { LaunchTemplate: numbered };
  if (launchesFrom === '$Latest' || launchesFrom === '$Default') {
    return { LaunchTemplate: { ...numbered, Version: launchesFrom } };
  }
  const Overrides =
    launchesFrom === 'mixed-instances'
      ? ['m7i.large', 'm6i.large'].map((InstanceType) => ({
          InstanceType,
          ...(group.overrideImages?.has(InstanceType) && { ImageId: group.overrideImages.get(InstanceType) }),
        }))
      : [{ InstanceRequirements: { VCpuCount: { Min: 2 }, MemoryMiB: { Min: 4096 } } }];
  return { MixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification: numbered, Overrides } } };
}
