import type { Activity } from '@aws-sdk/client-auto-scaling';
import type { Random } from '../../time/random.ts';
import { AwsError } from '../../wire/aws-error.ts';
import type { World } from '../world.ts';
import { begunActivity } from './activities.ts';
import type { AutoScalingGroup, Member } from './group.ts';
import type { AutoScalingGroups } from './groups.ts';

const MAX_INSTANCES = 19;

/** EnterStandby, ExitStandby and DetachInstances: their errors and effects. */
export class Standby {
  readonly #world: World;
  readonly #groups: AutoScalingGroups;
  readonly #random: Random;

  constructor(world: World, groups: AutoScalingGroups) {
    this.#world = world;
    this.#groups = groups;
    this.#random = world.random.fork('auto-scaling-standby');
  }

  /**
   * Deregisters members from the group's target groups and, once these have drained, puts them into standby.
   *
   * @param decrement whether the group's desired capacity decreases by as many; otherwise it launches replacements
   * @throws ValidationError
   */
  enter(groupName: string, instanceIds: readonly string[], decrement: boolean): Activity[] {
    const group = this.#group(groupName);
    const members = membersOf(group, instanceIds, 'InService');
    if (decrement && group.desired - members.length < group.min) throw wrongSize(group, 'place into standby', members);
    return members.map((member) => {
      const before = capacityOf(group);
      if (decrement) group.desired -= 1;
      else this.#groups.settleSoon(group);
      member.lifecycleState = 'EnteringStandby';
      const after = Math.max(this.#someSeconds(), this.#groups.withdraw(group, member));
      this.#later(group, member, after, () => {
        if (member.lifecycleState === 'EnteringStandby') member.lifecycleState = 'Standby';
      });
      const change = decrement ? `, shrinking the capacity from ${before} to ${before - 1}` : '';
      return this.#begin(
        group,
        member,
        after,
        'Moving EC2 instance to Standby',
        `moved to standby${REQUESTED}${change}`,
      );
    });
  }

  /**
   * Puts members back into service, and increases the group's desired capacity by as many.
   *
   * @throws ValidationError
   */
  exit(groupName: string, instanceIds: readonly string[]): Activity[] {
    const group = this.#group(groupName);
    const members = membersOf(group, instanceIds, 'Standby');
    if (group.desired + members.length > group.max) throw wrongSize(group, 'move out of standby', members);
    return members.map((member) => {
      const before = capacityOf(group);
      group.desired += 1;
      member.lifecycleState = 'Pending';
      const after = this.#someSeconds();
      this.#later(group, member, after, () => {
        if (member.lifecycleState === 'Pending') this.#groups.bringIntoService(group, member);
        // Source: user guide, "Health checks for instances in an Auto Scaling group": an instance must be running.
        if (member.instance.state !== 'running') this.#groups.failHealthCheck(group, member.instance);
      });
      const change = `, increasing the capacity from ${before} to ${before + 1}`;
      const cause = `moved out of standby${REQUESTED}${change}`;
      return this.#begin(group, member, after, 'Moving EC2 instance out of Standby', cause);
    });
  }

  /**
   * Detaches members in service or in standby, and removes the group's tag from them; they keep running outside of any
   * group. Sources: EC2 Auto Scaling user guide, "Detach or attach instances" (both states; deregistered from target
   * groups; replaced unless the desired capacity is decremented) and "Tag Auto Scaling groups and instances" (the tag
   * `aws:autoscaling:groupName` goes).
   *
   * @throws ValidationError
   */
  detach(groupName: string, instanceIds: readonly string[], decrement: boolean): Activity[] {
    const group = this.#group(groupName);
    const members = membersOf(group, instanceIds, 'InService', 'Standby');
    if (decrement && group.desired - members.length < group.min) throw wrongSize(group, 'detach', members);
    return members.map((member) => {
      const before = capacityOf(group);
      if (decrement) group.desired -= 1;
      this.#groups.settleSoon(group);
      member.lifecycleState = 'Detaching';
      const after = Math.max(this.#someSeconds(), this.#groups.withdraw(group, member));
      this.#later(group, member, after, () => {
        group.members.delete(member.instance.id);
        member.instance.tags.delete('aws:autoscaling:groupName');
      });
      const change = decrement ? `, shrinking the capacity from ${before} to ${before - 1}` : '';
      return this.#begin(group, member, after, 'Detaching EC2 instance', `detached${REQUESTED}${change}`);
    });
  }

  #group(name: string): AutoScalingGroup {
    return this.#groups.existing(name);
  }

  /** Begins an activity that ends after this many ms. */
  #begin(group: AutoScalingGroup, { instance }: Member, after: number, description: string, moved: string): Activity {
    const { activities } = this.#groups;
    const words = { description, cause: `was ${moved}` };
    const activity = begunActivity(this.#world, group, instance, this.#random.uuid(), words);
    this.#world.time.after(after, () => activities.end(activity.ActivityId));
    return activities.add(activity);
  }

  /** Runs the task later, unless the member has left the group by then. */
  #later(group: AutoScalingGroup, member: Member, ms: number, task: () => void): void {
    this.#world.time.after(ms, () => {
      if (group.members.get(member.instance.id) === member) task();
    });
  }

  #someSeconds(): number {
    return this.#random.integer(5, 15) * 1000;
  }
}

const REQUESTED = ' in response to a user request';

const capacityOf = ({ desired, surge }: AutoScalingGroup): number => desired + surge;

const invalid = (message: string) => new AwsError('ValidationError', message);

function membersOf(
  group: AutoScalingGroup,
  instanceIds: readonly string[],
  ...wanted: ReadonlyArray<'InService' | 'Standby'>
): Member[] {
  if (instanceIds.length === 0) throw invalid('At least one instance ID must be specified');
  if (instanceIds.length > MAX_INSTANCES) {
    throw invalid(
      `1 validation error detected: Value '[${instanceIds.join(', ')}]' at 'instanceIds' failed to satisfy constraint: Member must have length less than or equal to ${MAX_INSTANCES}`,
    );
  }
  return [...new Set(instanceIds)].map((id) => {
    const member = group.members.get(id);
    if (member === undefined) throw invalid(`The instance ${id} is not part of Auto Scaling group ${group.name}.`);
    const isWanted = wanted.some((state) => state === member.lifecycleState);
    if (!isWanted) throw invalid(`The instance ${id} is not in ${wanted.join(' or ')}.`);
    return member;
  });
}

/** The wording is known for EnterStandby; for ExitStandby it is modelled on that. */
function wrongSize(group: AutoScalingGroup, move: string, { length }: readonly Member[]): AwsError {
  const { name, min, max, surge } = group;
  const sizes = `min-size=${min}, max-size=${max + surge}, and desired-size=${capacityOf(group)}`;
  const instances = length === 1 ? '1 instance' : `${length} instances`;
  const advice = 'please update the AutoScalingGroup sizes appropriately.';
  return invalid(`AutoScalingGroup ${name} has ${sizes}. To ${move} ${instances}, ${advice}`);
}
