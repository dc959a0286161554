import type { Random } from '../../time/random.ts';
import { AwsError } from '../../wire/aws-error.ts';
import type { Instance, Instances, LaunchSpecification } from '../ec2/instances.ts';
import type { TargetGroups } from '../elastic-load-balancing/target-groups.ts';
import type { World } from '../world.ts';
import { ActivityHistory, type ActivityKind, announceActivity } from './activities.ts';
import { Departures, isTerminating, SCALE_IN_MS } from './departures.ts';
import { type AutoScalingGroup, type JoinTimes, launchedFrom, type Member, templateVersion } from './group.ts';
import { LifecycleActions } from './lifecycle-actions.ts';
import { poolSize, WarmPools } from './warm-pools.ts';

/** The members that count towards a group's capacity: in service, or about to be, also with a new root volume. */
export const servingMembers = ({ members }: AutoScalingGroup): Member[] =>
  [...members.values()].filter(
    ({ lifecycleState, isAtRisk }) =>
      isAtRisk !== true &&
      /^(Pending(:Wait)?|InService|RootVolumeReplaced|ReplacingRootVolume(:.*)?)$/.test(lifecycleState),
  );

/** The account's Auto Scaling groups. Launches and terminations are announced as events. */
export class AutoScalingGroups {
  readonly activities: ActivityHistory;
  readonly lifecycle: LifecycleActions;
  readonly departures: Departures;
  readonly #pools: WarmPools;
  readonly #world: World;
  readonly #instances: Instances;
  readonly #targetGroups: TargetGroups;
  readonly #random: Random;
  readonly #reactions: Random;
  readonly #byName = new Map<string, AutoScalingGroup>();
  readonly #listeners: Array<(group: AutoScalingGroup, instance: Instance) => void> = [];

  constructor(world: World, instances: Instances, targetGroups: TargetGroups) {
    this.#world = world;
    this.activities = new ActivityHistory(world);
    this.lifecycle = new LifecycleActions(world);
    this.#instances = instances;
    this.#targetGroups = targetGroups;
    this.#random = world.random.fork('auto-scaling');
    this.#reactions = world.random.fork('auto-scaling-reactions');
    this.departures = new Departures(world, instances, this);
    this.#pools = new WarmPools(world, instances, this);
    instances.onTerminated((instance) => this.#lose(instance));
  }

  /** The state of a CloudWatch alarm by its name; undefined where there is none. Refreshes watch alarms. */
  alarmState: (name: string) => string | undefined = () => undefined;

  create({
    suspended = new Set(),
    hooks = new Map(),
    ...group
  }: Omit<AutoScalingGroup, 'arn' | 'members' | 'surge' | 'suspended' | 'hooks'> &
    Partial<Pick<AutoScalingGroup, 'suspended' | 'hooks'>>): AutoScalingGroup {
    const { partition, region, accountId } = this.#world;
    const id = `${this.#random.uuid()}:autoScalingGroupName/${group.name}`;
    const arn = `arn:${partition}:autoscaling:${region}:${accountId}:autoScalingGroup:${id}`;
    const created = { ...group, suspended, hooks, arn, surge: 0, members: new Map() };
    this.#byName.set(group.name, created);
    return created;
  }

  /** Forgets a group that is deleted. */
  remove({ name }: AutoScalingGroup): void {
    this.#byName.delete(name);
  }

  get(name: string): AutoScalingGroup | undefined {
    return this.#byName.get(name);
  }

  /** @throws ValidationError where there is no group of that name */
  existing(name: string): AutoScalingGroup {
    const group = this.#byName.get(name);
    if (group !== undefined) return group;
    throw new AwsError('ValidationError', `AutoScalingGroup name not found - AutoScalingGroup '${name}' not found`);
  }

  list(): AutoScalingGroup[] {
    return [...this.#byName.values()];
  }

  /** Calls the listener for each instance that a group has launched, once it is Ready as a node. */
  onReady(listener: (group: AutoScalingGroup, instance: Instance) => void): void {
    this.#listeners.push(listener);
  }

  /** Adds an instance that has been running since `launchedAt` (epoch ms). */
  adopt(group: AutoScalingGroup, specification: LaunchSpecification, launchedAt: number): Instance {
    const instance = this.#instances.adopt(specification, launchedAt);
    group.members.set(instance.id, {
      instance,
      lifecycleState: 'InService',
      inServiceAt: launchedAt,
      ...launchedFrom(group),
    });
    for (const targetGroup of group.targetGroups)
      this.#targetGroups.registerInstance(targetGroup, instance, launchedAt);
    return instance;
  }

  /** Adds the instances that are in the group's warm pool at the start, launched then (epoch ms). */
  adoptPool(group: AutoScalingGroup, specify: (zone: number) => LaunchSpecification, launchedAt: number): void {
    for (let zone = 0; zone < poolSize(group); zone += 1) {
      const { state = 'Stopped', joinsInService = false } = group.warmPool ?? {};
      const instance =
        state === 'Running'
          ? this.#instances.adopt(specify(zone), launchedAt, !joinsInService)
          : this.#instances.adoptStopped(specify(zone), launchedAt);
      group.members.set(instance.id, { instance, lifecycleState: `Warmed:${state}`, ...launchedFrom(group) });
    }
  }

  /** Launches an instance into the group, or into its warm pool. */
  launch(
    group: AutoScalingGroup,
    specification: LaunchSpecification,
    { runningAfter, readyAfter }: JoinTimes,
    into: 'group' | 'warm-pool' = 'group',
  ): Instance {
    const startedAt = this.#world.time.now;
    const instance = this.#instances.launch(specification, runningAfter, () => {
      const member = group.members.get(instance.id);
      if (member?.lifecycleState === 'Pending') this.#arrive(group, member);
      if (member?.lifecycleState === 'Warmed:Pending') this.#pools.prepare(group, member);
      this.announce('launch', group, instance, startedAt);
    });
    group.members.set(instance.id, {
      instance,
      lifecycleState: into === 'group' ? 'Pending' : 'Warmed:Pending',
      ...launchedFrom(group),
    });
    this.#world.time.after(readyAfter, () => {
      if (instance.node !== 'Joining' || instance.state !== 'running') return;
      const isPooled = group.members.get(instance.id)?.lifecycleState.startsWith('Warmed:') === true;
      if (isPooled && group.warmPool?.joinsInService === true) return;
      this.#instances.joined(instance);
      for (const listener of this.#listeners) listener(group, instance);
    });
    return instance;
  }

  /** Puts a launched member into service, once the group's hook on launches is done, or has timed out. */
  #arrive(group: AutoScalingGroup, member: Member): void {
    member.lifecycleState = 'Pending:Wait';
    const { heartbeatTimeout, defaultResult } = group.launchHook ?? {};
    if (heartbeatTimeout === undefined || defaultResult === undefined) this.completeLaunch(group, member.instance);
    else
      this.#world.time.after(heartbeatTimeout * 1000, () => {
        if (defaultResult === 'CONTINUE') this.completeLaunch(group, member.instance);
        else if (member.lifecycleState === 'Pending:Wait') this.failHealthCheck(group, member.instance);
      });
  }

  /** Completes the hook on launches of an instance that waits for it, so that it comes into service. */
  completeLaunch(group: AutoScalingGroup, { id }: Instance): void {
    const member = group.members.get(id);
    if (member?.lifecycleState === 'Pending:Wait') this.bringIntoService(group, member);
  }

  /** Puts a member into service, and registers it with the group's target groups. */
  bringIntoService(group: AutoScalingGroup, member: Member): void {
    member.lifecycleState = 'InService';
    member.inServiceAt = this.#world.time.now;
    for (const targetGroup of group.targetGroups) {
      this.#targetGroups.registerInstance(targetGroup, member.instance, this.#world.time.now);
    }
  }

  /** Deregisters a member from the group's target groups, and returns how long that takes at most, ms. */
  withdraw(group: AutoScalingGroup, { instance }: Member): number {
    const delays = group.targetGroups.map((targetGroup) =>
      this.#targetGroups.deregister(targetGroup, { id: instance.id, port: targetGroup.port }),
    );
    return Math.max(0, ...delays);
  }

  /** Terminates an instance of the group, once the hooks are done: see {@link Departures}. */
  terminate(group: AutoScalingGroup, instance: Instance, terminatedAfter: number): void {
    this.departures.terminate(group, instance, terminatedAfter);
  }

  /** Fails the status checks of an instance of the group, which is then terminated and replaced. */
  failHealthCheck(group: AutoScalingGroup, instance: Instance): void {
    this.terminate(group, instance, SCALE_IN_MS);
    this.settleSoon(group);
  }

  /** Adjusts the group's capacity in some seconds, as Auto Scaling does after a change. */
  settleSoon(group: AutoScalingGroup): void {
    this.#world.time.after(this.#reactions.integer(5, 15) * 1000, () => this.settle(group));
  }

  /**
   * Launches missing instances, or terminates surplus ones, those of the oldest launch template first. What the warm
   * pool has, or takes back, comes before that.
   */
  settle(group: AutoScalingGroup): void {
    const serving = servingMembers(group);
    const capacity = group.desired + group.surge;
    // Source: EC2 Auto Scaling user guide, "Suspend-resume processes": without Launch nothing is added, without
    // Terminate nothing is removed.
    const isLaunching = !group.suspended.has('Launch');
    const taken = isLaunching ? this.#pools.take(group, capacity - serving.length) : 0;
    for (let count = serving.length + taken; count < capacity && isLaunching; count += 1) {
      group.launchAnother(emptiestZone(group));
    }
    if (!group.suspended.has('Terminate')) {
      const surplus = serving
        .toSorted(
          ({ instance: a }, { instance: b }) => templateVersion(a) - templateVersion(b) || a.launchedAt - b.launchedAt,
        )
        .slice(0, Math.max(0, serving.length - capacity));
      for (const member of surplus) {
        if (!this.#pools.takeBack(group, member)) this.terminate(group, member.instance, SCALE_IN_MS);
      }
    }
    this.#pools.fill(group);
  }

  /** Handles a terminated instance. Unless the group has terminated it, a health check notices and replaces it. */
  #lose(instance: Instance): void {
    const group = this.#byName.get(instance.tags.get('aws:autoscaling:groupName') ?? '');
    const member = group?.members.get(instance.id);
    if (group === undefined || member === undefined) return;
    const { lifecycleState } = member;
    if (/^(Warmed:)?Terminating(:Proceed)?$/.test(lifecycleState)) return;
    if (isTerminating(member)) {
      this.lifecycle.forget(instance.id);
      group.members.delete(instance.id);
      return;
    }
    const startedAt = this.#world.time.now;
    // Auto Scaling checks no health in standby, and an instance that is not in service needs no replacement.
    if (member.lifecycleState === 'Standby' || member.lifecycleState === 'EnteringStandby') {
      group.members.delete(instance.id);
      return;
    }
    this.#world.time.after(this.#reactions.integer(30, 90) * 1000, () => {
      if (!group.members.delete(instance.id)) return;
      this.announce('loss', group, instance, startedAt);
      this.settle(group);
    });
  }

  /** Adds an activity to the group's history, and publishes it. */
  announce(kind: ActivityKind, group: AutoScalingGroup, instance: Instance, startedAt: number): void {
    this.activities.add(announceActivity(this.#world, kind, group, instance, startedAt, this.#random.uuid()));
  }
}

/** Index of the subnet with the fewest serving instances. */
function emptiestZone(group: AutoScalingGroup): number {
  const serving = servingMembers(group);
  const counts = group.subnets.map(({ id }) => serving.filter(({ instance }) => instance.subnetId === id).length);
  return counts.indexOf(Math.min(...counts));
}
