import type { Random } from '../../time/random.ts';
import { AwsError } from '../../wire/aws-error.ts';
import type { Instance } from '../ec2/instances.ts';
import type { World } from '../world.ts';
import type { AutoScalingGroup, TerminationHook } from './group.ts';

export type Result = 'ABANDON' | 'CONTINUE';

export const TERMINATING = 'autoscaling:EC2_INSTANCE_TERMINATING';

/** An instance in a wait state, for one hook. */
interface Action {
  readonly token: string;
  readonly hook: TerminationHook;
  readonly group: AutoScalingGroup;
  readonly instance: Instance;
  readonly move: Move;
  /** When the action times out, epoch ms. A heartbeat moves it, up to the global timeout. */
  deadline: number;
  readonly lastDeadline: number;
}

/** Where an instance goes that waits for hooks on terminations. */
export interface Move {
  /** The lifecycle state of the instance without `:Wait`. */
  readonly state: 'Terminating' | 'Warmed:Terminating' | 'Warmed:Pending' | 'ReplacingRootVolume';
  readonly origin: 'AutoScalingGroup' | 'WarmPool';
  /** Its group again, where it waits for a new root volume. */
  readonly destination: 'EC2' | 'WarmPool' | 'AutoScalingGroup';
  /**
   * What is done to it there. Source: Auto Scaling user guide, "Instance refresh example events and patterns", Instance
   * refresh replace root volume lifecycle events.
   */
  readonly action?: 'ReplaceRootVolume';
}

interface Waiting {
  readonly actions: Action[];
  readonly done: (result: Result) => void;
}

/** The names of an action in a call. */
export interface ActionName {
  readonly hook: string;
  readonly token: string | undefined;
  readonly instanceId: string | undefined;
}

/** The longest time that an instance waits, seconds. Source: API reference, LifecycleHook.GlobalTimeout. */
export const globalTimeout = ({ heartbeatTimeout }: TerminationHook): number =>
  Math.min(172_800, 100 * heartbeatTimeout);

/** The instances that wait for lifecycle hooks on their termination. */
export class LifecycleActions {
  readonly #world: World;
  readonly #random: Random;
  readonly #waiting = new Map<string, Waiting>();

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('lifecycle-actions');
  }

  /**
   * Makes an instance wait for the group's hooks, and publishes an event for each.
   *
   * @param done is called at once where the group has no hooks. `ABANDON` means that a hook was abandoned, or timed out
   * with that result.
   */
  begin(group: AutoScalingGroup, instance: Instance, move: Move, done: (result: Result) => void): void {
    if (group.hooks.size === 0) {
      done('CONTINUE');
      return;
    }
    const member = group.members.get(instance.id);
    if (member !== undefined) member.lifecycleState = `${move.state}:Wait`;
    const { now } = this.#world.time;
    const actions = [...group.hooks.values()].map((hook): Action => {
      const lastDeadline = now + globalTimeout(hook) * 1000;
      return {
        token: this.#random.uuid(),
        hook,
        group,
        instance,
        move,
        deadline: now + hook.heartbeatTimeout * 1000,
        lastDeadline,
      };
    });
    this.#waiting.set(instance.id, { actions, done });
    for (const action of actions) {
      this.#announce(action);
      this.#watch(action);
      if (action.hook.drains === true) {
        this.#world.time.after(this.#random.integer(60, 240) * 1000, () => this.#end(action, 'CONTINUE'));
      }
    }
  }

  /** @throws ValidationError where no such action is pending */
  heartbeat(group: AutoScalingGroup, name: ActionName): void {
    const action = this.#find(group, name);
    const moved = this.#world.time.now + action.hook.heartbeatTimeout * 1000;
    action.deadline = Math.min(Math.max(action.deadline, moved), action.lastDeadline);
  }

  /** @throws ValidationError where no such action is pending */
  complete(group: AutoScalingGroup, name: ActionName, result: Result): void {
    this.#end(this.#find(group, name), result);
  }

  /** Handles a deleted hook, for which instances wait no longer. Source: API reference, DeleteLifecycleHook. */
  release(group: AutoScalingGroup, hook: string): void {
    const pending = [...this.#waiting.values()].flatMap(({ actions }) => actions);
    for (const action of pending) {
      if (action.group === group && action.hook.name === hook) this.#end(action, 'CONTINUE');
    }
  }

  /** Forgets an instance that no longer exists. */
  forget(instanceId: string): void {
    this.#waiting.delete(instanceId);
  }

  #find(group: AutoScalingGroup, { hook, token, instanceId }: ActionName): Action {
    const found = [...this.#waiting.values()]
      .flatMap(({ actions }) => actions)
      .find(
        (action) =>
          action.group === group &&
          action.hook.name === hook &&
          (token === undefined ? action.instance.id === instanceId : action.token === token),
      );
    if (found !== undefined) return found;
    const named = token === undefined ? `instance ID ${instanceId}` : `token ${token}`;
    throw new AwsError('ValidationError', `No active Lifecycle Action found with ${named}`);
  }

  /** Ends an action. A termination continues once all hooks are done. An abandoned one stops the others. */
  #end(action: Action, result: Result): void {
    const waiting = this.#waiting.get(action.instance.id);
    const index = waiting?.actions.indexOf(action) ?? -1;
    if (waiting === undefined || index < 0) return;
    waiting.actions.splice(index, 1);
    if (result === 'CONTINUE' && waiting.actions.length > 0) return;
    this.#waiting.delete(action.instance.id);
    waiting.done(result);
  }

  #watch(action: Action): void {
    const { time } = this.#world;
    time.after(action.deadline - time.now, () => {
      if (time.now >= action.deadline) this.#end(action, action.hook.defaultResult);
      else this.#watch(action);
    });
  }

  /**
   * Publishes the event of an action. Source: Auto Scaling user guide, "EventBridge event reference for Amazon EC2 Auto
   * Scaling".
   */
  #announce({ token, hook, group, instance, move: { origin, destination, action } }: Action): void {
    this.#world.emit({
      source: 'aws.autoscaling',
      detailType: 'EC2 Instance-terminate Lifecycle Action',
      resources: [group.arn],
      detail: {
        LifecycleActionToken: token,
        AutoScalingGroupName: group.name,
        LifecycleHookName: hook.name,
        EC2InstanceId: instance.id,
        LifecycleTransition: TERMINATING,
        ...(hook.metadata !== undefined && { NotificationMetadata: hook.metadata }),
        Origin: origin,
        Destination: destination,
        ...(action !== undefined && { Action: action }),
      },
    });
  }
}
