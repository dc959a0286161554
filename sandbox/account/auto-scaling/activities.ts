import type { Activity } from '@aws-sdk/client-auto-scaling';
import type { Instance } from '../ec2/instances.ts';
import type { World } from '../world.ts';

/** The group that the activity belongs to. */
interface Group {
  readonly name: string;
  readonly arn: string;
}

const WORDS = {
  launch: {
    detailType: 'EC2 Instance Launch Successful',
    description: 'Launching a new EC2 instance',
    cause: 'an instance was started in response to a user request.',
  },
  terminate: {
    detailType: 'EC2 Instance Terminate Successful',
    description: 'Terminating EC2 instance',
    cause: 'an instance was taken out of service in response to a user request.',
  },
  loss: {
    detailType: 'EC2 Instance Terminate Successful',
    description: 'Terminating EC2 instance',
    cause:
      'an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.',
  },
} as const;

/** Kind of activity. `loss`: somebody else terminated the instance, and a health check noticed. */
export type ActivityKind = keyof typeof WORDS;

/** Publishes the event of a successful activity, and adds it to the history. `startedAt` is in epoch ms. */
export function announceActivity(
  world: World,
  kind: ActivityKind,
  group: Group,
  instance: Instance,
  startedAt: number,
  activityId: string,
): Activity {
  const { partition, region, accountId } = world;
  const { detailType, description, cause } = WORDS[kind];
  const startTime = new Date(startedAt).toISOString();
  world.emit({
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
      EndTime: new Date(world.time.now).toISOString(),
      EC2InstanceId: instance.id,
      Cause: `At ${startTime} ${cause}`,
    },
  });
  return {
    ActivityId: activityId,
    AutoScalingGroupName: group.name,
    Description: `${description}: ${instance.id}`,
    Cause: `At ${startTime} ${cause}`,
    StartTime: new Date(startedAt),
    EndTime: new Date(world.time.now),
    StatusCode: 'Successful',
    Progress: 100,
    Details: detailsOf(instance),
    AutoScalingGroupARN: group.arn,
  };
}

const detailsOf = (instance: Instance): string =>
  JSON.stringify({ 'Subnet ID': instance.subnetId, 'Availability Zone': instance.availabilityZone });

/** Auto Scaling keeps activities for six weeks. Source: Auto Scaling API reference, DescribeScalingActivities. */
const KEPT_MS = 42 * 24 * 3_600_000;

/** The activities of the groups' instances, as DescribeScalingActivities returns them, latest first. */
export class ActivityHistory {
  readonly #time: World['time'];
  #activities: Activity[] = [];

  constructor({ time }: World) {
    this.#time = time;
  }

  add(activity: Activity): Activity {
    const [oldest] = this.#activities;
    if (oldest !== undefined && !this.#isKept(oldest))
      this.#activities = this.#activities.filter((each) => this.#isKept(each));
    this.#activities.push(activity);
    return activity;
  }

  /** Marks an activity as successful. */
  end(activityId: string | undefined): void {
    const ended = { StatusCode: 'Successful', Progress: 100, EndTime: new Date(this.#time.now) } as const;
    this.#activities = this.#activities.map((each) => (each.ActivityId === activityId ? { ...each, ...ended } : each));
  }

  list(): Activity[] {
    return this.#activities.filter((each) => this.#isKept(each)).reverse();
  }

  #isKept({ StartTime }: Activity): boolean {
    return (StartTime?.getTime() ?? 0) > this.#time.now - KEPT_MS;
  }
}

/** An activity that a call has just begun, as in the call's response. */
export function begunActivity(
  { time }: World,
  group: Group,
  instance: Instance,
  activityId: string,
  words: { readonly description: string; readonly cause: string },
): Activity {
  const startTime = new Date(time.now);
  return {
    ActivityId: activityId,
    AutoScalingGroupName: group.name,
    Description: `${words.description}: ${instance.id}`,
    Cause: `At ${startTime.toISOString().replace(/\.\d+Z$/, 'Z')} instance ${instance.id} ${words.cause}.`,
    StartTime: startTime,
    StatusCode: 'InProgress',
    Progress: 50,
    Details: detailsOf(instance),
    AutoScalingGroupARN: group.arn,
  };
}
