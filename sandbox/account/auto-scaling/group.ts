import type { LifecycleState } from '@aws-sdk/client-auto-scaling';
import type { ResponseLaunchTemplateData } from '@aws-sdk/client-ec2';
import type { Instance } from '../ec2/instances.ts';
import type { TargetGroup } from '../elastic-load-balancing/target-groups.ts';

/** An instance in an Auto Scaling group. */
export interface Member {
  readonly instance: Instance;
  lifecycleState: LifecycleState;
  /** Since when it has been in service, epoch ms. */
  inServiceAt?: number;
  /** Whether capacity rebalancing replaces it, so that it no longer counts towards the group's capacity. */
  isAtRisk?: boolean;
  /** The launch configuration that it was launched from. */
  readonly launchConfiguration?: string;
}

/** How long a new node takes, ms from its launch. */
export interface JoinTimes {
  readonly runningAfter: number;
  readonly readyAfter: number;
}

export interface AutoScalingGroup {
  readonly name: string;
  /** Another one once the group was made anew. */
  arn: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly subnets: ReadonlyArray<{ readonly id: string; readonly availabilityZone: string }>;
  readonly launchTemplate: { readonly id: string; readonly name: string; version: number };
  /** The target groups with which in-service members are registered. */
  readonly targetGroups: readonly TargetGroup[];
  /** Launches another instance; `zone` is the index of one of the group's subnets. */
  readonly launchAnother: (zone: number, into?: 'warm-pool') => void;
  /** Epoch ms. */
  createdAt: number;
  min: number;
  max: number;
  desired: number;
  /** What an EKS update adds to `desired` and `max` while it runs; negative when it terminates first. */
  surge: number;
  readonly members: Map<string, Member>;
  /** Suspended processes, such as `Launch`. */
  readonly suspended: ReadonlySet<string>;
  /** The source of launches, where that is not simply a numbered version of its launch template. */
  launchesFrom?: LaunchSource;
  /** The data of a version of its launch template, such as ImageId; undefined where the version does not exist. */
  readonly templateVersion?: (version: number) => ResponseLaunchTemplateData | undefined;
  /** ARN of the role of its instance profile. */
  readonly roleArn?: string;
  /** The AMI of each instance type, where its mixed instances policy names them. */
  overrideImages?: ReadonlyMap<string, string>;
  /** The version that launches use while an instance refresh with a desired configuration is active. */
  launching?: number;
  /** Its lifecycle hooks on terminations, by name. */
  readonly hooks: Map<string, TerminationHook>;
  /** Its lifecycle hook on launches, which the account ends by `completeLaunch`. */
  readonly launchHook?: LaunchHook;
  /** Whether an instance stays when a hook on its termination was abandoned. */
  retainsAbandoned?: boolean;
  /** When the active instance refresh began, epoch ms. */
  refreshedSince?: number;
  /**
   * Whether an instance refresh with a desired configuration is active, so that the source of launches cannot be
   * changed.
   */
  isLocked?: boolean;
  /** Its warm pool, whose instances are among its members with a lifecycle state of `Warmed:`. */
  warmPool?: WarmPool;
  /** The service principal that alone may change it; undefined where everybody with the right may. */
  readonly operator?: string;
  /** Whether it replaces Spot Instances upon EC2's recommendation. */
  readonly rebalancesCapacity?: boolean;
  /** Whether its instances are protected from scale-in. */
  readonly protectsInstances?: boolean;
}

/** The settings of a warm pool. */
export interface WarmPool {
  readonly minSize: number;
  /** The most instances in the pool and in the group together; undefined: the maximum size of the group. */
  readonly maxPrepared: number | undefined;
  readonly state: 'Stopped' | 'Running' | 'Hibernated';
  /** Whether a scale-in returns instances to the pool. */
  readonly reuseOnScaleIn: boolean;
  /** Whether it is being deleted. */
  readonly isEnding?: boolean;
  /**
   * Whether its instances join their cluster only once they are in service. Source: EKS user guide, "Decrease latency
   * for applications with long boot times using warm pools with managed node groups", How it works.
   */
  readonly joinsInService?: boolean;
}

export interface TerminationHook {
  readonly name: string;
  /** Seconds. */
  readonly heartbeatTimeout: number;
  readonly defaultResult: 'ABANDON' | 'CONTINUE';
  readonly metadata?: string;
  /** Whether somebody drains, and completes its actions within minutes. */
  readonly drains?: boolean;
}

export type LaunchHook = Pick<TerminationHook, 'heartbeatTimeout' | 'defaultResult'>;

/** `instance-requirements`: a mixed instances policy that selects instance types by their attributes. */
export type LaunchSource =
  | '$Latest'
  | '$Default'
  | 'launch-configuration'
  | 'mixed-instances'
  | 'instance-requirements';

/**
 * The version that the group launches. `$Default` stays the first one here, because nothing moves a template's default.
 */
export function launchedVersion({
  launching,
  launchesFrom,
  launchTemplate,
  templateVersion,
}: AutoScalingGroup): number {
  if (launching !== undefined) return launching;
  if (launchesFrom !== '$Latest') return launchTemplate.version;
  let { version } = launchTemplate;
  while (templateVersion?.(version + 1) !== undefined) version += 1;
  return version;
}

/**
 * The name of a launch configuration of a group that has these. One cannot be changed, so that a change is another one
 * (Auto Scaling user guide, "Launch configurations"): each version of what the group launches has a name of its own.
 */
export const configurationName = ({ launchTemplate: { name } }: AutoScalingGroup, version: number): string =>
  version === 1 ? name : `${name}-${version}`;

/** What a new member of the group is launched from, where that is a launch configuration. */
export const launchedFrom = (group: AutoScalingGroup): Pick<Member, 'launchConfiguration'> =>
  group.launchesFrom === 'launch-configuration'
    ? { launchConfiguration: configurationName(group, launchedVersion(group)) }
    : {};

/** The version of the launch template that an instance was launched from. */
export const templateVersion = ({ tags }: Instance): number => Number(tags.get('aws:ec2launchtemplate:version') ?? 1);
