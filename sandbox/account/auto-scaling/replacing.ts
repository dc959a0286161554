import type { RefreshPreferences } from '@aws-sdk/client-auto-scaling';
import type { World } from '../world.ts';
import { type AutoScalingGroup, launchedVersion, type Member, templateVersion } from './group.ts';
import { type AutoScalingGroups, servingMembers } from './groups.ts';
import type { ImagesByType } from './root-volumes.ts';
import { isWarm, pooledMembers, poolSize } from './warm-pools.ts';

/**
 * A refresh fails when it replaces no instance for this long, ms. Source: user guide, "How an instance refresh works".
 */
const PROGRESS_WITHIN_MS = 3_600_000;
const LOOKS_EVERY_MS = 15_000;
const TERMINATION_MS = 60_000;
const DEFAULT_MIN_HEALTHY = 90;

/** The reason why replacing stopped before its end. */
export class Stopped extends Error {
  readonly by: 'cancel' | 'rollback' | 'no-progress' | 'alarm';
  constructor(by: Stopped['by']) {
    super(by);
    this.by = by;
  }
}

/** The replacement of a group's instances, batch by batch, within the healthy percentages of a refresh. */
export class Replacing {
  /** An operator's request in the meantime, upon which replacing stops. */
  interrupted: 'cancel' | 'rollback' | undefined;
  /** The alarms that end the refresh once one of them is in ALARM. */
  watched: readonly string[];
  readonly #world: World;
  readonly #groups: AutoScalingGroups;
  readonly #group: AutoScalingGroup;
  readonly #preferences: RefreshPreferences;

  constructor(world: World, groups: AutoScalingGroups, group: AutoScalingGroup, preferences: RefreshPreferences) {
    this.#world = world;
    this.#groups = groups;
    this.#group = group;
    this.#preferences = preferences;
    this.watched = preferences.AlarmSpecification?.Alarms ?? [];
  }

  /**
   * Replaces members.
   * @param progress gets the number of remaining members before each batch and at the end. When it returns true,
   * replacing ends there.
   * @throws Stopped
   */
  async replace(members: readonly Member[], progress: (left: number) => Promise<boolean>): Promise<void> {
    const { ScaleInProtectedInstances = 'Wait' } = this.#preferences;
    const isProtected = this.#group.protectsInstances === true;
    const startedAt = this.#world.time.now;
    // Ignored members stay as they are, and the refresh is successful nevertheless.
    let old = isProtected && ScaleInProtectedInstances === 'Ignore' ? [] : [...members];
    await this.#settleStandby();
    if (isProtected && ScaleInProtectedInstances === 'Wait') await this.#until(() => false);
    for (;;) {
      old = old.filter(({ instance, lifecycleState }) => {
        return this.#group.members.has(instance.id) && lifecycleState === 'InService';
      });
      if ((await progress(old.length)) || old.length === 0) return;
      if (this.#group.suspended.has('InstanceRefresh') || this.#group.suspended.has('Terminate')) {
        await this.#until(() => false);
      }
      const { launchFirst, atOnce } = this.#batch();
      await Promise.all([
        this.#launchFirst(old.slice(0, launchFirst), startedAt),
        this.#swap(old.slice(launchFirst, launchFirst + atOnce), startedAt),
      ]);
    }
  }

  /**
   * Replaces members of the warm pool, one after the other. AWS does not say how many at once.
   * @param progress gets the number of remaining members before each one and at the end
   * @throws Stopped
   */
  async replacePool(members: readonly Member[], progress: (left: number) => Promise<unknown>): Promise<void> {
    const old = members.filter(({ instance }) => this.#group.members.has(instance.id));
    for (const [index, member] of old.entries()) {
      await progress(old.length - index);
      this.#groups.terminate(this.#group, member.instance, TERMINATION_MS);
      await this.#until(() => isGone(this.#group, member));
      this.#groups.settle(this.#group);
      await this.#until(() => isFilled(this.#group));
    }
    await progress(0);
  }

  /**
   * Gives members new root volumes, one after the other. AWS does not say how many at once.
   * @param progress gets the number of remaining members before each one and at the end. When it returns true, replacing
   * ends there.
   * @throws Stopped
   */
  async replaceRootVolumes(
    members: readonly Member[],
    images: ImagesByType,
    progress: (left: number) => Promise<boolean>,
  ): Promise<void> {
    const startedAt = this.#world.time.now;
    const { InstanceWarmup = 15 } = this.#preferences;
    const isDone = (member: Member) =>
      !this.#group.members.has(member.instance.id) ||
      (member.lifecycleState === 'InService' &&
        (member.inServiceAt ?? 0) > startedAt &&
        this.#world.time.now - (member.inServiceAt ?? 0) >= InstanceWarmup * 1000);
    for (const [index, member] of members.entries()) {
      if (await progress(members.length - index)) return;
      const imageId = images.get(member.instance.instanceType);
      if (imageId === undefined || member.lifecycleState !== 'InService') continue;
      this.#groups.departures.replaceRootVolume(this.#group, member, imageId);
      await this.#until(() => isDone(member));
    }
    await progress(0);
  }

  /** Terminates members without waiting for their end. */
  drop(members: readonly Member[]): void {
    for (const { instance } of members) this.#groups.terminate(this.#group, instance, TERMINATION_MS);
    this.#groups.settle(this.#group);
  }

  /** @throws Stopped where an operator or an alarm ends the refresh */
  async wait(ms: number): Promise<void> {
    const until = this.#world.time.now + ms;
    while (this.#world.time.now < until) {
      await this.pause(Math.min(LOOKS_EVERY_MS, until - this.#world.time.now));
      this.#throwIfStopped();
    }
    this.#throwIfStopped();
  }

  #throwIfStopped(): void {
    if (this.interrupted !== undefined) throw new Stopped(this.interrupted);
    if (this.watched.some((name) => this.#groups.alarmState(name) === 'ALARM')) throw new Stopped('alarm');
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#world.time.after(ms, resolve));
  }

  /**
   * The number of instances that are replaced at once, and the manner. With an explicit MaxHealthyPercentage, new ones
   * are launched first, up to that percentage. Instances beyond MinHealthyPercentage are terminated and replaced at
   * once.
   */
  #batch(): { readonly launchFirst: number; readonly atOnce: number } {
    const { MinHealthyPercentage = DEFAULT_MIN_HEALTHY, MaxHealthyPercentage: max } = this.#preferences;
    const { desired } = this.#group;
    const atOnce = desired - Math.ceil((desired * MinHealthyPercentage) / 100);
    const launchFirst = max === undefined ? 0 : Math.floor((desired * max) / 100) - desired;
    if (atOnce + launchFirst > 0) return { launchFirst, atOnce };
    return max === undefined ? { launchFirst: 0, atOnce: 1 } : { launchFirst: 1, atOnce: 0 };
  }

  async #launchFirst(old: readonly Member[], startedAt: number): Promise<void> {
    if (old.length === 0) return;
    const wanted = this.#replaced(startedAt) + old.length;
    this.#group.surge += old.length;
    this.#groups.settle(this.#group);
    await this.#until(() => this.#replaced(startedAt) >= wanted);
    for (const { instance } of old) this.#groups.terminate(this.#group, instance, TERMINATION_MS);
    this.#group.surge -= old.length;
    // Retained instances no longer belong to the group's capacity.
    await this.#until(() => old.every((member) => isGone(this.#group, member)));
  }

  async #swap(old: readonly Member[], startedAt: number): Promise<void> {
    if (old.length === 0) return;
    const wanted = this.#replaced(startedAt) + old.length;
    for (const { instance } of old) this.#groups.terminate(this.#group, instance, TERMINATION_MS);
    this.#groups.settle(this.#group);
    await this.#until(() => this.#replaced(startedAt) >= wanted);
  }

  /** The number of instances of the wanted version that have been in service for the warmup. */
  #replaced(startedAt: number): number {
    const { InstanceWarmup = 15 } = this.#preferences;
    return servingMembers(this.#group).filter(
      ({ instance, inServiceAt = Number.POSITIVE_INFINITY }) =>
        templateVersion(instance) === launchedVersion(this.#group) &&
        instance.launchedAt >= startedAt &&
        this.#world.time.now - inServiceAt >= InstanceWarmup * 1000,
    ).length;
  }

  async #settleStandby(): Promise<void> {
    const { StandbyInstances = 'Wait' } = this.#preferences;
    const standing = () => [...this.#group.members.values()].filter((each) => each.lifecycleState === 'Standby');
    if (StandbyInstances === 'Terminate') this.drop(standing());
    if (StandbyInstances === 'Wait') await this.#until(() => standing().length === 0);
  }

  /**
   * Checks repeatedly until a condition holds.
   * @throws Stopped by an operator or an alarm, or without progress for an hour
   */
  async #until(holds: () => boolean): Promise<void> {
    const since = this.#world.time.now;
    while (!holds()) {
      if (this.#world.time.now - since >= PROGRESS_WITHIN_MS) throw new Stopped('no-progress');
      await this.wait(LOOKS_EVERY_MS);
    }
  }
}

/** Whether a member has left the group, or is retained outside of its capacity. */
const isGone = ({ members }: AutoScalingGroup, { instance, lifecycleState }: Member): boolean =>
  !members.has(instance.id) || lifecycleState.endsWith(':Retained');

/** Whether the warm pool has all its instances, and each is prepared. */
function isFilled(group: AutoScalingGroup): boolean {
  const pooled = pooledMembers(group).filter(({ lifecycleState }) => !lifecycleState.endsWith(':Retained'));
  return pooled.length >= poolSize(group) && pooled.every(isWarm);
}
