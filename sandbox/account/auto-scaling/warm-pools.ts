import type { Random } from '../../time/random.ts';
import type { Instances } from '../ec2/instances.ts';
import type { World } from '../world.ts';
import type { Departures } from './departures.ts';
import { type AutoScalingGroup, launchedVersion, type Member, templateVersion } from './group.ts';

/** The members that are in the warm pool of their group, or on their way into or out of it. */
export const pooledMembers = ({ members }: AutoScalingGroup): Member[] =>
  [...members.values()].filter(({ lifecycleState }) => lifecycleState.startsWith('Warmed:'));

/** Whether a member is prepared: it can be put into service. */
export const isWarm = ({ lifecycleState }: Member): boolean =>
  /^Warmed:(Stopped|Running|Hibernated)$/.test(lifecycleState);

const isLeaving = ({ lifecycleState }: Member): boolean => lifecycleState.startsWith('Warmed:Terminat');

/**
 * The number of instances that a warm pool should have. Source: Auto Scaling user guide, "Warm pools for Amazon EC2
 * Auto Scaling", Warm pool size.
 */
export function poolSize({ warmPool, max, desired }: AutoScalingGroup): number {
  if (warmPool === undefined || warmPool.isEnding === true) return 0;
  return Math.max(warmPool.minSize, (warmPool.maxPrepared ?? max) - desired, 0);
}

/** What warm pools need of their groups. */
export interface PoolGroups {
  bringIntoService(group: AutoScalingGroup, member: Member): void;
  terminate(group: AutoScalingGroup, instance: Member['instance'], terminatedAfter: number): void;
  /** Deregisters a member from target groups. */
  withdraw(group: AutoScalingGroup, member: Member): number;
  readonly departures: Pick<Departures, 'returnThroughHooks'>;
  settleSoon(group: AutoScalingGroup): void;
}

const TERMINATION_MS = 60_000;

/**
 * The warm pools of Auto Scaling groups: instances beside the group that are launched ahead, and put into service when
 * it scales out. Source: Auto Scaling user guide, "Warm pools for Amazon EC2 Auto Scaling".
 */
export class WarmPools {
  readonly #world: World;
  readonly #instances: Instances;
  readonly #groups: PoolGroups;
  readonly #random: Random;

  constructor(world: World, instances: Instances, groups: PoolGroups) {
    this.#world = world;
    this.#instances = instances;
    this.#groups = groups;
    this.#random = world.random.fork('warm-pools');
  }

  /**
   * Prepares an instance that runs in the pool. Without a hook on launches Auto Scaling does not wait for its user
   * data, so that it may be stopped before it has joined its cluster.
   */
  prepare(group: AutoScalingGroup, member: Member): void {
    this.#world.time.after(this.#seconds(60, 120), () => this.#rest(group, member));
  }

  /**
   * Puts prepared instances into service, up to `count`. While an instance refresh is active, those that it replaces
   * stay. AWS does not say what they do.
   *
   * @returns how many
   */
  take(group: AutoScalingGroup, count: number): number {
    const { refreshedSince } = group;
    const isFresh = ({ instance }: Member) =>
      refreshedSince === undefined ||
      (instance.launchedAt >= refreshedSince && templateVersion(instance) === launchedVersion(group));
    const taken = pooledMembers(group)
      .filter((member) => isWarm(member) && isFresh(member))
      .slice(0, Math.max(0, count));
    for (const member of taken) this.#serve(group, member);
    return taken.length;
  }

  /** Launches what the pool lacks, or terminates what it has too many, those of the oldest launch template first. */
  fill(group: AutoScalingGroup): void {
    if (group.warmPool === undefined) return;
    const pooled = pooledMembers(group).filter((member) => !isLeaving(member));
    const wanted = poolSize(group);
    if (group.warmPool.isEnding === true && pooledMembers(group).length === 0) delete group.warmPool;
    for (let count = pooled.length; count < wanted && !group.suspended.has('Launch'); count += 1) {
      group.launchAnother(count % group.subnets.length, 'warm-pool');
    }
    if (group.suspended.has('Terminate')) return;
    const surplus = pooled
      .sort((a, b) => templateVersion(a.instance) - templateVersion(b.instance))
      .slice(0, Math.max(0, pooled.length - wanted));
    for (const { instance } of surplus) this.#groups.terminate(group, instance, TERMINATION_MS);
  }

  /**
   * Returns a member to the pool, where the pool takes back what a scale-in would terminate. Source: the same,
   * "Warm pool example events and patterns": its state is `Warmed:Pending:Wait` while it waits for hooks.
   *
   * @returns whether the pool takes it
   */
  takeBack(group: AutoScalingGroup, member: Member): boolean {
    const pooled = pooledMembers(group).filter((each) => !isLeaving(each));
    if (group.warmPool?.reuseOnScaleIn !== true || pooled.length >= poolSize(group)) return false;
    member.lifecycleState = 'Warmed:Pending';
    delete member.inServiceAt;
    this.#groups.withdraw(group, member);
    this.#groups.departures.returnThroughHooks(group, member, () => this.#rest(group, member));
    return true;
  }

  #rest(group: AutoScalingGroup, member: Member): void {
    const { instance } = member;
    const isPending = () =>
      group.members.get(instance.id) === member && member.lifecycleState.startsWith('Warmed:Pending');
    if (!isPending()) return;
    const { state = 'Stopped' } = group.warmPool ?? {};
    if (state === 'Running') {
      member.lifecycleState = 'Warmed:Running';
      return;
    }
    // EC2 shows a hibernated instance as stopped, too. Source: EC2 user guide, "Hibernate your Amazon EC2 instance".
    this.#instances.stop(instance, this.#seconds(15, 60), () => {
      if (isPending()) member.lifecycleState = `Warmed:${state}`;
    });
  }

  #serve(group: AutoScalingGroup, member: Member): void {
    const { instance } = member;
    const isRunning = member.lifecycleState === 'Warmed:Running';
    member.lifecycleState = 'Pending';
    const serve = () => {
      if (group.members.get(instance.id) !== member || member.lifecycleState !== 'Pending') return;
      this.#groups.bringIntoService(group, member);
      this.#groups.settleSoon(group);
    };
    if (isRunning) this.#world.time.after(this.#seconds(5, 15), serve);
    else this.#instances.start(instance, this.#seconds(10, 30), serve);
    this.#world.time.after(this.#seconds(40, 120), () => {
      if (instance.node === 'Joining' && instance.state === 'running') this.#instances.joined(instance);
    });
  }

  #seconds(least: number, most: number): number {
    return this.#random.integer(least, most) * 1000;
  }
}
