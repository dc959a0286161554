import type { Instance, Instances } from '../ec2/instances.ts';
import type { World } from '../world.ts';
import type { ActivityKind } from './activities.ts';
import type { AutoScalingGroup, Member } from './group.ts';
import type { LifecycleActions } from './lifecycle-actions.ts';

/** Between the start of a root volume's replacement and its end, and for the health checks after that. */
const ROOT_VOLUME_MS = 120_000;
const HEALTH_CHECKS_MS = 60_000;
/** Until the kubelet of the new volume reports. Auto Scaling does not wait for that. */
const BOOT_MS = 90_000;

export const SCALE_IN_MS = 60_000;

/** Whether a member ends, or is retained at its end. */
export const isTerminating = ({ lifecycleState }: Member): boolean =>
  /^(Warmed:)?Terminat/.test(lifecycleState) || lifecycleState.endsWith(':Retained');

/** What departures need of the groups. */
export interface DepartureGroups {
  readonly lifecycle: LifecycleActions;
  bringIntoService(group: AutoScalingGroup, member: Member): void;
  /** Deregisters a member from target groups. */
  withdraw(group: AutoScalingGroup, member: Member): number;
  settleSoon(group: AutoScalingGroup): void;
  announce(kind: ActivityKind, group: AutoScalingGroup, instance: Instance, startedAt: number): void;
}

/** How members leave service through the hooks on terminations: for good, into the warm pool, or for a new root volume. */
export class Departures {
  readonly #world: World;
  readonly #instances: Instances;
  readonly #groups: DepartureGroups;

  constructor(world: World, instances: Instances, groups: DepartureGroups) {
    this.#world = world;
    this.#instances = instances;
    this.#groups = groups;
  }

  /**
   * Terminates an instance of the group: it waits for the group's hooks, and leaves the group once it is terminated,
   * `terminatedAfter` ms later. An instance that somebody else has terminated is left to the health check.
   */
  terminate(group: AutoScalingGroup, instance: Instance, terminatedAfter: number): void {
    const member = group.members.get(instance.id);
    if (member === undefined || isTerminating(member)) return;
    if (instance.state === 'shutting-down' || instance.state === 'terminated') return;
    const startedAt = this.#world.time.now;
    const isPooled = member.lifecycleState.startsWith('Warmed:');
    const state = isPooled ? 'Warmed:Terminating' : 'Terminating';
    member.lifecycleState = state;
    this.#groups.withdraw(group, member);
    const move = { state, origin: isPooled ? 'WarmPool' : 'AutoScalingGroup', destination: 'EC2' } as const;
    this.#groups.lifecycle.begin(group, instance, move, (result) => {
      if (!group.members.has(instance.id)) return;
      if (result === 'ABANDON' && group.retainsAbandoned === true) member.lifecycleState = `${state}:Retained`;
      else this.#end(group, member, terminatedAfter, startedAt);
    });
  }

  /**
   * Has a member that returns to the warm pool wait for the hooks on terminations. One that is abandoned is retained or
   * ends, as at any termination: AWS does not say.
   */
  returnThroughHooks(group: AutoScalingGroup, member: Member, done: () => void): void {
    const move = { state: 'Warmed:Pending', origin: 'AutoScalingGroup', destination: 'WarmPool' } as const;
    this.#groups.lifecycle.begin(group, member.instance, move, (result) => {
      if (group.members.get(member.instance.id) !== member) return;
      if (result === 'CONTINUE') {
        if (group.hooks.size > 0) member.lifecycleState = 'Warmed:Pending:Proceed';
        done();
      } else if (group.retainsAbandoned === true) member.lifecycleState = 'Warmed:Pending:Retained';
      else this.#end(group, member, SCALE_IN_MS, this.#world.time.now);
    });
  }

  /**
   * Gives a member a new root volume of an AMI, once the hooks on terminations are done. Source: Auto Scaling user guide,
   * "Replace root volumes during instance refresh": the lifecycle states, and that a member is terminated whose
   * replacement fails. That an abandoned hook counts as such a failure is not documented.
   */
  replaceRootVolume(group: AutoScalingGroup, member: Member, imageId: string): void {
    const { time } = this.#world;
    const isStill = (state: Member['lifecycleState']) =>
      group.members.get(member.instance.id) === member && member.lifecycleState === state;
    const move = {
      state: 'ReplacingRootVolume',
      origin: 'AutoScalingGroup',
      destination: 'AutoScalingGroup',
      action: 'ReplaceRootVolume',
    } as const;
    member.lifecycleState = 'ReplacingRootVolume';
    this.#groups.lifecycle.begin(group, member.instance, move, (result) => {
      if (group.members.get(member.instance.id) !== member) return;
      if (result === 'ABANDON') {
        this.terminate(group, member.instance, SCALE_IN_MS);
        this.#groups.settleSoon(group);
        return;
      }
      member.lifecycleState = 'ReplacingRootVolume:Proceed';
      const takes = { takes: ROOT_VOLUME_MS, bootsFor: BOOT_MS };
      this.#instances.replaceRootVolume(member.instance, imageId, takes, () => {
        if (!isStill('ReplacingRootVolume:Proceed')) return;
        member.lifecycleState = 'RootVolumeReplaced';
        time.after(HEALTH_CHECKS_MS, () => {
          if (isStill('RootVolumeReplaced')) this.#groups.bringIntoService(group, member);
        });
      });
    });
  }

  /** Terminates a member that was retained. */
  terminateRetained(group: AutoScalingGroup, member: Member): void {
    this.#end(group, member, SCALE_IN_MS, this.#world.time.now);
  }

  #end(group: AutoScalingGroup, member: Member, terminatedAfter: number, startedAt: number): void {
    const { instance, lifecycleState } = member;
    const isPooled = lifecycleState.startsWith('Warmed:');
    if (group.hooks.size > 0 || isPooled) {
      member.lifecycleState = isPooled ? 'Warmed:Terminating:Proceed' : 'Terminating:Proceed';
    }
    this.#instances.terminate(instance, terminatedAfter, () => {
      group.members.delete(instance.id);
      this.#groups.announce('terminate', group, instance, startedAt);
      if (isPooled) this.#groups.settleSoon(group);
    });
  }
}
