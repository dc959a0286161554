import type { Random } from '../../time/random.ts';
import type { AutoScalingGroups } from '../auto-scaling/groups.ts';
import type { Instance } from '../ec2/instances.ts';
import type { World } from '../world.ts';
import { joinTimes, launchNode, nodesOf } from './nodes.ts';
import type { EksNodeGroup, UpdateFailure } from './state.ts';

const MINUTE_MS = 60_000;

/** How a roll ended. */
export type RollEnd =
  | { readonly outcome: 'Successful' }
  | { readonly outcome: 'Failed'; readonly failure: UpdateFailure; readonly resourceIds: string[] };

/** How many nodes of the group an update takes out at once. */
export function maxUnavailable({ updateConfig, scaling }: EksNodeGroup): number {
  const { maxUnavailable, maxUnavailablePercentage } = updateConfig;
  if (maxUnavailablePercentage === undefined) return maxUnavailable ?? 1;
  // How EKS rounds is not documented; rounded down, and at least one, no update takes out more than its share.
  return Math.max(1, Math.floor((scaling.desiredSize * maxUnavailablePercentage) / 100));
}

/**
 * One rolling replacement of a node group's nodes by nodes of another image, as the EKS user guide describes it
 * ("Understand each phase of node updates"), with one simplification: the surge is as large as one batch, not up to
 * twice the number of zones.
 *
 * Members in standby are left alone, and so is a node that enters it, or is lost, before its turn is over; unless the group
 * is told that its updates end what is in standby (`updatesTerminateStandby`), which AWS does not say.
 *
 * DEFAULT launches a batch, waits until it is Ready, then drains and terminates as many old nodes; MINIMAL first drains
 * and terminates. Nodes that have the image already, say from an update that failed half-way, stay.
 */
export class RollingUpdate {
  readonly #world: World;
  readonly #groups: AutoScalingGroups;
  readonly #group: EksNodeGroup;
  readonly #imageId: string;
  readonly #random: Random;
  readonly #failure: UpdateFailure | undefined;
  readonly #oldImageId: string;
  #stopped = false;

  /** @param failure what this roll is told to fail with */
  constructor(
    world: World,
    groups: AutoScalingGroups,
    group: EksNodeGroup,
    imageId: string,
    random: Random,
    failure: UpdateFailure | undefined,
  ) {
    this.#world = world;
    this.#groups = groups;
    this.#group = group;
    this.#imageId = imageId;
    this.#oldImageId = group.imageId;
    this.#random = random;
    this.#failure = failure;
  }

  /** Rolls; resolves when the last old node is gone, or when the failure strikes. */
  async run(): Promise<RollEnd> {
    const failure = this.#failure;
    if (failure === undefined) return this.#replaceAll();
    const { promise, resolve } = Promise.withResolvers<RollEnd>();
    this.#world.time.after(failure.afterMs, () => resolve(this.#giveUp(failure)));
    return Promise.race([promise, this.#replaceAll()]);
  }

  async #replaceAll(): Promise<RollEnd> {
    await this.#pause(this.#random.integer(60, 120) * 1000);
    this.#group.autoScalingGroup.launchTemplate.version += 1;
    this.#group.imageId = this.#imageId;
    const old = this.#shuffled(nodesOf(this.#group).filter((node) => node.imageId !== this.#imageId));
    const size = maxUnavailable(this.#group);
    for (let start = 0; start < old.length; start += size) {
      const doomed = this.#failure !== undefined && start + size >= old.length;
      await this.#replace(old.slice(start, start + size), doomed);
    }
    if (this.#failure !== undefined) await this.#forever();
    if (this.#group.updatesTerminateStandby) this.#terminateStandby();
    await this.#pause(this.#random.integer(30, 60) * 1000);
    return { outcome: 'Successful' };
  }

  /** @param doomed the batch's pods never leave: an update that is to fail must not be done before it does. */
  async #replace(planned: readonly Instance[], doomed: boolean): Promise<void> {
    const scaling = this.#group.autoScalingGroup;
    const minimal = this.#group.updateConfig.updateStrategy === 'MINIMAL';
    const batch = planned.filter((node) => this.#has(node));
    const plans = batch.map((node) => ({ node, ms: this.#group.msPerNode ?? this.#random.integer(180, 360) * 1000 }));
    const launch = () => Promise.all(plans.map(({ node, ms }) => this.#launchLike(node, ms)));
    if (!minimal) await launch();
    for (const node of batch) if (this.#has(node)) node.node = 'Draining';
    if (doomed) await this.#forever();
    await Promise.all(
      plans.map(async ({ node, ms }) => {
        await this.#pause(ms * 0.45);
        if (this.#has(node)) this.#groups.terminate(scaling, node, ms * 0.2);
        else if (node.node === 'Draining') node.node = 'Ready';
        scaling.surge -= 1;
        await this.#pause(ms * 0.2);
      }),
    );
    if (minimal) await launch();
    this.#groups.settle(scaling);
  }

  #terminateStandby(): void {
    const { autoScalingGroup } = this.#group;
    for (const { instance, lifecycleState } of autoScalingGroup.members.values()) {
      const isOld = lifecycleState === 'Standby' && instance.imageId !== this.#imageId;
      if (isOld) this.#groups.terminate(autoScalingGroup, instance, MINUTE_MS);
    }
  }

  /** Not when it has gone into standby, or somebody else has terminated it. */
  #has(node: Instance): boolean {
    return node.node !== 'Gone' && nodesOf(this.#group).includes(node);
  }

  /** A node with the new image in the zone of `old`, and its way until it is Ready. */
  async #launchLike(old: Instance, ms: number): Promise<void> {
    const zone = this.#group.autoScalingGroup.subnets.findIndex(
      ({ availabilityZone }) => availabilityZone === old.availabilityZone,
    );
    const times = joinTimes(ms);
    this.#group.autoScalingGroup.surge += 1;
    launchNode(this.#groups, this.#group, this.#imageId, zone, times);
    await this.#pause(times.readyAfter);
  }

  /** Back to the wanted size: drained nodes are taken back, the newest surplus goes, what is missing comes. */
  #giveUp(failure: UpdateFailure): RollEnd {
    this.#stopped = true;
    const { autoScalingGroup, scaling } = this.#group;
    this.#group.imageId = this.#oldImageId;
    const nodes = nodesOf(this.#group);
    const stuck = nodes.filter(({ node }) => node === 'Draining');
    for (const node of stuck) node.node = 'Ready';
    for (const node of nodes.slice(scaling.desiredSize)) this.#groups.terminate(autoScalingGroup, node, MINUTE_MS);
    for (let zone = nodes.length; zone < scaling.desiredSize; zone += 1) {
      launchNode(this.#groups, this.#group, this.#oldImageId, zone, joinTimes(4 * MINUTE_MS));
    }
    autoScalingGroup.surge = 0;
    return { outcome: 'Failed', failure, resourceIds: stuck.map(({ privateDnsName }) => privateDnsName) };
  }

  #shuffled(nodes: Instance[]): Instance[] {
    return nodes
      .map((node) => ({ node, rank: this.#random.next() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ node }) => node);
  }

  /** After the roll was given up no pause ends any more, so nothing that awaited one goes on. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#world.time.after(ms, () => {
        if (!this.#stopped) resolve();
      });
    });
  }

  #forever(): Promise<never> {
    return new Promise(() => {});
  }
}
