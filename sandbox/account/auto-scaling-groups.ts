import type { LifecycleState } from '@aws-sdk/client-auto-scaling';
import type { Random } from '../time/random.ts';
import type { Instance, Instances, LaunchSpecification } from './ec2-instances.ts';
import type { World } from './world.ts';

/** One Auto Scaling group. */
export interface AutoScalingGroup {
  readonly name: string;
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly subnets: ReadonlyArray<{ readonly id: string; readonly availabilityZone: string }>;
  readonly launchTemplate: { readonly id: string; readonly name: string; version: number };
  /** Epoch ms. */
  readonly createdAt: number;
  min: number;
  max: number;
  desired: number;
  readonly members: Map<string, { readonly instance: Instance; lifecycleState: LifecycleState }>;
}

/** The account's Auto Scaling groups: what they launch and terminate, they announce. */
export class AutoScalingGroups {
  readonly #world: World;
  readonly #instances: Instances;
  readonly #random: Random;
  readonly #byName = new Map<string, AutoScalingGroup>();

  constructor(world: World, instances: Instances) {
    this.#world = world;
    this.#instances = instances;
    this.#random = world.random.fork('auto-scaling');
  }

  create(group: Omit<AutoScalingGroup, 'arn' | 'members'>): AutoScalingGroup {
    const { partition, region, accountId } = this.#world;
    const id = `${this.#random.uuid()}:autoScalingGroupName/${group.name}`;
    const arn = `arn:${partition}:autoscaling:${region}:${accountId}:autoScalingGroup:${id}`;
    const created = { ...group, arn, members: new Map() };
    this.#byName.set(group.name, created);
    return created;
  }

  get(name: string): AutoScalingGroup | undefined {
    return this.#byName.get(name);
  }

  list(): AutoScalingGroup[] {
    return [...this.#byName.values()];
  }

  /** Takes in an instance that has been running since `launchedAt` (epoch ms). */
  adopt(group: AutoScalingGroup, specification: LaunchSpecification, launchedAt: number): Instance {
    const instance = this.#instances.adopt(specification, launchedAt);
    group.members.set(instance.id, { instance, lifecycleState: 'InService' });
    return instance;
  }

  /** Launches an instance into the group; it is in service after `runningAfter` ms. */
  launch(group: AutoScalingGroup, specification: LaunchSpecification, runningAfter: number): Instance {
    const startedAt = this.#world.time.now;
    const instance = this.#instances.launch(specification, runningAfter, () => {
      const member = group.members.get(instance.id);
      if (member !== undefined) member.lifecycleState = 'InService';
      this.#announce('EC2 Instance Launch Successful', 'Launching a new EC2 instance', group, instance, startedAt);
    });
    group.members.set(instance.id, { instance, lifecycleState: 'Pending' });
    return instance;
  }

  /** Terminates an instance of the group; it leaves the group when it is gone, after `terminatedAfter` ms. */
  terminate(group: AutoScalingGroup, instance: Instance, terminatedAfter: number): void {
    const member = group.members.get(instance.id);
    if (member === undefined || member.lifecycleState === 'Terminating') return;
    const startedAt = this.#world.time.now;
    member.lifecycleState = 'Terminating';
    this.#instances.terminate(instance, terminatedAfter, () => {
      group.members.delete(instance.id);
      this.#announce('EC2 Instance Terminate Successful', 'Terminating EC2 instance', group, instance, startedAt);
    });
  }

  #announce(
    detailType: string,
    description: string,
    group: AutoScalingGroup,
    instance: Instance,
    startedAt: number,
  ): void {
    const { partition, region, accountId } = this.#world;
    const activityId = this.#random.uuid();
    const startTime = new Date(startedAt).toISOString();
    this.#world.emit({
      source: 'aws.autoscaling',
      detailType,
      resources: [group.arn, `arn:${partition}:ec2:${region}:${accountId}:instance/${instance.id}`],
      detail: {
        StatusCode: 'InProgress',
        Description: `${description}: ${instance.id}`,
        AutoScalingGroupName: group.name,
        ActivityId: activityId,
        Details: { 'Availability Zone': instance.availabilityZone, 'Subnet ID': instance.subnetId },
        RequestId: activityId,
        StatusMessage: '',
        StartTime: startTime,
        EndTime: new Date(this.#world.time.now).toISOString(),
        EC2InstanceId: instance.id,
        Cause: `At ${startTime} an instance was ${detailType.includes('Launch') ? 'started' : 'taken out of service'} in response to a user request.`,
      },
    });
  }
}
